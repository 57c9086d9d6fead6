import Market
import Ports
import Regimes
import Testing

// MARK: - Many series

extension RegimeStoreConformance {
    static let cataloguing: [Law<StoreWorld>] = listLaws + labelLaws

    private static let listLaws: [Law<StoreWorld>] = [
        Law("series are listed page by page, by timeframe and by part of a name") { world in
            let store = world.store
            let names = [
                ("SPX", "1d"), ("BTC-USD", "1h"), ("SPX", "1h"), ("NDX", "1d"), ("spy", "1d"),
                ("^VIX", "1d"), ("A_B", "4h"), ("AxB", "4h"), ("NULL", "1d"),
            ]
            for (market, timeframe) in names {
                _ = try await store.register(Samples.profile(Samples.series(market, timeframe)))
            }
            let heads = try await store.heads()
            for limit in [1, 2, 8, 9, 10] {
                let listed = try await listing(CatalogueQuery(limit: limit), of: store)
                #expect(listed == heads)
            }
            let hourly = try await listing(
                CatalogueQuery(timeframe: .hourly, limit: 1), of: store)
            #expect(hourly.map(\.profile.series.description) == ["BTC-USD/1h", "SPX/1h"])
            for (part, expected) in [
                ("sp", ["SPX/1d", "SPX/1h", "spy/1d"]), ("Px", ["SPX/1d", "SPX/1h"]),
                ("^v", ["^VIX/1d"]), ("a_", ["A_B/4h"]), ("%", []), ("zz", []),
                ("btc-usd", ["BTC-USD/1h"]), ("null", ["NULL/1d"]),
            ] {
                let found = try await listing(CatalogueQuery(part: part, limit: 2), of: store)
                #expect(found.map(\.profile.series.description) == expected, "\(part)")
            }
            let both = try await store.series(
                CatalogueQuery(timeframe: .daily, part: "SP", after: Samples.series, limit: 9))
            #expect(both.heads.map(\.profile.series) == [Samples.series("spy")])
            #expect(both.total == 2)
            let behind = try await store.series(CatalogueQuery(after: Samples.series("z")))
            #expect(behind.heads.isEmpty && behind.total == names.count)
        },
        Law("the latest answers of many series are those of each, restated or not") { world in
            let store = world.store
            let series = ["A", "B", "C", "NULL"].map { Samples.series($0) }
            for one in series { _ = try await store.register(Samples.profile(one)) }
            let none = try await store.series(CatalogueQuery())
            #expect(none.currents.isEmpty && none.labels.isEmpty && none.heads.count == 4)
            for (index, one) in series.dropLast().enumerated() {
                _ = try await store.record(
                    Samples.batch([.crisis, .normalBull], from: 900 * index, series: one))
            }
            _ = try await store.record(
                Samples.batch([.euphoria], from: 1, previous: .crisis, series: series[0]))
            let currents = try await store.series(CatalogueQuery()).currents
            #expect(currents.count == 3)
            for one in series {
                let alone = try await store.current(one)
                #expect(transcript([currents[one]]) == transcript([alone]))
            }
            #expect(currents[series[0]]?.regime == .euphoria)
            let first = try await store.series(CatalogueQuery(limit: 1))
            #expect(first.currents.keys.map(\.self) == [series[0]])
            let last = try await store.series(CatalogueQuery(after: series[2]))
            #expect(last.heads.count == 1 && last.currents.isEmpty)
            #expect(try await store.series(CatalogueQuery(part: "zz")).currents.isEmpty)
        },
        Law("a page of series is of one instant, whoever writes meanwhile") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            let last = 60
            let regimes = (0...last).map { $0.isMultiple(of: 2) ? Regime.crisis : .normalBull }
            _ = try await store.record(Samples.batch([regimes[0]]))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for day in 1...last {
                        _ = try await store.record(
                            Samples.batch([regimes[day]], from: day, previous: regimes[day - 1]))
                    }
                }
                let query = CatalogueQuery(labels: LabelQuery(over: .earliest ..< .latest))
                while true {
                    let page = try await store.series(query)
                    let head = try #require(page.heads.first)
                    #expect(page.currents[Samples.series]?.asOf == head.lastAsOf)
                    #expect(page.currents[Samples.series]?.regime == head.lastRegime)
                    let step = page.labels[Samples.series]?.steps.last
                    #expect(step?.asOf == head.lastAsOf && step?.regime == head.lastRegime)
                    if head.lastAsOf == Samples.day(last) { break }
                }
                try await group.waitForAll()
            }
        },
    ]

    /// All pages of a list, each of which says how many there are.
    private static func listing(
        _ query: CatalogueQuery, of store: any RegimeStore
    ) async throws -> [SeriesHead] {
        var query = query
        var heads: [SeriesHead] = []
        var totals: Set<Int> = []
        while true {
            let page = try await store.series(query)
            #expect(page.heads.count <= query.limit)
            heads += page.heads
            totals.insert(page.total)
            query.after = page.heads.last?.profile.series
            guard page.heads.count == query.limit else { break }
        }
        #expect(totals == [heads.count])
        return heads
    }

    // MARK: Labels

    private static let labelLaws: [Law<StoreWorld>] = [
        Law("labels of a range begin with the one before it, each series for itself") { world in
            let store = world.store
            let other = Samples.series("NDX")
            for one in [Samples.series, other, Samples.series("VOID")] {
                _ = try await store.register(Samples.profile(one))
            }
            _ = try await store.record(
                Samples.batch([.crisis, .crisis, .normalBull, .euphoria, .crisis]))
            _ = try await store.record(Samples.batch([.lowVolatility], from: 3, series: other))
            let labels = try await published(over: Samples.day(2)..<Samples.day(4), in: store)
            #expect(Set(labels.keys) == [Samples.series, other])
            #expect(
                labels[Samples.series]?.steps
                    == steps([(0, .crisis), (2, .normalBull), (3, .euphoria)]))
            #expect(labels[other]?.steps == steps([(3, .lowVolatility)]))
            #expect(labels.values.allSatisfy { $0.overrides.isEmpty && $0.wholeFrom == nil })
            let between = try await published(
                over: Samples.day(1)..<Samples.day(1), in: store)
            #expect(between[Samples.series]?.steps == steps([(0, .crisis)]))
            let before = try await published(over: .earliest..<Samples.day(0), in: store)
            #expect(before.isEmpty)
            let nobody = try await store.series(
                CatalogueQuery(part: "zz", labels: LabelQuery(over: .earliest ..< .latest)))
            #expect(nobody.heads.isEmpty && nobody.labels.isEmpty)
        },
        Law("a change that a restatement took away is no label, one that it brought is") { world in
            let store = world.store
            try await begin([.crisis, .normalBull, .normalBull, .euphoria], in: store)
            _ = try await record(
                Samples.records([.crisis, .crisis, .normalBear, .euphoria]), in: store)
            for start in 0...4 {
                let range = Samples.day(start)..<Samples.day(9)
                let labels = try await published(over: range, in: store)
                let all = steps([(0, .crisis), (2, .normalBear), (3, .euphoria)])
                let first = all.lastIndex { $0.asOf < range.lowerBound } ?? 0
                #expect(labels[Samples.series]?.steps == Array(all[first...]))
            }
        },
        Law("overrides lie between their bars; the one that stands has no end") { world in
            let store = world.store
            try await begin([.normalBull, .normalBull], in: store)
            _ = try await store.putInForce(Samples.order(.crisis, at: world.time.now))
            let replacing = Samples.order(.euphoria, at: world.time.now, user: "bob")
            _ = try await record(
                Samples.records([.normalBear], from: 2, previous: .normalBull), in: store,
                announcing: true)
            _ = try await store.putInForce(replacing)
            _ = try await record(
                Samples.records([.normalBear], from: 3, previous: .normalBear), in: store,
                announcing: true)
            _ = try await store.endExpiredOverride(of: Samples.series, at: replacing.expiresAt)
            _ = try await record(
                Samples.records([.normalBear], from: 4, previous: .normalBear), in: store,
                announcing: true)
            _ = try await store.putInForce(Samples.order(.lowVolatility, at: world.time.now))
            func overrides(
                _ range: Range<Int>
            ) async throws -> [PublishedLabels.Override]? {
                let labels = try await published(
                    over: Samples.day(range.lowerBound)..<Samples.day(range.upperBound),
                    in: store)
                return labels[Samples.series]?.overrides
            }
            let all = [
                override(.crisis, 1, 2), override(.euphoria, 2, 3),
                override(.lowVolatility, 4, nil),
            ]
            #expect(try await overrides(0..<9) == all)
            #expect(try await overrides(2..<9) == Array(all.dropFirst()))
            #expect(try await overrides(3..<9) == Array(all.dropFirst(2)))
            #expect(try await overrides(7..<9) == Array(all.dropFirst(2)))
            #expect(try await overrides(0..<4) == Array(all.dropLast()))
            #expect(try await overrides(0..<1) == [])
        },
        Law("of more than the limit the latest are told, and from when on that is everything") {
            world in
            let store = world.store
            let regimes = (0..<6).map { $0.isMultiple(of: 2) ? Regime.crisis : .normalBull }
            try await begin(regimes, in: store)
            let range = Samples.day(1)..<Samples.day(9)
            let all = steps(regimes.enumerated().map { ($0.offset, $0.element) })
            for limit in 1...6 {
                let labels = try await published(over: range, limit: limit, in: store)
                let told = labels[Samples.series]
                #expect(told?.steps == (limit < 5 ? Array(all.suffix(limit)) : all))
                #expect(told?.wholeFrom == (limit < 5 ? all.suffix(limit).first?.asOf : nil))
            }
            for regime in [Regime.euphoria, .crisis, .normalBear] {
                _ = try await store.putInForce(Samples.order(regime, at: world.time.now))
            }
            let told = try await published(
                over: Samples.day(0)..<Samples.day(1), limit: 1, in: store)
            #expect(told[Samples.series]?.overrides == [])
            let last = try await published(
                over: Samples.day(5)..<Samples.day(9), limit: 1, in: store)
            #expect(last[Samples.series]?.overrides == [override(.normalBear, 5, nil)])
        },
    ]

    /// What all series published.
    private static func published(
        over range: Range<Timestamp>, limit: Int = LabelQuery.limitMaximum,
        in store: any RegimeStore
    ) async throws -> [Series: PublishedLabels] {
        let query = CatalogueQuery(labels: LabelQuery(over: range, limit: limit))
        return try await store.series(query).labels
    }

    private static func steps(_ days: [(Int, Regime)]) -> [PublishedLabels.Step] {
        days.map { PublishedLabels.Step(asOf: Samples.day($0), regime: $1) }
    }

    private static func override(
        _ regime: Regime, _ day: Int, _ end: Int?
    ) -> PublishedLabels.Override {
        PublishedLabels.Override(
            regime: regime, asOf: Samples.day(day), end: end.map { Samples.day($0) })
    }
}
