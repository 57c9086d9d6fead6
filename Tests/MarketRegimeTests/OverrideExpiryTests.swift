import Hosting
import Market
import MarketRegime
import Ports
import Regimes
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@Suite("The end of overrides", .timeLimit(.minutes(5)))
struct OverrideExpiryTests {
    private let time = ManualTime()

    /// A series in a normal bull market, by one bar.
    private func store() async throws -> InMemoryRegimeStore {
        let store = InMemoryRegimeStore(wording: Samples.wording) { [time] in time.now }
        _ = try await store.register(Samples.profile())
        _ = try await store.record(Samples.batch([.normalBull], announcing: true))
        return store
    }

    private func expiry(
        _ store: InMemoryRegimeStore, through ledger: (any OverrideLedger)? = nil,
        ended: @escaping @Sendable (Series) async -> Void = { _ in }
    ) -> DueWork {
        OverrideExpiry(overrides: ledger ?? store, ended: ended, logger: World.logger).work(
            after: { store.commits() }, now: { [time] in time.now },
            sleep: { [time] in try await time.sleep(for: $0) })
    }

    /// Runs services while a test looks on; the failure of one that gave up.
    private func running(
        _ services: [DueWork], _ body: () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in services { group.addTask { try await service.run() } }
            try await body()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Moves the clock second by second until a condition holds.
    private func passing(until condition: () async throws -> Bool) async throws {
        try await eventually {
            if try await condition() { return true }
            time.advance(bySeconds: 1)
            return false
        }
    }

    @Test("an override is ended when its time is over, and whoever listens hears of it")
    func ends() async throws {
        let store = try await store()
        let heard = Mutex<[Series]>([])
        let order = Samples.order(.crisis, at: time.now, seconds: 20)
        _ = try await store.putInForce(order)
        let service = expiry(store) { series in heard.withLock { $0.append(series) } }
        try await running([service]) {
            try await passing { !heard.withLock { $0.isEmpty } }
        }
        let kept = try #require(
            try await store.overrides(of: Samples.series, after: 0, limit: 9).first)
        let end = try #require(kept.end)
        #expect(end.how == .expired)
        #expect(end.at >= order.expiresAt)
        #expect(heard.withLock { $0 } == [Samples.series])
        try await RegimeStoreConformance.expectGapFreeAnnouncements(store, count: 3)
    }

    @Test("one that is put in force while it waits wakes it, for its own time")
    func woken() async throws {
        let store = try await store()
        try await running([expiry(store)]) {
            // Idle, for much longer than the time of the order to come.
            try await passing {
                time.alarms.contains { $0 > time.now.advanced(bySeconds: 30) }
            }
            _ = try await store.putInForce(Samples.order(.crisis, at: time.now, seconds: 10))
            try await passing { try await store.standingOverrides().isEmpty }
        }
        let kept = try await store.overrides(of: Samples.series, after: 0, limit: 9)
        #expect(kept.map(\.end?.how) == [.expired])
    }

    @Test("of several at once one ends it")
    func several() async throws {
        let store = try await store()
        let heard = Mutex(0)
        _ = try await store.putInForce(Samples.order(.crisis, at: time.now, seconds: 5))
        let services = (1...3).map { _ in
            expiry(store) { _ in heard.withLock { $0 += 1 } }
        }
        try await running(services) {
            try await passing { heard.withLock { $0 } > 0 }
        }
        #expect(heard.withLock { $0 } == 1)
        try await RegimeStoreConformance.expectGapFreeAnnouncements(store, count: 3)
    }

    @Test("a store that is away is asked again for as long as that lasts")
    func away() async throws {
        let store = try await store()
        _ = try await store.putInForce(Samples.order(.crisis, at: time.now, seconds: 5))
        let failures = [StoreError](
            repeating: .told(.unavailable), count: DueWork.attemptLimit + 5)
        let ledger = ScriptedLedger(store, failingWith: failures)
        try await running([expiry(store, through: ledger)]) {
            try await passing { try await store.standingOverrides().isEmpty }
        }
    }

    @Test(
        "a failure that does not pass is met so often, and then told",
        arguments: [DueWork.attemptLimit - 1, DueWork.attemptLimit])
    func givesUp(failures: Int) async throws {
        let store = try await store()
        _ = try await store.putInForce(Samples.order(.crisis, at: time.now, seconds: 5))
        let ledger = ScriptedLedger(
            store, failingWith: [StoreError](repeating: .told(.corrupt), count: failures))
        let service = expiry(store, through: ledger)
        let failure = await withTaskGroup(of: (any Error)?.self) { group in
            group.addTask {
                do { try await service.run() } catch { return error }
                return nil
            }
            group.addTask {
                try? await passing { try await store.standingOverrides().isEmpty }
                return nil
            }
            // Either it gives up, or it ends the override.
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        let gaveUp = failures == DueWork.attemptLimit
        #expect(failure as? StoreError == (gaveUp ? StoreError.told(.corrupt) : nil))
        let standing = try await store.standingOverrides()
        #expect(standing.isEmpty != gaveUp)
    }
}

/// A ledger that answers what stands once its script is over.
private struct ScriptedLedger: OverrideLedger {
    private let ledger: any OverrideLedger
    private let script: FailureScript

    init(_ ledger: any OverrideLedger, failingWith errors: [StoreError]) {
        self.ledger = ledger
        script = FailureScript(errors)
    }

    func putInForce(_ order: OverrideOrder) async throws -> RegimeOverride {
        try await ledger.putInForce(order)
    }

    func endExpiredOverride(
        of series: Series, at now: Timestamp
    ) async throws -> RegimeChange? {
        try await ledger.endExpiredOverride(of: series, at: now)
    }

    func standingOverrides() async throws -> [RegimeOverride] {
        try script.play()
        return try await ledger.standingOverrides()
    }

    func overrides(
        of series: Series, after sequence: Int64, limit: Int
    ) async throws -> [RegimeOverride] {
        try await ledger.overrides(of: series, after: sequence, limit: limit)
    }
}
