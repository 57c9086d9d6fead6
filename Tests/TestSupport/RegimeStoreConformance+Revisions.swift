import Market
import Ports
import Regimes
import Testing

// MARK: - Bars

extension RegimeStoreConformance {
    static let barLaws: [Law<StoreWorld>] = [
        Law("a bar with other values is the next revision, and is the one read") { world in
            try await registerAndAdopt([Samples.bar(0, close: 100)], in: world.store)
            let second = try await adopt([Samples.bar(0, close: 50)], in: world.store)
            #expect(second.revisedBars == 1)
            #expect(second.newBars == 0)
            #expect(try await bars(world.store) == ["2: 50.0"])
            _ = try await adopt([Samples.bar(0, close: 100)], in: world.store)
            #expect(try await bars(world.store) == ["3: 100.0"])
        },
        Law("a late correction is kept, and not read before assessments rest on it") { world in
            let store = world.store
            try await registerAndAdopt([Samples.bar(0, close: 100)], in: store)
            let late = [Samples.bar(0, close: 50), Samples.bar(1, close: 7)]
            let kept = try await keep(late: late, in: store)
            #expect(kept.revisedBars == 1)
            #expect(kept.newBars == 1)
            #expect(try await bars(store) == ["1: 100.0"])
            #expect(try await keep(late: late, in: store).wroteNothing)
            let again = try await adopt([Samples.bar(0, close: 100)], in: store)
            #expect(again.wroteNothing)
            #expect(try await adopt(late, in: store).revisedBars == 2)
            #expect(try await bars(store) == ["2: 50.0", "1: 7.0"])
            #expect(try await adopt(late, in: store).wroteNothing)
        },
        Law("when a bar could be known is not part of what it says") { world in
            var bar = Samples.bar(0)
            try await registerAndAdopt([bar], in: world.store)
            bar.availableAt = Samples.day(9)
            #expect(try await adopt([bar], in: world.store).wroteNothing)
            let stored = try await world.store.bars(SeriesQuery(Samples.series))
            #expect(stored.map(\.bar.availableAt) == [Samples.day(0)])
        },
        Law("a bar brings back what was known with it, and that is part of what it says") { world in
            var bar = Samples.bar(0)
            bar.exogenous = ["vix": 12.5, "term_spread": -0.0, "credit_spread": 1 / 3]
            try await registerAndAdopt([bar, Samples.bar(1)], in: world.store)
            #expect(try await adopt([bar, Samples.bar(1)], in: world.store).wroteNothing)
            let stored = try await world.store.bars(SeriesQuery(Samples.series)).map(\.bar)
            #expect(stored.map(\.exogenous) == [bar.exogenous, ExogenousValues()])
            bar.exogenous["vix"] = 12.5.nextUp
            #expect(try await adopt([bar], in: world.store).revisedBars == 1)
            #expect(try await keep(late: [Samples.bar(0)], in: world.store).revisedBars == 1)
            let again = try await world.restart().bars(SeriesQuery(Samples.series))
            #expect(again.map(\.bar.exogenous) == [bar.exogenous, ExogenousValues()])
            #expect(again.map(\.revision) == [2, 1])
        },
        Law("numbers come back bit for bit, missing ones as missing") { world in
            _ = try await world.store.register(Samples.profile())
            let hard: [Double] = [
                -0.0, 0, .leastNonzeroMagnitude, -.leastNormalMagnitude.nextDown, 1e300, -1e-300,
                0.1 + 0.2, 1 / 3,
                .greatestFiniteMagnitude, .infinity, -.infinity, .nan, 4503599627370497.5, 1e23,
            ]
            var generator = SplitMix64(seed: 77)
            let random = (0..<200).map { _ in Double(bitPattern: generator.next()) }
            var assessment = Samples.assessment(0, .crisis, confidence: 1 / 3)
            assessment.indicators = (hard + random).enumerated().map {
                IndicatorReading(name: "name \"\($0.offset)\" \\ \u{1} ü", value: $0.element)
            }
            assessment.probabilities = RegimeProbabilities(
                summing: [
                    (.crisis, .leastNonzeroMagnitude), (.euphoria, 0.1 + 0.2), (.unknown, .nan),
                ])
            assessment.reasoning = "quotes \"'\", a tab\t, a line\n, 日本"
            let bars = (hard + random).enumerated().map { index, number in
                Bar(
                    timestamp: Samples.day(index), open: number, high: -number, low: .nan,
                    close: number, volume: number * 0,
                    exogenous: ["any": number, "name \"\\ \u{1} ü": -number])
            }
            _ = try await world.store.record(
                JournalBatch(
                    series: Samples.series, expecting: .anyHead, bars: bars,
                    records: [JournalRecord(assessment: assessment)], announcing: false))
            let read = try #require(try await world.store.current(Samples.series))
            #expect(read.saysTheSame(as: assessment))
            let stored = try await world.store.bars(SeriesQuery(Samples.series)).map(\.bar)
            try #require(stored.count == bars.count)
            for (mine, theirs) in zip(bars, stored) { #expect(mine.saysTheSame(as: theirs)) }
        },
    ]

    private static func registerAndAdopt(_ bars: [Bar], in store: any RegimeStore) async throws {
        _ = try await store.register(Samples.profile())
        #expect(try await adopt(bars, in: store).newBars == bars.count)
    }

    private static func adopt(
        _ bars: [Bar], in store: any RegimeStore
    ) async throws -> JournalReceipt {
        try await store.record(
            JournalBatch(
                series: Samples.series, expecting: .anyHead, bars: bars, announcing: false))
    }

    private static func keep(
        late bars: [Bar], in store: any RegimeStore
    ) async throws -> JournalReceipt {
        try await store.record(
            JournalBatch(
                series: Samples.series, expecting: .anyHead, lateBars: bars, announcing: false))
    }

    private static func bars(_ store: any RegimeStore) async throws -> [String] {
        try await store.bars(SeriesQuery(Samples.series)).map { "\($0.revision): \($0.bar.close)" }
    }
}

// MARK: - Restating

extension RegimeStoreConformance {
    static let restating: [Law<StoreWorld>] = [
        Law("an assessment that says something else is the next revision") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            _ = try await store.record(Samples.batch([.crisis, .crisis, .normalBull]))
            let restated = Samples.assessment(1, .euphoria, model: "model-2")
            let receipt = try await record([JournalRecord(assessment: restated)], in: store)
            #expect(receipt.restatedAssessments == 1)
            #expect(receipt.newAssessments == 0)
            #expect(receipt.head.lastAsOf == Samples.day(2))
            #expect(receipt.head.lastRegime == .normalBull)
            let history = try await store.history(SeriesQuery(Samples.series))
            #expect(history.map(\.regime) == [.crisis, .euphoria, .normalBull])
            #expect(history.map(\.revision) == [1, 2, 1])
            let back = Samples.assessment(1, .crisis, previous: .unknown, since: 0)
            _ = try await record([JournalRecord(assessment: back)], in: store)
            let third = try await store.history(SeriesQuery(Samples.series))[1]
            #expect(third.revision == 3)
            #expect(third.saysTheSame(as: back))
        },
        Law("a restated last bar moves the head's regime and the current answer") { world in
            _ = try await world.store.register(Samples.profile())
            _ = try await world.store.record(Samples.batch([.crisis, .crisis]))
            let restated = Samples.assessment(1, .lowVolatility, previous: .crisis)
            let receipt = try await record([JournalRecord(assessment: restated)], in: world.store)
            #expect(receipt.head.lastRegime == .lowVolatility)
            let current = try #require(try await world.store.current(Samples.series))
            #expect(current.regime == .lowVolatility)
            #expect(current.revision == 2)
        },
        Law("changes are those of each bar's latest assessment") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            _ = try await store.record(Samples.batch([.crisis, .normalBull, .normalBull]))
            let flat = Samples.assessment(1, .crisis, since: 0)
            let moved = Samples.assessment(2, .normalBull, previous: .crisis, confidence: 0.5)
            let change = Samples.change(moved, from: .crisis)
            _ = try await record(
                [
                    JournalRecord(assessment: flat),
                    JournalRecord(assessment: moved, change: change),
                ],
                in: store)
            let changes = try await store.changes(SeriesQuery(Samples.series))
            #expect(changes.map(\.asOf) == [Samples.day(0), Samples.day(2)])
            #expect(changes.map(\.revision) == [1, 2])
            #expect(changes.allSatisfy { $0.eventID == Samples.wording.eventID($0) })
        },
        Law("one batch may restate what it says itself") { world in
            _ = try await world.store.register(Samples.profile())
            let receipt = try await record(
                Samples.records([.crisis]) + Samples.records([.euphoria]), in: world.store)
            #expect(receipt.newAssessments == 1)
            #expect(receipt.restatedAssessments == 1)
            let history = try await world.store.history(SeriesQuery(Samples.series))
            #expect(history.map(\.regime) == [.euphoria])
            #expect(history.map(\.revision) == [2])
        },
    ]

    static func record(
        _ records: [JournalRecord], in store: any RegimeStore, announcing: Bool = false
    ) async throws -> JournalReceipt {
        try await store.record(
            JournalBatch(
                series: Samples.series, expecting: .anyHead, records: records,
                announcing: announcing))
    }
}
