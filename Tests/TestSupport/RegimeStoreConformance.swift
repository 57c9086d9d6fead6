import Market
import Ports
import Regimes
import Testing

/// What every regime store keeps: journal and reader.
package enum RegimeStoreConformance {
    package static let laws: [Law<StoreWorld>] =
        registering + recording + barLaws + restating + knowing + announcing + overriding
        + reading + telling + cataloguing + calibrating + loading + specifying + shadowing
}

// MARK: - Registering

extension RegimeStoreConformance {
    private static let registering: [Law<StoreWorld>] = [
        Law("registering the same profile again changes nothing and answers its head") { world in
            let store = world.store
            let first = try await store.register(Samples.profile())
            #expect(first == SeriesHead(profile: Samples.profile()))
            _ = try await store.record(Samples.batch([.crisis], announcing: true))
            let again = try await store.register(Samples.profile())
            #expect(again.lastAsOf == Samples.day(0))
            #expect(again.lastSequence == 1)
            #expect(try await store.heads() == [again])
        },
        Law("another profile of a known series is a conflict that names the one there") { world in
            let known = Samples.profile()
            _ = try await world.store.register(known)
            for other in [
                Samples.profile(calendar: .continuous), Samples.profile(anchor: 1),
                Samples.profile(specification: "{}"),
            ] {
                await #expect(throws: JournalError.profileConflict(existing: known)) {
                    try await world.store.register(other)
                }
            }
        },
        Law("an unknown series cannot be written, and reads as nothing") { world in
            let series = Samples.series("NDX")
            _ = try await world.store.register(Samples.profile())
            await #expect(throws: JournalError.unknownSeries(series)) {
                try await world.store.record(Samples.batch([.crisis], series: series))
            }
            await #expect(throws: JournalError.unknownSeries(series)) {
                try await world.store.announcePending(series, limit: 1)
            }
            #expect(try await world.store.head(of: series) == nil)
            #expect(try await world.store.current(series) == nil)
            #expect(try await world.store.history(SeriesQuery(series)).isEmpty)
            #expect(try await world.store.bars(SeriesQuery(series)).isEmpty)
            #expect(try await world.store.models(of: series).isEmpty)
        },
        Law("heads come ordered by market and timeframe") { world in
            let names = [("SPX", "1d"), ("BTC-USD", "1h"), ("SPX", "1h"), ("NDX", "1d")]
            for (market, timeframe) in names {
                _ = try await world.store.register(
                    Samples.profile(Samples.series(market, timeframe)))
            }
            let order = try await world.store.heads().map(\.profile.series.description)
            #expect(order == ["BTC-USD/1h", "NDX/1d", "SPX/1d", "SPX/1h"])
        },
    ]
}

// MARK: - Recording

