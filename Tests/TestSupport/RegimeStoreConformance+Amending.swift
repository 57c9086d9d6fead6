import Market
import Ports
import Regimes
import Testing

// MARK: - Amending

extension RegimeStoreConformance {
    static let amendingLaws: [Law<StoreWorld>] = afterOverrideLaws + amendmentLaws

    // MARK: After an override

    private static let afterOverrideLaws: [Law<StoreWorld>] = [
        Law("after an override, a change restated before it is told as an amendment of its end") {
            world in
            let store = world.store
            try await begin([.crisis, .crisis, .crisis], in: store)
            let order = Samples.order(.euphoria, at: world.time.now)
            _ = try await store.putInForce(order)
            let end = try #require(
                try await store.endExpiredOverride(of: Samples.series, at: order.expiresAt))
            let restated = Samples.records([.crisis, .normalBear, .normalBear])
            #expect(try await record(restated, in: store).announced == 0)
            let told = try await store.announcePending(Samples.series, limit: 9)
            let amendment = try #require(told.first)
            #expect(told.count == 1)
            #expect(amendment.isAmendment)
            #expect(amendment.asOf == Samples.day(2))
            #expect(amendment.revision == 1)
            #expect(amendment.previousRegime == .crisis)
            #expect(amendment.regime == .normalBear)
            #expect(amendment.trigger == .backfill)
            let current = try #require(try await store.current(Samples.series))
            #expect(amendment.probabilities == current.probabilities)
            #expect(amendment.announcement?.sequence == 4)
            #expect(amendment.announcement?.previousEventID == end.eventID)
            #expect(amendment.announcement?.supersedes == nil, "an override's end did happen")
            #expect(try await store.announcePending(Samples.series, limit: 9).isEmpty)
            try await expectGapFreeAnnouncements(store, count: 4)
        },
        Law("another label of the bar of an override, which nobody was told of, is amended") {
            world in
            let store = world.store
            try await begin([.crisis, .crisis], in: store)
            let order = Samples.order(.euphoria, at: world.time.now)
            _ = try await store.putInForce(order)
            _ = try await store.endExpiredOverride(of: Samples.series, at: order.expiresAt)
            let restated = Samples.records([.normalBear], from: 1, previous: .crisis)
            #expect(try await record(restated, in: store, announcing: true).announced == 0)
            let told = try await store.announcePending(Samples.series, limit: 9)
            #expect(told.map(\.regime) == [.normalBear])
            #expect(told.map(\.isAmendment) == [true])
            #expect(try await store.announcePending(Samples.series, limit: 9).isEmpty)
            try await expectGapFreeAnnouncements(store, count: 4)
        },
        Law("while an override stands nothing is amended, and its end leaves nothing to amend") {
            world in
            let store = world.store
            try await begin([.crisis, .normalBull], in: store)
            let order = Samples.order(.euphoria, at: world.time.now)
            _ = try await store.putInForce(order)
            _ = try await record(Samples.records([.crisis, .crisis]), in: store)
            #expect(try await store.announcePending(Samples.series, limit: 9).isEmpty)
            let end = try await store.endExpiredOverride(
                of: Samples.series, at: order.expiresAt)
            #expect(end?.regime == .crisis)
            #expect(try await store.announcePending(Samples.series, limit: 9).isEmpty)
            try await expectGapFreeAnnouncements(store, count: 4)
        },
    ]

    // MARK: Without one

    private static let amendmentLaws: [Law<StoreWorld>] = [
        Law("a label announced last that a restatement removes is amended, again and again") {
            world in
            let store = world.store
            try await begin([.crisis, .crisis, .normalBull], in: store)
            let old = try await store.announcements(of: Samples.series, after: 1, limit: 9)
            for (index, label) in [Regime.crisis, .euphoria, .lowVolatility].enumerated() {
                _ = try await record(Samples.records([label, label, label]), in: store)
                let told = try await store.announcePending(Samples.series, limit: 9)
                let amendment = try #require(told.last)
                #expect(told.map(\.isByBar) == (index == 0 ? [false] : [true, false]))
                #expect(amendment.asOf == Samples.day(2))
                #expect(amendment.revision == index + 1)
                #expect(amendment.regime == label)
            }
            let all = try await store.announcements(of: Samples.series, after: 0, limit: 99)
            let amendments = all.filter(\.isAmendment)
            #expect(
                amendments.map(\.previousRegime) == [.normalBull, .crisis, .euphoria])
            #expect(
                amendments.map(\.announcement?.supersedes)
                    == old.map(\.eventID) + amendments.dropLast().map(\.eventID))
            #expect(try await store.announcePending(Samples.series, limit: 9).isEmpty)
            try await expectGapFreeAnnouncements(store, count: 7)
        },
        Law("what comes later goes on from an amendment, however small the pages") { world in
            let store = world.store
            try await begin([.crisis, .crisis, .normalBull], in: store)
            _ = try await record(
                Samples.records([.crisis, .euphoria, .euphoria, .euphoria, .normalBear, .crisis]),
                in: store)
            for expected in [Regime.euphoria, .normalBear, .crisis] {
                let page = try await store.announcePending(Samples.series, limit: 1)
                #expect(page.map(\.regime) == [expected])
            }
            #expect(try await store.announcePending(Samples.series, limit: 1).isEmpty)
            let told = try await store.announcements(of: Samples.series, after: 1, limit: 9)
            #expect(told.map(\.asOf) == [2, 2, 4, 5].map { Samples.day($0) })
            #expect(told.map(\.isAmendment) == [false, true, false, false])
            #expect(told.dropFirst().map(\.previousRegime) == told.dropLast().map(\.regime))
            try await expectGapFreeAnnouncements(store, count: 5)
        },
        Law("what a bar brings after all supersedes its amendment, unless that said so") { world in
            let store = world.store
            try await begin([.crisis, .normalBull], in: store)
            _ = try await record(Samples.records([.crisis, .crisis]), in: store)
            let amendment = try #require(
                try await store.announcePending(Samples.series, limit: 9).first)
            _ = try await record(Samples.records([.normalBear, .crisis]), in: store)
            let first = try await store.announcePending(Samples.series, limit: 9)
            #expect(first.map(\.asOf) == [Samples.day(0)], "of the other one the label is known")
            _ = try await record(Samples.records([.normalBear, .normalBull]), in: store)
            let told = try await store.announcePending(Samples.series, limit: 9)
            #expect(told.map(\.isByBar) == [true])
            #expect(told.first?.regime == .normalBull)
            #expect(told.first?.announcement?.supersedes == amendment.eventID)
            #expect(try await store.announcePending(Samples.series, limit: 9).isEmpty)
            try await expectGapFreeAnnouncements(store, count: 5)
        },
        Law("an amendment is listed and is no part of what bars say") { world in
            let store = world.store
            try await begin([.crisis, .normalBull], in: store)
            _ = try await record(Samples.records([.crisis, .crisis]), in: store)
            let history = try await transcript(store.history(SeriesQuery(Samples.series)))
            let amendment = try await store.announcePending(Samples.series, limit: 9)
            #expect(
                try await transcript(store.history(SeriesQuery(Samples.series))) == history)
            let byBars = try await store.changes(SeriesQuery(Samples.series))
            #expect(byBars.map(\.asOf) == [Samples.day(0)])
            let whole = try await store.changesAndOverrides(ChangeQuery(Samples.series))
            #expect(transcript(whole) == transcript(byBars + amendment))
            let page = try await store.changesAndOverrides(
                ChangeQuery(Samples.series, after: byBars[0].place, limit: 1))
            #expect(transcript(page) == transcript(amendment))
            let before = try await transcript(of: store)
            #expect(
                try await record(Samples.records([.crisis, .crisis]), in: store).wroteNothing)
            #expect(try await transcript(of: world.restart()) == before)
        },
        Law("nothing is amended where nothing was announced, or no limit allows it") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            #expect(try await store.announcePending(Samples.series, limit: 9).isEmpty)
            _ = try await record(Samples.records([.crisis, .normalBull]), in: store)
            #expect(try await store.announcePending(Samples.series, limit: 9).count == 2)
            _ = try await record(Samples.records([.crisis, .crisis]), in: store)
            for limit in [0, -1] {
                #expect(try await store.announcePending(Samples.series, limit: limit).isEmpty)
            }
            #expect(try await store.announcePending(Samples.series, limit: 1).count == 1)
        },
        Law("of many that announce at once one amends") { world in
            try await begin([.crisis, .normalBull], in: world.store)
            _ = try await record(Samples.records([.crisis, .crisis]), in: world.store)
            let handles = [world.store, try await world.another(), try await world.another()]
            let told = try await withThrowingTaskGroup(of: [RegimeChange].self) { group in
                for handle in handles + handles {
                    group.addTask { try await handle.announcePending(Samples.series, limit: 9) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(told.count == 1)
            try await expectGapFreeAnnouncements(world.store, count: 3)
        },
    ]
}
