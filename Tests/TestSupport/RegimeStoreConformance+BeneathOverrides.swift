import Market
import Ports
import Regimes
import Testing

// MARK: - Beneath an override

extension RegimeStoreConformance {
    static let beneathLaws: [Law<StoreWorld>] = [
        Law("while one is in force changes by bars are stored and not announced") { world in
            let store = world.store
            try await begin([.normalBull], in: store)
            let order = Samples.order(.crisis, at: world.time.now)
            _ = try await store.putInForce(order)
            let receipt = try await record(
                Samples.records([.euphoria, .lowVolatility], from: 1, previous: .normalBull),
                in: store, announcing: true)
            #expect(receipt.newChanges == 2)
            #expect(receipt.announced == 0)
            #expect(receipt.head.lastRegime == .lowVolatility)
            #expect(receipt.head.publishedRegime(at: world.time.now) == .crisis)
            #expect(try await store.announcePending(Samples.series, limit: 9).isEmpty)
            let changes = try await store.changes(SeriesQuery(Samples.series))
            #expect(changes.map(\.regime) == [.normalBull, .euphoria, .lowVolatility])
            try await expectGapFreeAnnouncements(store, count: 2)
            // What came to pass meanwhile is told by the end; what comes later is news again.
            let end = try await store.endExpiredOverride(
                of: Samples.series, at: order.expiresAt)
            #expect(end?.regime == .lowVolatility)
            #expect(try await store.announcePending(Samples.series, limit: 9).isEmpty)
            let live = Samples.records([.normalBear], from: 3, previous: .lowVolatility)
            #expect(try await record(live, in: store, announcing: true).announced == 1)
            let silent = Samples.records([.normalBull], from: 4, previous: .normalBear)
            _ = try await record(silent, in: store)
            let pending = try await store.announcePending(Samples.series, limit: 9)
            #expect(pending.map(\.asOf) == [Samples.day(4)])
            try await expectGapFreeAnnouncements(store, count: 5)
        },
        Law("what was stored silently before an override is no news after it") { world in
            let store = world.store
            _ = try await store.register(Samples.profile())
            _ = try await record(Samples.records([.crisis, .normalBull]), in: store)
            let order = Samples.order(.euphoria, at: world.time.now)
            let override = try await store.putInForce(order)
            #expect(override.sequence == 1)
            #expect(try await store.announcePending(Samples.series, limit: 9).isEmpty)
            _ = try await store.endExpiredOverride(of: Samples.series, at: order.expiresAt)
            #expect(try await store.announcePending(Samples.series, limit: 9).isEmpty)
            try await expectGapFreeAnnouncements(store, count: 2)
        },
        Law("a bar that is restated supersedes what was said about it, not an override") { world in
            let store = world.store
            try await begin([.crisis, .normalBull], in: store)
            let bar = try await store.announcements(of: Samples.series, after: 1, limit: 1)[0]
            let order = Samples.order(.euphoria, at: world.time.now)
            _ = try await store.putInForce(order)
            let restated = Samples.records([.normalBear], from: 1, previous: .crisis)
            #expect(try await record(restated, in: store, announcing: true).announced == 0)
            #expect(try await store.announcePending(Samples.series, limit: 9).isEmpty)
            let end = try await store.endExpiredOverride(
                of: Samples.series, at: order.expiresAt)
            #expect(end?.regime == .normalBear)
            let told = try await store.announcePending(Samples.series, limit: 9)
            #expect(told.map(\.regime) == [.normalBear])
            #expect(told.first?.announcement?.supersedes == bar.eventID)
            #expect(told.first?.revision == 2)
            #expect(try await store.announcePending(Samples.series, limit: 9).isEmpty)
            let again = Samples.records([.lowVolatility], from: 1, previous: .crisis)
            #expect(try await record(again, in: store, announcing: true).announced == 1)
            let last = try await store.announcements(of: Samples.series, after: 5, limit: 9)
            #expect(last.first?.announcement?.supersedes == told.first?.eventID)
            #expect(last.first?.revision == 3)
            try await expectGapFreeAnnouncements(store, count: 6)
        },
    ]
}
