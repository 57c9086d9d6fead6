import TestSupport
import Testing

@Suite("Conformance of the in-memory twins", .timeLimit(.minutes(5)))
struct InMemoryConformanceTests {
    @Test("regime store", arguments: RegimeStoreConformance.laws)
    func regimeStore(keeps law: Law<StoreWorld>) async throws {
        try await law.holds(in: .inMemory())
    }

    @Test("announcements tell what is stored, random scripts", arguments: Sweep.seeds(60))
    func announcementScript(seed: UInt64) async throws {
        try await AnnouncementScript.play(seed: seed, steps: 40, in: .inMemory())
    }

    @Test("outbox", arguments: OutboxConformance.laws)
    func outbox(keeps law: Law<StoreWorld>) async throws {
        try await law.holds(in: .inMemory())
    }

    @Test("ledger of fills", arguments: FillLedgerConformance.laws)
    func fillLedger(keeps law: Law<LedgerWorld>) async throws {
        try await law.holds(in: .inMemory())
    }

    @Test("accounts", arguments: AccountStoreConformance.laws)
    func accounts(keep law: Law<AccountWorld>) async throws {
        try await law.holds(in: .inMemory())
    }

    @Test("book of models' answers", arguments: AdviceBookConformance.laws)
    func adviceBook(keeps law: Law<AdviceWorld>) async throws {
        try await law.holds(in: .inMemory())
    }

    @Test("paper book", arguments: PaperBookConformance.laws)
    func paperBook(keeps law: Law<PaperWorld>) async throws {
        try await law.holds(in: .inMemory())
    }

    @Test("store of notices", arguments: NoticeStoreConformance.laws)
    func noticeStore(keeps law: Law<NoticeWorld>) async throws {
        try await law.holds(in: .inMemory())
    }

    @Test("event bus", arguments: EventBusConformance.laws)
    func eventBus(keeps law: Law<BusWorld>) async throws {
        try await law.holds(in: .inMemory())
    }

    @Test("event bus, random scripts", arguments: Sweep.seeds(30))
    func eventBusScript(seed: UInt64) async throws {
        try await EventBusScript.play(seed: seed, steps: 150, in: .inMemory())
    }
}
