import Market
import Ports
import Regimes
import Testing

/// What every outbox keeps.
package enum OutboxConformance {
    package static let laws: [Law<StoreWorld>] = rowLaws + leaseLaws

    private static let rowLaws: [Law<StoreWorld>] = [
        Law("rows come in the order of their commits, worded as announced") { world in
            let other = Samples.series("NDX")
            for series in [Samples.series, other] {
                _ = try await world.store.register(Samples.profile(series))
            }
            for (day, series) in [(0, Samples.series), (0, other), (1, Samples.series)] {
                let regime: Regime = day == 0 ? .crisis : .euphoria
                _ = try await world.store.record(
                    Samples.batch([regime], from: day, series: series, announcing: true))
            }
            let rows = try await world.store.pending(limit: 10)
            #expect(rows.map(\.message.key) == ["SPX", "NDX", "SPX"])
            #expect(rows.map(\.position) == rows.map(\.position).sorted())
            #expect(Set(rows.map(\.position)).count == 3)
            let told = try await world.store.announcements(of: other, after: 0, limit: 1)
            #expect(rows[1].message == Samples.wording.message(told[0]))
            #expect(rows[1].eventID == told[0].eventID)
            #expect(try await world.store.pending(limit: 2) == Array(rows.prefix(2)))
        },
        Law("a message carries the trace that its cause was part of") { world in
            _ = try await world.store.register(Samples.profile(Samples.series))
            var generator = SplitMix64(seed: 1)
            let trace = TraceContext(using: &generator)
            let batch = Samples.batch([.crisis], from: 0, series: Samples.series, announcing: true)
            _ = try await CallContext.$current.withValue(CallContext(trace: trace)) {
                try await world.store.record(batch)
            }
            let rows = try await world.store.pending(limit: 10)
            #expect(rows.map(\.message.trace) == [trace])
        },
        Law("reading goes on behind a row, marked or not") { world in
            let rows = try await threeRows(in: world)
            let first = rows[0].position
            #expect(try await world.store.pending(after: first, limit: 1) == [rows[1]])
            #expect(try await world.store.pending(after: rows[2].position, limit: 10).isEmpty)
            try await world.store.markPublished(through: rows[1].position)
            #expect(try await world.store.pending(after: first, limit: 10) == [rows[2]])
        },
        Law("published rows are gone for good, the others stay") { world in
            let rows = try await threeRows(in: world)
            try await world.store.markPublished(through: rows[1].position)
            try await world.store.markPublished(through: rows[0].position)
            #expect(try await world.store.pending(limit: 10) == [rows[2]])
            let restarted = try await world.restart()
            #expect(try await restarted.pending(limit: 10) == [rows[2]])
            // What comes later is not published yet, whatever was said before.
            try await restarted.markPublished(through: 999)
            #expect(try await restarted.pending(limit: 10).isEmpty)
            let more = Samples.records([.crisis], from: 3)
            _ = try await RegimeStoreConformance.record(more, in: restarted, announcing: true)
            #expect(try await restarted.pending(limit: 10).count == 1)
        },
        Law("the lag counts what waits, since when the oldest does") { world in
            #expect(
                try await world.store.lag() == OutboxLag(pending: 0, oldestRecordedAt: nil))
            let first = world.time.now
            let rows = try await threeRows(in: world)
            #expect(
                try await world.store.lag() == OutboxLag(pending: 3, oldestRecordedAt: first))
            try await world.store.markPublished(through: rows[0].position)
            #expect(
                try await world.store.lag()
                    == OutboxLag(pending: 2, oldestRecordedAt: first.advanced(bySeconds: 10)))
        },
        Law("a refused batch leaves no row") { world in
            _ = try await world.store.register(Samples.profile())
            let batch = Samples.batch(
                [.crisis], expecting: .head(lastAsOf: Samples.day(7)), announcing: true)
            await #expect(throws: JournalError.self) { try await world.store.record(batch) }
            #expect(try await world.store.pending(limit: 10).isEmpty)
        },
        Law("an announcement is heard as a commit") { world in
            _ = try await world.store.register(Samples.profile())
            _ = try await world.store.record(Samples.batch([.crisis]))
            let another = try await world.another()
            var heard = another.commits().makeAsyncIterator()
            _ = await heard.next()
            _ = try await world.store.announcePending(Samples.series, limit: 1)
            while try await another.pending(limit: 1).isEmpty {
                #expect(await heard.next() != nil)
            }
        },
    ]

    private static let leaseLaws: [Law<StoreWorld>] = [
        Law("one relay at a time, until its lease runs out or is given back") { world in
            let store = world.store
            let another = try await world.another()
            let start = world.time.now
            func take(_ owner: String, at second: Int64) async throws -> Bool {
                try await (owner == "a" ? store : another).acquireLease(
                    owner: owner,
                    for: LeaseTerm(from: start.advanced(bySeconds: second), seconds: 10))
            }
            #expect(try await take("a", at: 0))
            #expect(try await !take("b", at: 5))
            #expect(try await take("a", at: 8))
            #expect(try await !take("b", at: 17))
            #expect(try await take("b", at: 18))
            #expect(try await !take("a", at: 20))
            try await store.releaseLease(owner: "a")
            #expect(try await !take("a", at: 20))
            try await another.releaseLease(owner: "b")
            #expect(try await take("a", at: 20))
        },
        Law("a clock that is set back keeps nobody waiting, one that is a little ahead does") {
            world in
            let start = world.time.now
            let asked: [(owner: String, second: Int64, isGiven: Bool)] = [
                ("a", 3_600, true), ("b", 3_540, false), ("b", 3_539, true), ("b", 0, true),
                ("a", 5, false), ("a", 10, true),
            ]
            for asked in asked {
                let term = LeaseTerm(from: start.advanced(bySeconds: asked.second), seconds: 10)
                let isGiven = try await world.store.acquireLease(owner: asked.owner, for: term)
                #expect(isGiven == asked.isGiven, "\(asked)")
            }
        },
    ]

    /// Three announced changes, ten seconds apart.
    private static func threeRows(in world: StoreWorld) async throws -> [OutboxRow] {
        _ = try await world.store.register(Samples.profile())
        let records = Samples.records([.crisis, .euphoria, .normalBull])
        for record in records {
            _ = try await RegimeStoreConformance.record(
                [record], in: world.store, announcing: true)
            world.time.advance(bySeconds: 10)
        }
        let rows = try await world.store.pending(limit: 10)
        try #require(rows.count == 3)
        return rows
    }
}
