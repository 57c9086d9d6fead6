import Market
import Ports
import Regimes
import Testing

// MARK: - What was known at an instant

extension RegimeStoreConformance {
    static let knowing: [Law<StoreWorld>] = [
        Law("a history as known at an instant: the highest revision available then") { world in
            try await writeRevised(in: world.store)
            func history(_ query: SeriesQuery) async throws -> [String] {
                try await world.restart().history(query).map { "\($0.revision) \($0.regime)" }
            }
            let justBefore = Samples.day(10).advanced(byNanoseconds: -1_000)
            for instant in [Samples.day(3), Samples.day(9), justBefore] {
                #expect(
                    try await history(SeriesQuery(Samples.series, knownAt: instant))
                        == ["1 crisis", "1 crisis", "1 normal_bull", "1 normal_bull"])
            }
            #expect(
                try await history(SeriesQuery(Samples.series, knownAt: Samples.day(2)))
                    == ["1 crisis", "1 crisis", "1 normal_bull"])
            let restated = ["1 crisis", "2 euphoria", "2 euphoria", "2 euphoria"]
            #expect(
                try await history(SeriesQuery(Samples.series, knownAt: Samples.day(10)))
                    == restated)
            #expect(
                try await history(SeriesQuery(Samples.series, knownAt: Samples.day(12)))
                    == ["1 crisis", "2 euphoria", "3 normal_bear", "2 euphoria"])
            #expect(
                try await history(SeriesQuery(Samples.series, knownAt: .latest))
                    == history(SeriesQuery(Samples.series)))
            #expect(
                try await history(SeriesQuery(Samples.series, knownAt: .earliest)).isEmpty)
            let part = SeriesQuery(
                Samples.series, range: Samples.day(1)..<Samples.day(4), after: Samples.day(1),
                knownAt: Samples.day(10), limit: 1)
            #expect(try await history(part) == ["2 euphoria"])
        },
        Law("changes as known at an instant: those of the answers known then") { world in
            try await writeRevised(in: world.store)
            func changes(_ instant: Timestamp?) async throws -> [String] {
                try await world.store.changes(SeriesQuery(Samples.series, knownAt: instant)).map {
                    "\($0.asOf == Samples.day(0) ? 0 : $0.asOf == Samples.day(1) ? 1 : 2) "
                        + "\($0.revision) \($0.previousRegime) \($0.regime)"
                }
            }
            let first = "0 1 unknown crisis"
            #expect(try await changes(Samples.day(1)) == [first])
            #expect(try await changes(Samples.day(9)) == [first, "2 1 crisis normal_bull"])
            #expect(try await changes(Samples.day(10)) == [first, "1 2 crisis euphoria"])
            #expect(try await changes(nil) == changes(Samples.day(12)))
        },
        Law("an override's begin and end are listed as known from when they were") { world in
            let store = world.store
            try await begin([.crisis, .normalBull, .normalBull], in: store)
            let order = Samples.order(.euphoria, at: world.time.now)
            _ = try await store.putInForce(order)
            world.time.advance(bySeconds: 9)
            let other = Samples.order(.crisis, at: world.time.now)
            _ = try await store.putInForce(other)
            let end = other.expiresAt.advanced(bySeconds: 7)
            _ = try await store.endExpiredOverride(of: Samples.series, at: end)
            _ = try await record(Samples.records([.crisis, .crisis, .crisis]), in: store)
            #expect(
                try await store.announcePending(Samples.series, limit: 9).contains {
                    $0.isAmendment
                })
            func listed(_ instant: Timestamp) async throws -> [String] {
                try await store.changesAndOverrides(
                    ChangeQuery(Samples.series, knownAt: instant)
                ).map { "\($0.isByOverride) \($0.regime) \($0.announcement?.sequence ?? 0)" }
            }
            let byBars = ["false crisis 0"]
            let overrides = ["true euphoria 3", "true crisis 4", "true normal_bull 5"]
            for (instant, count) in [
                (order.madeAt, 1), (other.madeAt, 2), (end, 3),
            ] {
                let before = instant.advanced(byNanoseconds: -1_000)
                #expect(try await listed(before) == byBars + overrides.prefix(count - 1))
                #expect(try await listed(instant) == byBars + overrides.prefix(count))
            }
            // The restated change of day 1 is no more, and its amendment no part of what is known.
            for limit in 1...5 {
                #expect(
                    try await pages(of: limit, in: store, knownAt: .latest)
                        == [(0, 0), (2, 3), (2, 4), (2, 5)].map {
                            ChangePlace(asOf: Samples.day($0.0), sequence: Int64($0.1))
                        })
            }
            let range = Samples.day(1)..<Samples.day(3)
            let part = ChangeQuery(Samples.series, range: range, knownAt: order.madeAt)
            #expect(
                try await store.changesAndOverrides(part).map(\.announcement?.sequence) == [3])
            #expect(try await listed(.earliest).isEmpty)
        },
        Law("what is listed as known at an instant is what was listed at it") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            var generator = SplitMix64(seed: 91)
            var snapshots: [(Timestamp, [String])] = []
            // So that bars close before overrides of them are made.
            let start = max(world.time.now, Samples.day(100))
            for step in 0..<40 {
                let now = start.advanced(bySeconds: Int64(step) * 60)
                let first = Int.random(in: 0...step, using: &generator)
                let regimes = Samples.regimes(count: step - first + 1, seed: generator.next())
                let records = Samples.records(regimes, from: first).map { record in
                    var record = record
                    record.assessment.availableAt = now
                    return record
                }
                _ = try await record(records, in: store, announcing: step % 3 == 0)
                let order = Samples.order(
                    [.crisis, .euphoria, .normalBull][step % 3], at: now,
                    seconds: Int64.random(in: 1...200, using: &generator))
                if step % 4 == 1 { _ = try? await store.putInForce(order) }
                if step % 5 == 2 {
                    _ = try await store.endExpiredOverride(of: Samples.series, at: now)
                }
                if step % 7 == 3 {
                    _ = try await store.announcePending(Samples.series, limit: 9)
                }
                let listed = try await store.changesAndOverrides(ChangeQuery(Samples.series))
                let unannounced = listed.filter { !$0.isAmendment }.map { change in
                    var change = change
                    if change.isByBar { change.announcement = nil }
                    return change
                }
                snapshots.append((now, transcript(unannounced.sorted { $0.place < $1.place })))
            }
            for (instant, listed) in snapshots {
                let query = ChangeQuery(Samples.series, knownAt: instant)
                #expect(try await transcript(store.changesAndOverrides(query)) == listed)
            }
        },
        Law("bars as known at an instant: the highest adopted revision available then") { world in
            _ = try await world.store.register(Samples.profile())
            var revised = Samples.bar(1, close: 50)
            revised.availableAt = Samples.day(10)
            var late = Samples.bar(0, close: 7)
            late.availableAt = Samples.day(3)
            for batch in [
                JournalBatch(
                    series: Samples.series, expecting: .anyHead,
                    bars: [Samples.bar(0), Samples.bar(1), Samples.bar(2)], announcing: false),
                JournalBatch(
                    series: Samples.series, expecting: .anyHead, bars: [revised], lateBars: [late],
                    announcing: false),
            ] { _ = try await world.store.record(batch) }
            func bars(_ instant: Timestamp?, limit: Int = 9) async throws -> [String] {
                let query = SeriesQuery(Samples.series, knownAt: instant, limit: limit)
                return try await world.store.bars(query).map { "\($0.revision): \($0.bar.close)" }
            }
            #expect(try await bars(Samples.day(1)) == ["1: 100.0", "1: 100.0"])
            #expect(try await bars(Samples.day(9)) == ["1: 100.0", "1: 100.0", "1: 100.0"])
            #expect(try await bars(Samples.day(10)) == ["1: 100.0", "2: 50.0", "1: 100.0"])
            #expect(try await bars(nil) == bars(Samples.day(10)))
            #expect(try await bars(Samples.day(10), limit: 2) == ["1: 100.0", "2: 50.0"])
        },
        Law("a late correction is adopted as it is only where it was known at the same instant") {
            world in
            _ = try await world.store.register(Samples.profile())
            var late = Samples.bar(0, close: 50)
            late.availableAt = Samples.day(5)
            var adopted = late
            adopted.availableAt = Samples.day(9)
            var revisions: [Int] = []
            for batch in [
                JournalBatch(
                    series: Samples.series, expecting: .anyHead, bars: [Samples.bar(0)],
                    announcing: false),
                JournalBatch(
                    series: Samples.series, expecting: .anyHead, lateBars: [late],
                    announcing: false),
                JournalBatch(
                    series: Samples.series, expecting: .anyHead, bars: [adopted],
                    announcing: false),
            ] {
                _ = try await world.store.record(batch)
                let stored = try await world.store.bars(SeriesQuery(Samples.series))
                revisions += stored.map(\.revision)
                #expect(
                    stored.last?.bar.availableAt
                        == (stored[0].revision == 1 ? Samples.day(0) : Samples.day(9)))
            }
            #expect(revisions == [1, 1, 3])
        },
        Law("what is known at an instant is what was read at it, whatever came later") { world in
            _ = try await world.store.register(Samples.profile())
            var generator = SplitMix64(seed: 88)
            var snapshots: [(Timestamp, [String], [String])] = []
            for step in 0..<24 {
                // Each step brings, a day later, new words about some days of the past.
                let now = Samples.day(step)
                var batch = JournalBatch(
                    series: Samples.series, expecting: .anyHead, announcing: false)
                let first = Int.random(in: 0...step, using: &generator)
                let regimes = Samples.regimes(count: step - first + 1, seed: generator.next())
                batch.records = Samples.records(regimes, from: first).map { record in
                    var record = record
                    record.assessment.availableAt = now
                    return record
                }
                batch.bars = (first...step).map { number in
                    var bar = Samples.bar(number, close: Double(100 + generator.next() % 3))
                    bar.availableAt = now
                    return bar
                }
                _ = try await world.store.record(batch)
                let query = SeriesQuery(Samples.series)
                snapshots.append(
                    (
                        now,
                        transcript(try await world.store.history(query))
                            + transcript(try await world.store.changes(query)),
                        transcript(try await world.store.bars(query))
                    ))
            }
            for (instant, answers, bars) in snapshots {
                let query = SeriesQuery(Samples.series, knownAt: instant)
                let told = transcript(try await world.store.history(query))
                #expect(told + transcript(try await world.store.changes(query)) == answers)
                #expect(transcript(try await world.store.bars(query)) == bars)
            }
        },
    ]

    /// Days 0 to 3; days 1 to 3 restated at day 10, day 2 at day 12 again.
    static func writeRevised(in store: any RegimeStore) async throws {
        _ = try await store.register(Samples.profile())
        _ = try await store.record(Samples.batch([.crisis, .crisis, .normalBull, .normalBull]))
        var restated = Samples.records(
            [.euphoria, .euphoria, .euphoria], from: 1, previous: .crisis)
        for index in restated.indices { restated[index].assessment.availableAt = Samples.day(10) }
        _ = try await record(restated, in: store)
        var again = Samples.assessment(2, .normalBear, previous: .euphoria, since: 1)
        again.availableAt = Samples.day(12)
        _ = try await record([JournalRecord(assessment: again)], in: store)
    }
}
