import Market
import Ports
import Regimes
import Testing

// MARK: - What was said of each bar

extension RegimeStoreConformance {
    static let telling: [Law<StoreWorld>] = [
        Law("what was said first stays, whatever was said of the same bar since") { world in
            let store = world.store
            try await begin([.crisis, .crisis, .normalBull, .normalBull], in: store)
            _ = try await record(
                [JournalRecord(assessment: Samples.assessment(1, .euphoria, model: "model-2"))],
                in: store)
            _ = try await record(
                [JournalRecord(assessment: Samples.assessment(1, .highVolatility))], in: store)
            _ = try await record(
                [JournalRecord(assessment: Samples.assessment(3, .crisis))], in: store)
            func told(_ telling: Telling) async throws -> [ToldBar] {
                try await world.restart().told(telling, SeriesQuery(Samples.series))
            }
            let first = try await told(.first)
            #expect(first.map(\.regime) == [.crisis, .crisis, .normalBull, .normalBull])
            #expect(first.allSatisfy { $0.modelVersion == ModelVersion("model-1") })
            let latest = try await told(.latest)
            #expect(latest.map(\.regime) == [.crisis, .highVolatility, .normalBull, .crisis])
            for told in [first, latest] {
                #expect(told.map(\.asOf) == (0..<4).map { Samples.day($0) })
                #expect(told.map(\.isRestated) == [false, true, false, true])
            }
        },
        Law("what is told says what the history does, page by page and as known at any time") {
            world in
            let store = world.store
            try await writeRevised(in: store)
            var spoken = Samples.assessment(4, .normalBull)
            spoken.calibratedConfidence = 1 / 3
            var silent = Samples.assessment(5, .unknown, model: "unfitted")
            silent.probabilities = .unknown
            silent.probabilityKind = .none
            _ = try await record(
                [JournalRecord(assessment: spoken), JournalRecord(assessment: silent)], in: store)
            let instants: [Timestamp?] =
                [nil, .earliest, .latest] + [0, 2, 9, 10, 11, 12].map { Samples.day($0) }
            for instant in instants {
                for limit in [1, 2, 3, 100] {
                    var query = SeriesQuery(
                        Samples.series, range: Samples.day(1)..<Samples.day(6), knownAt: instant,
                        limit: limit)
                    let history = try await store.history(query)
                    let told = try await store.told(.latest, query)
                    let expected = zip(history, told).map {
                        ToldBar($0, isRestated: $1.isRestated)
                    }
                    #expect(told.count == history.count && told == expected)
                    let first = try await store.told(.first, query)
                    #expect(first.map(\.asOf) == told.map(\.asOf))
                    #expect(first.map(\.isRestated) == told.map(\.isRestated))
                    #expect(told.map(\.isRestated) == history.map { $0.revision > 1 })
                    query.after = Samples.day(2)
                    let behind = try await store.told(.first, query)
                    let later = try await store.history(query)
                    #expect(behind.map(\.asOf) == later.map(\.asOf))
                }
            }
            let nobody = SeriesQuery(Samples.series("NONE"))
            #expect(try await store.told(.first, nobody).isEmpty)
        },
        Law("closes are those of the bars that are read, missing ones included") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            var corrected = Samples.bar(2, close: 50)
            corrected.availableAt = Samples.day(9)
            let late = [Samples.bar(1, close: 7), Samples.bar(8, close: 8)]
            for (bars, lateBars) in [
                ((0..<5).map { Samples.bar($0, close: $0 == 3 ? .nan : Double($0)) }, []),
                ([corrected], []), ([], late),
            ] {
                _ = try await store.record(
                    JournalBatch(
                        series: Samples.series, expecting: .anyHead, bars: bars,
                        lateBars: lateBars, announcing: false))
            }
            for instant in [nil, Samples.day(3), Samples.day(9)] {
                for limit in [1, 3, 9] {
                    let query = SeriesQuery(
                        Samples.series, range: Samples.day(1)..<Samples.day(9),
                        after: limit == 3 ? Samples.day(1) : nil, knownAt: instant, limit: limit)
                    let bars = try await store.bars(query).map(\.bar)
                    let closes = try await store.closes(query)
                    #expect(closes.map(\.timestamp) == bars.map(\.timestamp))
                    #expect(closes.map { "\($0.close)" } == bars.map { "\($0.close)" })
                }
            }
            let all = try await store.closes(SeriesQuery(Samples.series))
            #expect(all.filter { !$0.close.isNaN }.map(\.close) == [0, 1, 50, 4])
        },
    ]
}