extension RegimeStoreConformance {
    private static let recording: [Law<StoreWorld>] = [
        Law("what is recorded is read back, field by field") { world in
            _ = try await world.store.register(Samples.profile())
            let regimes = Samples.regimes(count: 60, seed: 4)
            let batch = Samples.batch(regimes)
            let receipt = try await world.store.record(batch)
            #expect(receipt.newBars == 60)
            #expect(receipt.newAssessments == 60)
            #expect(receipt.newChanges == batch.records.count { $0.change != nil })
            #expect(receipt.announced == 0)
            #expect(receipt.head.lastAsOf == Samples.day(59))
            #expect(receipt.head.lastRegime == regimes.last)
            #expect(try await world.store.head(of: Samples.series) == receipt.head)
            let history = try await world.store.history(SeriesQuery(Samples.series))
            #expect(transcript(history) == transcript(batch.records.map(\.assessment)))
            let changes = try await world.store.changes(SeriesQuery(Samples.series))
            #expect(transcript(changes) == transcript(batch.records.compactMap(\.change)))
            let bars = try await world.store.bars(SeriesQuery(Samples.series))
            #expect(
                transcript(bars) == transcript(batch.bars.map { RevisedBar(bar: $0, revision: 1) }))
        },
        Law("what was known at an instant is the latest answer that was available then") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            var late = Samples.assessment(1, .crisis)
            late.availableAt = Samples.day(4)
            let first = [
                Samples.assessment(0, .normalBull), late, Samples.assessment(2, .euphoria),
            ]
            var restated = Samples.assessment(0, .normalBear)
            restated.availableAt = Samples.day(5)
            for assessments in [first, [restated]] {
                _ = try await store.record(
                    JournalBatch(
                        series: Samples.series, expecting: .anyHead,
                        records: assessments.map { JournalRecord(assessment: $0) },
                        announcing: false))
            }
            func answer(_ instant: Timestamp) async throws -> Regime? {
                let known = try await world.store.known(Samples.series, at: instant)
                return known?.regime
            }
            let justBefore = Samples.day(0).advanced(byNanoseconds: -1_000)
            #expect(try await store.known(Samples.series, at: justBefore) == nil)
            #expect(try await answer(Samples.day(0)) == .normalBull)
            #expect(try await answer(Samples.day(1)) == .normalBull, "day 1 came late")
            #expect(try await answer(Samples.day(2)) == .euphoria)
            #expect(try await answer(Samples.day(9)) == .euphoria)
            #expect(try await store.known(Samples.series("NDX"), at: Samples.day(9)) == nil)
        },
        Law("recording twice adds nothing, whoever asks") { world in
            _ = try await world.store.register(Samples.profile())
            var batch = Samples.batch([.crisis, .crisis, .normalBull])
            batch.lateBars = [Samples.bar(-3, close: 90)]
            batch.models = [Samples.model()]
            batch.activations = [
                ModelActivation(
                    series: Samples.series, activeFrom: Samples.day(0),
                    version: ModelVersion("model-1"))
            ]
            #expect(try await !world.store.record(batch).wroteNothing)
            let before = try await transcript(of: world.store)
            batch.announcing = true
            for index in batch.records.indices {
                batch.records[index].assessment.trigger = .backfill
            }
            #expect(try await world.store.record(batch).wroteNothing)
            #expect(try await transcript(of: world.store) == before)
        },
        Law("chunks of any size write what one batch writes") { world in
            let other = Samples.series("OTHER")
            _ = try await world.store.register(Samples.profile())
            _ = try await world.store.register(Samples.profile(other))
            let whole = Samples.batch(Samples.regimes(count: 50, seed: 9), series: other)
            _ = try await world.store.record(whole)
            let records = Samples.records(Samples.regimes(count: 50, seed: 9))
            for start in stride(from: 0, to: 50, by: 7) {
                let part = start..<min(start + 7, 50)
                _ = try await world.store.record(
                    JournalBatch(
                        series: Samples.series, expecting: .anyHead,
                        bars: Array(whole.bars[part]), records: Array(records[part]),
                        announcing: false))
            }
            let mine = try await world.store.history(SeriesQuery(Samples.series))
            let others = try await world.store.history(SeriesQuery(other))
            #expect(mine.map(\.regime) == others.map(\.regime))
            #expect(mine.map(\.revision) == others.map(\.revision))
            let myBars = try await world.store.bars(SeriesQuery(Samples.series))
            #expect(
                try await transcript(myBars) == transcript(world.store.bars(SeriesQuery(other))))
        },
        Law("a batch that expects another head is refused whole") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            _ = try await store.record(
                Samples.batch([.crisis, .crisis], expecting: .head(lastAsOf: nil)))
            let before = try await transcript(of: store)
            for expected in [nil, Samples.day(0), Samples.day(2)] {
                let batch = Samples.batch(
                    [.euphoria], from: 2, expecting: .head(lastAsOf: expected), announcing: true)
                await #expect(
                    throws: JournalError.headMoved(
                        series: Samples.series, expected: expected, actual: Samples.day(1))
                ) { try await store.record(batch) }
            }
            #expect(try await transcript(of: store) == before)
            let right = Samples.batch(
                [.euphoria], from: 2, expecting: .head(lastAsOf: Samples.day(1)))
            #expect(try await store.record(right).head.lastAsOf == Samples.day(2))
        },
        Law("whatever answers rest on moves the head, a late correction does not") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            _ = try await store.record(Samples.batch([.crisis, .crisis, .crisis]))
            #expect(try await store.head(of: Samples.series)?.writes == 1)
            let late = JournalBatch(
                series: Samples.series, expecting: .anyHead,
                lateBars: [Samples.bar(1, close: 7)], announcing: false)
            #expect(try await store.record(late).head.writes == 1)
            let corrected = JournalBatch(
                series: Samples.series, expecting: .anyHead, bars: [Samples.bar(1, close: 7)],
                announcing: false)
            #expect(try await store.record(corrected).head.writes == 2)
            #expect(try await store.record(corrected).head.writes == 2)
            let next = Samples.batch(
                [.crisis], from: 3, previous: .crisis,
                expecting: .head(lastAsOf: Samples.day(2), writes: 1))
            await #expect(throws: JournalError.self) { try await store.record(next) }
            #expect(try await store.head(of: Samples.series)?.writes == 2)
        },
        Law("writers that race for one head: one wins, the others reload") { world in
            _ = try await world.store.register(Samples.profile())
            let handles = [world.store, try await world.another(), try await world.another()]
            let regimes = Samples.regimes(count: 24, seed: 5)
            let records = Samples.records(regimes)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for handle in handles {
                    group.addTask { try await raceToTheEnd(records, on: handle) }
                }
                try await group.waitForAll()
            }
            let history = try await world.store.history(SeriesQuery(Samples.series))
            #expect(history.map(\.regime) == regimes)
            #expect(history.allSatisfy { $0.revision == 1 })
            try await expectGapFreeAnnouncements(
                world.store,
                count: records.count {
                    $0.change != nil
                })
        },
    ]

    /// Appends record after record, from wherever the head stands, until the last one is there.
    private static func raceToTheEnd(
        _ records: [JournalRecord], on store: any RegimeStore
    ) async throws {
        while true {
            let last = try await store.head(of: Samples.series)?.lastAsOf
            let next = records.first { record in last.map { $0 < record.assessment.asOf } ?? true }
            guard let next else { return }
            do {
                _ = try await store.record(
                    JournalBatch(
                        series: Samples.series, expecting: .head(lastAsOf: last), records: [next],
                        announcing: true))
            } catch JournalError.headMoved {
                continue
            }
        }
    }
}
