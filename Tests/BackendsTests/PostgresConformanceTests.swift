import TestSupport
import Testing

@Suite("Conformance of the PostgreSQL store", .serialized, .timeLimit(.minutes(5)))
struct PostgresConformanceTests {
    @Test("regime store", arguments: RegimeStoreConformance.laws)
    func regimeStore(keeps law: Law<StoreWorld>) async throws {
        try await TemporaryDatabase.with { try await law.holds(in: $0.storeWorld()) }
    }

    @Test("announcements tell what is stored, random scripts", arguments: Sweep.seeds(5))
    func announcementScript(seed: UInt64) async throws {
        try await TemporaryDatabase.with {
            try await AnnouncementScript.play(seed: seed, steps: 40, in: $0.storeWorld())
        }
    }

    @Test("outbox", arguments: OutboxConformance.laws)
    func outbox(keeps law: Law<StoreWorld>) async throws {
        try await TemporaryDatabase.with { try await law.holds(in: $0.storeWorld()) }
    }

    @Test("ledger of fills", arguments: FillLedgerConformance.laws)
    func fillLedger(keeps law: Law<LedgerWorld>) async throws {
        try await TemporaryDatabase.with { try await law.holds(in: $0.ledgerWorld()) }
    }

    @Test("paper book", arguments: PaperBookConformance.laws)
    func paperBook(keeps law: Law<PaperWorld>) async throws {
        try await TemporaryDatabase.with { try await law.holds(in: $0.paperWorld()) }
    }

    @Test("accounts", arguments: AccountStoreConformance.laws)
    func accounts(keep law: Law<AccountWorld>) async throws {
        try await TemporaryDatabase.with { try await law.holds(in: $0.accountWorld()) }
    }

    @Test("book of models' answers", arguments: AdviceBookConformance.laws)
    func adviceBook(keeps law: Law<AdviceWorld>) async throws {
        try await TemporaryDatabase.with { try await law.holds(in: $0.adviceWorld()) }
    }

    @Test("store of notices", arguments: NoticeStoreConformance.laws)
    func noticeStore(keeps law: Law<NoticeWorld>) async throws {
        try await TemporaryDatabase.with { try await law.holds(in: $0.noticeWorld()) }
    }

    @Test("event bus", arguments: EventBusConformance.laws)
    func eventBus(keeps law: Law<BusWorld>) async throws {
        try await TemporaryDatabase.with { try await law.holds(in: $0.busWorld()) }
    }

    @Test("event bus, random scripts", arguments: Sweep.seeds(10))
    func eventBusScript(seed: UInt64) async throws {
        try await TemporaryDatabase.with {
            try await EventBusScript.play(seed: seed, steps: 100, in: $0.busWorld())
        }
    }
}

@Suite("Twin and PostgreSQL answer alike", .serialized, .timeLimit(.minutes(5)))
struct PostgresModelTests {
    @Test("on random scripts of calls", arguments: Sweep.seeds(20))
    func randomScripts(seed: UInt64) async throws {
        let twin = await StoreScript.play(seed: seed, steps: 60, in: .inMemory())
        try await TemporaryDatabase.with { database in
            let durable = await StoreScript.play(
                seed: seed, steps: 60, in: try await database.storeWorld())
            try #require(twin.count == durable.count)
            for (mine, theirs) in zip(twin, durable) { try #require(mine == theirs) }
        }
    }

    @Test("on random scripts of calls about notices", arguments: Sweep.seeds(15))
    func noticeScripts(seed: UInt64) async throws {
        let twin = await NoticeScript.play(seed: seed, steps: 150, in: .inMemory())
        try await TemporaryDatabase.with { database in
            let durable = await NoticeScript.play(
                seed: seed, steps: 150, in: try await database.noticeWorld())
            try #require(twin.count == durable.count)
            for (mine, theirs) in zip(twin, durable) { try #require(mine == theirs) }
        }
    }
}
