import Market
import Ports
import Regimes
import Testing

// MARK: - Overriding

extension RegimeStoreConformance {
    static let overriding: [Law<StoreWorld>] =
        orderLaws + expiryLaws + beneathLaws + listingLaws + racingLaws + amendingLaws

    // MARK: In force

    private static let orderLaws: [Law<StoreWorld>] = [
        Law("an override is announced, answered and kept with who ordered it and why") { world in
            let store = world.store
            try await begin([.normalBull, .normalBull], in: store)
            let order = Samples.order(.crisis, at: world.time.now)
            let override = try await store.putInForce(order)
            #expect(override.order == order)
            #expect(override.previousRegime == .normalBull)
            #expect(override.asOf == Samples.day(1))
            #expect(override.sequence == 2)
            #expect(override.end == nil)
            let told = try await store.announcements(of: Samples.series, after: 1, limit: 9)
            let change = try #require(told.first)
            #expect(told.count == 1)
            #expect(change.eventID == override.id)
            #expect(change.asOf == Samples.day(1))
            #expect(change.revision == 1)
            #expect(change.previousRegime == .normalBull)
            #expect(change.regime == .crisis)
            #expect(change.trigger == .override)
            #expect(change.modelVersion == .override)
            #expect(change.announcement?.supersedes == nil)
            let current = try #require(try await store.current(Samples.series))
            #expect(change.probabilities == current.probabilities)
            #expect(!change.reasoning.contains(order.userID))
            #expect(change.reasoning.contains(order.reason))
            try await expectGapFreeAnnouncements(store, count: 2)
            let head = try #require(try await store.head(of: Samples.series))
            #expect(head.override == override)
            #expect(head.lastRegime == .normalBull)
            #expect(head.publishedRegime(at: world.time.now) == .crisis)
            #expect(head.lastAnnouncedAsOf == Samples.day(1))
            #expect(head.writes == 1, "what answers rest on is what it was")
            #expect(try await store.standingOverrides() == [override])
            #expect(try await audit(store) == [override])
        },
        Law("assessments and history are what they were") { world in
            let store = world.store
            try await begin(Samples.regimes(count: 40, seed: 3), in: store)
            let query = SeriesQuery(Samples.series)
            let before = try await transcript(store.history(query))
            let changes = try await transcript(store.changes(query))
            let current = try await transcript([store.current(Samples.series)])
            _ = try await store.putInForce(try await otherThanNow(world))
            #expect(try await transcript(store.history(query)) == before)
            #expect(try await transcript(store.changes(query)) == changes)
            #expect(try await transcript([store.current(Samples.series)]) == current)
        },
        Law("the same order again writes nothing and is answered") { world in
            let store = world.store
            try await begin([.normalBull], in: store)
            let first = try await store.putInForce(Samples.order(.crisis, at: world.time.now))
            let before = try await transcript(of: store)
            world.time.advance(bySeconds: 5)
            let again = Samples.order(.crisis, at: world.time.now, seconds: 3_595)
            #expect(again.asksTheSame(as: first.order))
            #expect(try await store.putInForce(again) == first)
            #expect(try await transcript(of: store) == before)
        },
        Law("a new override replaces the one in force, with one change from one to the other") {
            world in
            let store = world.store
            try await begin([.normalBull], in: store)
            let first = try await store.putInForce(Samples.order(.crisis, at: world.time.now))
            world.time.advance(bySeconds: 60)
            let second = try await store.putInForce(
                Samples.order(.euphoria, at: world.time.now, user: "grace"))
            #expect(second.previousRegime == .crisis)
            #expect(try await store.standingOverrides() == [second])
            var replaced = first
            replaced.end = OverrideEnd(.replaced, at: world.time.now)
            #expect(try await audit(store) == [replaced, second])
            let told = try await store.announcements(of: Samples.series, after: 1, limit: 9)
            #expect(told.map(\.previousRegime) == [.normalBull, .crisis])
            #expect(told.map(\.regime) == [.crisis, .euphoria])
            #expect(told.map(\.revision) == [1, 2])
            try await expectGapFreeAnnouncements(store, count: 3)
            // To the filter's own label and to the override's own too: both hold for longer.
            world.time.advance(bySeconds: 60)
            for regime in [Regime.normalBull, .normalBull] {
                world.time.advance(bySeconds: 1)
                _ = try await store.putInForce(Samples.order(regime, at: world.time.now))
            }
            let last = try await store.announcements(of: Samples.series, after: 3, limit: 9)
            #expect(last.map(\.previousRegime) == [.euphoria, .normalBull])
            try await expectGapFreeAnnouncements(store, count: 5)
        },
        Law("what the filter says anyway, or has not said yet, is not overridden") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            await #expect(throws: OverrideRefusal.notAssessed(Samples.series)) {
                try await store.putInForce(Samples.order(.crisis, at: world.time.now))
            }
            _ = try await record(Samples.records([.crisis]), in: store, announcing: true)
            let before = try await transcript(of: store)
            await #expect(throws: OverrideRefusal.saidAnyway(Samples.series, .crisis)) {
                try await store.putInForce(Samples.order(.crisis, at: world.time.now))
            }
            let other = Samples.series("NDX")
            await #expect(throws: JournalError.unknownSeries(other)) {
                try await store.putInForce(
                    Samples.order(.crisis, at: world.time.now, series: other))
            }
            await #expect(throws: JournalError.unknownSeries(other)) {
                try await store.endExpiredOverride(of: other, at: world.time.now)
            }
            #expect(try await transcript(of: store) == before)
        },
    ]

    // MARK: Its end

    private static let expiryLaws: [Law<StoreWorld>] = [
        Law("an override ends when its time is over, not before, and once") { world in
            let store = world.store
            try await begin([.normalBull, .euphoria], in: store)
            let order = Samples.order(.crisis, at: world.time.now, seconds: 10)
            let override = try await store.putInForce(order)
            let justBefore = order.expiresAt.advanced(byNanoseconds: -1_000)
            let tooEarly = try await store.endExpiredOverride(of: Samples.series, at: justBefore)
            #expect(tooEarly == nil)
            world.time.advance(bySeconds: 10)
            let change = try #require(
                try await store.endExpiredOverride(of: Samples.series, at: order.expiresAt))
            #expect(change.previousRegime == .crisis)
            #expect(change.regime == .euphoria)
            #expect(change.asOf == Samples.day(1))
            #expect(change.revision == 2)
            #expect(change.trigger == .override)
            #expect(change.modelVersion == .override)
            #expect(change.announcement?.sequence == 4)
            #expect(change.announcement?.previousEventID == override.id)
            var ended = override
            ended.end = OverrideEnd(.expired, at: order.expiresAt)
            #expect(try await audit(store) == [ended])
            #expect(try await store.standingOverrides().isEmpty)
            #expect(try await store.head(of: Samples.series)?.override == nil)
            let before = try await transcript(of: store)
            let again = try await store.endExpiredOverride(
                of: Samples.series, at: order.expiresAt.advanced(bySeconds: 9))
            #expect(again == nil)
            #expect(try await transcript(of: store) == before)
            try await expectGapFreeAnnouncements(store, count: 4)
        },
        Law("its end is announced also when the filter says the same meanwhile") { world in
            let store = world.store
            try await begin([.normalBull], in: store)
            let order = Samples.order(.crisis, at: world.time.now)
            _ = try await store.putInForce(order)
            _ = try await record(
                Samples.records([.crisis], from: 1, previous: .normalBull), in: store,
                announcing: true)
            let change = try #require(
                try await store.endExpiredOverride(of: Samples.series, at: order.expiresAt))
            #expect(change.previousRegime == .crisis)
            #expect(change.regime == .crisis)
            #expect(change.asOf == Samples.day(1))
            #expect(change.revision == 1, "the first one about that bar")
            try await expectGapFreeAnnouncements(store, count: 3)
        },
        Law("an order ends first what is over, and both ends and begin are announced") { world in
            let store = world.store
            try await begin([.normalBull], in: store)
            let order = Samples.order(.crisis, at: world.time.now, seconds: 10)
            let first = try await store.putInForce(order)
            world.time.advance(bySeconds: 10)
            let second = try await store.putInForce(
                Samples.order(.euphoria, at: world.time.now))
            #expect(second.previousRegime == .normalBull)
            var ended = first
            ended.end = OverrideEnd(.expired, at: order.expiresAt)
            #expect(try await audit(store) == [ended, second])
            let told = try await store.announcements(of: Samples.series, after: 1, limit: 9)
            #expect(told.map(\.regime) == [.crisis, .normalBull, .euphoria])
            #expect(told.map(\.revision) == [1, 2, 3])
            try await expectGapFreeAnnouncements(store, count: 4)
        },
        Law("a restart keeps what is in force, and who ordered what") { world in
            let series = [Samples.series, Samples.series("NDX", "1h")]
            for one in series {
                _ = try await world.store.register(Samples.profile(one))
                _ = try await world.store.record(Samples.batch([.normalBull], series: one))
            }
            let now = world.time.now
            let later = try await world.store.putInForce(
                Samples.order(.crisis, at: now, seconds: 20))
            let sooner = try await world.store.putInForce(
                Samples.order(
                    .euphoria, at: now, seconds: 10, series: series[1], reason: "«é» '\";--"))
            #expect(try await world.store.standingOverrides() == [sooner, later])
            let before = try await transcript(of: world.store)
            let store = try await world.restart()
            #expect(try await transcript(of: store) == before)
            #expect(try await store.standingOverrides() == [sooner, later])
            #expect(try await store.heads().map(\.override) == [sooner, later])
        },
    ]

    /// A series whose bars were announced.
    static func begin(
        _ regimes: [Regime], in store: any RegimeStore
    ) async throws {
        _ = try await store.register(Samples.profile())
        _ = try await record(Samples.records(regimes), in: store, announcing: true)
    }

    /// An order that the filter does not forestall.
    private static func otherThanNow(_ world: StoreWorld) async throws -> OverrideOrder {
        let last = try await world.store.head(of: Samples.series)?.lastRegime
        return Samples.order(last == .crisis ? .euphoria : .crisis, at: world.time.now)
    }

    static func audit(_ store: any RegimeStore) async throws -> [RegimeOverride] {
        try await store.overrides(of: Samples.series, after: 0, limit: 100)
    }
}
