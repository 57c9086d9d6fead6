import Market
import Ports
import Regimes
import Testing

/// A random but seeded life of one series: bars live, histories written anew with other labels,
/// backfills that are cut off, announcements page by page, overrides and their ends. Whoever
/// follows the announcements knows what the store says.
package struct AnnouncementScript: ~Copyable {
    private var generator: SplitMix64
    private let world: StoreWorld
    /// What bars bring, a day each.
    private var labels: [Regime] = []
    /// The store holds these labels, and not only a part of them.
    private var isWhole = true
    /// Nothing that is stored was left to be announced, but for what lies beneath an override.
    private var isTold = true
    /// Announced while something stored before was not: what was published before them is in the
    /// store, and was never told.
    private var strangers: Set<Int64> = []

    private init(seed: UInt64, world: StoreWorld) {
        generator = SplitMix64(seed: seed)
        self.world = world
    }

    /// Plays a script on a fresh store and holds after each step what was announced against it.
    package static func play(seed: UInt64, steps: Int, in world: StoreWorld) async throws {
        var script = AnnouncementScript(seed: seed, world: world)
        _ = try await world.store.register(Samples.profile())
        for _ in 0..<steps {
            try await script.step()
            try await script.check()
        }
        try await script.finish()
    }

    private mutating func step() async throws {
        world.time.advance(bySeconds: 1)
        switch below(10) {
        case 0...3: try await live()
        case 4...6: try await restate()
        case 7: try await order()
        default: try await expire()
        }
    }

    /// A bar or a few, each in a transaction of its own that announces.
    private mutating func live() async throws {
        for _ in 0...below(3) {
            labels.append(below(3) == 0 ? anyLabel() : labels.last ?? anyLabel())
            let before = try await head()
            let news = Samples.records(labels).suffix(1)
            let receipt = try await world.store.record(
                JournalBatch(
                    series: Samples.series,
                    expecting: .head(lastAsOf: before.lastAsOf, writes: before.writes),
                    records: Array(news), announcing: true))
            noteStrangers(after: before, through: receipt.head)
            if !isWhole { isTold = false }
        }
    }

    /// Writes the history anew after a stretch of it came out differently, perhaps not to its end,
    /// and announces that, perhaps.
    private mutating func restate() async throws {
        guard !labels.isEmpty else { return }
        let first = below(labels.count)
        let end = min(labels.count, first + 1 + below(4))
        let label = anyLabel()
        for index in first..<end { labels[index] = label }
        if below(5) == 0 {
            labels += (0...below(3)).map { _ in label }
        }
        let records = Samples.records(labels)
        isWhole = below(5) != 0
        let written = isWhole ? records.count : below(records.count)
        _ = try await record(Array(records.prefix(written)))
        isTold = false
        if below(3) != 0 { try await announce(pages: below(4) == 0 ? below(3) : .max) }
    }

    private mutating func announce(pages: Int) async throws {
        let limit = 1 + below(4)
        var left = pages
        while left > 0, !isTold {
            left -= 1
            let page = try await world.store.announcePending(Samples.series, limit: limit)
            #expect(page.count <= limit)
            isTold = page.isEmpty
            // Changes do not go on from each other where the history breaks off.
            if !isWhole { strangers.formUnion(page.map(\.place.sequence)) }
        }
    }

    private mutating func order() async throws {
        let before = try await head()
        let order = Samples.order(anyLabel(), at: world.time.now, seconds: Int64(1 + below(5)))
        do {
            let override = try await world.store.putInForce(order)
            if override.sequence > before.lastSequence, before.override == nil, !isTold {
                strangers.insert(override.sequence)
            }
        } catch is OverrideRefusal {
            // The filter says so itself.
        }
    }

    private func expire() async throws {
        _ = try await world.store.endExpiredOverride(
            of: Samples.series, at: world.time.now.advanced(bySeconds: 2))
    }

    /// Ends what stands, writes and announces all of it: then nothing is left to be said.
    private mutating func finish() async throws {
        world.time.advance(bySeconds: 3_600)
        try await expire()
        guard !labels.isEmpty else { return }
        _ = try await record(Samples.records(labels))
        (isWhole, isTold) = (true, false)
        try await announce(pages: .max)
        try await check()
        let before = try await transcript(of: world.store)
        #expect(try await record(Samples.records(labels)).wroteNothing)
        let rest = try await world.store.announcePending(Samples.series, limit: 9)
        #expect(rest.isEmpty)
        #expect(try await transcript(of: world.store) == before)
        let records = Samples.records(labels)
        let history = try await world.store.history(SeriesQuery(Samples.series))
        #expect(zip(history, records).allSatisfy { $0.saysTheSame(as: $1.assessment) })
        let changes = try await world.store.changes(SeriesQuery(Samples.series))
        #expect(changes.map(\.labels) == records.compactMap(\.change?.labels))
    }

    // MARK: What holds

    private func check() async throws {
        let told = try await world.store.announcements(of: Samples.series, after: 0, limit: 10_000)
        if !told.isEmpty {
            try await RegimeStoreConformance.expectGapFreeAnnouncements(
                world.store, count: told.count)
        }
        #expect(Set(told.map(\.eventID)).count == told.count)
        var last: RegimeChange?
        for change in told {
            let isOfThePast = change.isByBar && change.announcement?.supersedes != nil
            if !isOfThePast, !strangers.contains(change.place.sequence) {
                #expect(change.previousRegime == last?.regime ?? .unknown, "\(change.labels)")
            }
            if last.map({ $0.asOf <= change.asOf }) ?? true { last = change }
        }
        let head = try await head()
        guard head.override == nil, isTold, head.lastAsOf != nil else { return }
        let current = try await world.store.current(Samples.series)
        #expect(last?.regime == current?.regime)
    }

    private mutating func noteStrangers(after before: SeriesHead, through head: SeriesHead) {
        guard !(isTold && isWhole), head.lastSequence > before.lastSequence else { return }
        strangers.formUnion((before.lastSequence + 1)...head.lastSequence)
    }

    private func record(_ records: [JournalRecord]) async throws -> JournalReceipt {
        try await RegimeStoreConformance.record(records, in: world.store)
    }

    private func head() async throws -> SeriesHead {
        try #require(try await world.store.head(of: Samples.series))
    }

    private mutating func below(_ bound: Int) -> Int {
        Int.random(in: 0..<bound, using: &generator)
    }

    private mutating func anyLabel() -> Regime {
        [.crisis, .normalBull, .euphoria][below(3)]
    }
}

extension RegimeChange {
    fileprivate var labels: String { "\(asOf): \(previousRegime) to \(regime)" }
}
