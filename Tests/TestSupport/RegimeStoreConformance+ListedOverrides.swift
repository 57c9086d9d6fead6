import Market
import Ports
import Regimes
import Testing

// MARK: - Listing

extension RegimeStoreConformance {
    static let listingLaws: [Law<StoreWorld>] = [
        Law("changes and overrides are listed by bar, and there by sequence, page by page") {
            world in
            let store = world.store
            try await begin([.crisis, .normalBull, .normalBull], in: store)
            let order = Samples.order(.euphoria, at: world.time.now)
            _ = try await store.putInForce(order)
            _ = try await store.endExpiredOverride(of: Samples.series, at: order.expiresAt)
            _ = try await store.putInForce(order)
            _ = try await record(
                Samples.records([.lowVolatility, .crisis], from: 3, previous: .normalBull),
                in: store, announcing: true)
            _ = try await store.endExpiredOverride(of: Samples.series, at: order.expiresAt)
            let whole = try await store.changesAndOverrides(ChangeQuery(Samples.series))
            let expected = [(0, 1), (1, 2), (2, 3), (2, 4), (2, 5), (3, 0), (4, 0), (4, 6)].map {
                ChangePlace(asOf: Samples.day($0.0), sequence: Int64($0.1))
            }
            #expect(whole.map(\.place) == expected)
            #expect(whole.indices.filter { whole[$0].isByOverride } == [2, 3, 4, 7])
            for limit in 1...9 {
                #expect(try await pages(of: limit, in: store) == expected)
            }
            let range = Samples.day(2)..<Samples.day(4)
            let middle = try await store.changesAndOverrides(
                ChangeQuery(Samples.series, range: range, after: expected[3]))
            #expect(middle.map(\.place) == [expected[4], expected[5]])
            let nothing = ChangeQuery(
                Samples.series, after: ChangePlace(asOf: .latest, sequence: .max))
            #expect(try await store.changesAndOverrides(nothing).isEmpty)
            let first = ChangeQuery(
                Samples.series, after: ChangePlace(asOf: .earliest, sequence: 0), limit: 1)
            #expect(try await store.changesAndOverrides(first).map(\.place) == [expected[0]])
            let byBars = try await store.changes(SeriesQuery(Samples.series))
            #expect(byBars.map(\.asOf) == [0, 1, 3, 4].map { Samples.day($0) })
        },
        Law("the audit is read page by page, in the order in which overrides began") { world in
            let store = world.store
            try await begin([.normalBull], in: store)
            for (index, regime) in [Regime.crisis, .euphoria, .normalBear].enumerated() {
                world.time.advance(bySeconds: 1)
                _ = try await store.putInForce(
                    Samples.order(regime, at: world.time.now, user: "user-\(index)"))
            }
            let first = try await store.overrides(of: Samples.series, after: 0, limit: 2)
            #expect(first.map(\.order.userID) == ["user-0", "user-1"])
            let rest = try await store.overrides(
                of: Samples.series, after: first[1].sequence, limit: 2)
            #expect(rest.map(\.order.userID) == ["user-2"])
            let other = try await store.overrides(of: Samples.series("NDX"), after: 0, limit: 2)
            #expect(other.isEmpty)
        },
    ]

    static func pages(
        of limit: Int, in store: any RegimeStore, knownAt: Timestamp? = nil
    ) async throws -> [ChangePlace] {
        var places: [ChangePlace] = []
        while true {
            let page = try await store.changesAndOverrides(
                ChangeQuery(
                    Samples.series, after: places.last, knownAt: knownAt, limit: limit))
            #expect(page.count <= limit)
            places += page.map(\.place)
            if page.count < limit { return places }
        }
    }
}

// MARK: - Racing

extension RegimeStoreConformance {
    static let racingLaws: [Law<StoreWorld>] = [
        Law("of many that end an override one does") { world in
            try await begin([.normalBull], in: world.store)
            let order = Samples.order(.crisis, at: world.time.now)
            _ = try await world.store.putInForce(order)
            let handles = [world.store, try await world.another(), try await world.another()]
            let ends = try await withThrowingTaskGroup(of: RegimeChange?.self) { group in
                for handle in handles + handles {
                    group.addTask {
                        try await handle.endExpiredOverride(
                            of: Samples.series, at: order.expiresAt)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(ends.count { $0 != nil } == 1)
            try await expectGapFreeAnnouncements(world.store, count: 3)
        },
        Law("orders and bars that race leave one override in force and no gap") { world in
            try await begin([.normalBull], in: world.store)
            let handles = [world.store, try await world.another()]
            let now = world.time.now
            let regimes: [Regime] = [.crisis, .euphoria, .normalBear, .lowVolatility]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for handle in handles {
                    for regime in regimes {
                        group.addTask {
                            _ = try await handle.putInForce(Samples.order(regime, at: now))
                        }
                    }
                }
                group.addTask {
                    for day in 1...8 {
                        _ = try await world.store.record(
                            JournalBatch(
                                series: Samples.series, expecting: .anyHead,
                                records: Samples.records(
                                    [day.isMultiple(of: 2) ? .normalBull : .highVolatility],
                                    from: day, previous: .unknown), announcing: true))
                    }
                }
                try await group.waitForAll()
            }
            let kept = try await audit(world.store)
            #expect(kept.dropLast().allSatisfy { $0.end?.how == .replaced })
            #expect(kept.last?.end == nil)
            #expect(try await world.store.standingOverrides() == kept.suffix(1))
            let head = try #require(try await world.store.head(of: Samples.series))
            #expect(head.lastAsOf == Samples.day(8))
            #expect(head.override == kept.last)
            let count = Int(head.lastSequence)
            try await expectGapFreeAnnouncements(world.store, count: count)
            let told = try await world.store.announcements(
                of: Samples.series, after: 0, limit: 100)
            #expect(told.filter(\.isByOverride).map(\.eventID) == kept.map(\.id))
        },
    ]
}
