import TestSupport
import Testing

@Suite("Conformance of the SQLite store and event log", .serialized, .timeLimit(.minutes(5)))
struct SQLiteConformanceTests {
    @Test("regime store", arguments: RegimeStoreConformance.laws)
    func regimeStore(keeps law: Law<StoreWorld>) async throws {
        try await law.holds(in: try TemporaryStore().storeWorld())
    }

    @Test("announcements tell what is stored, random scripts", arguments: Sweep.seeds(10))
    func announcementScript(seed: UInt64) async throws {
        try await AnnouncementScript.play(
            seed: seed, steps: 40, in: try TemporaryStore().storeWorld())
    }

    @Test("outbox", arguments: OutboxConformance.laws)
    func outbox(keeps law: Law<StoreWorld>) async throws {
        try await law.holds(in: try TemporaryStore().storeWorld())
    }

    @Test("ledger of fills", arguments: FillLedgerConformance.laws)
    func fillLedger(keeps law: Law<LedgerWorld>) async throws {
        try await law.holds(in: try TemporaryStore().ledgerWorld())
    }

    @Test("paper book", arguments: PaperBookConformance.laws)
    func paperBook(keeps law: Law<PaperWorld>) async throws {
        try await law.holds(in: try TemporaryStore().paperWorld())
    }

    @Test("accounts", arguments: AccountStoreConformance.laws)
    func accounts(keep law: Law<AccountWorld>) async throws {
        try await law.holds(in: try TemporaryStore().accountWorld())
    }

    @Test("book of models' answers", arguments: AdviceBookConformance.laws)
    func adviceBook(keeps law: Law<AdviceWorld>) async throws {
        try await law.holds(in: try TemporaryStore().adviceWorld())
    }

    @Test("store of notices", arguments: NoticeStoreConformance.laws)
    func noticeStore(keeps law: Law<NoticeWorld>) async throws {
        try await law.holds(in: try TemporaryStore().noticeWorld())
    }

    @Test("event bus", arguments: EventBusConformance.laws)
    func eventBus(keeps law: Law<BusWorld>) async throws {
        try await law.holds(in: try TemporaryStore().busWorld())
    }

    @Test("event bus, random scripts", arguments: Sweep.seeds(10))
    func eventBusScript(seed: UInt64) async throws {
        try await EventBusScript.play(seed: seed, steps: 100, in: try TemporaryStore().busWorld())
    }
}

@Suite("Twin and SQLite answer alike", .serialized, .timeLimit(.minutes(5)))
struct StoreModelTests {
    @Test("on random scripts of calls", arguments: Sweep.seeds(40))
    func randomScripts(seed: UInt64) async throws {
        let twin = await StoreScript.play(seed: seed, steps: 60, in: .inMemory())
        let durable = await StoreScript.play(
            seed: seed, steps: 60, in: try TemporaryStore().storeWorld())
        try #require(twin.count == durable.count)
        for (mine, theirs) in zip(twin, durable) { try #require(mine == theirs) }
    }

    @Test("on random scripts of calls about notices", arguments: Sweep.seeds(15))
    func noticeScripts(seed: UInt64) async throws {
        let twin = await NoticeScript.play(seed: seed, steps: 150, in: .inMemory())
        let durable = await NoticeScript.play(
            seed: seed, steps: 150, in: try TemporaryStore().noticeWorld())
        try #require(twin.count == durable.count)
        for (mine, theirs) in zip(twin, durable) { try #require(mine == theirs) }
    }
}
