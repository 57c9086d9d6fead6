import Backends
import Foundation
import Market
import Ports
import Synchronization
import TestSupport

/// A database of its own for one test, on the test run's server, with every store opened in it
/// closed at the end.
final class TemporaryDatabase: Sendable {
    let url: String
    let time = ManualTime()
    private let opened = Mutex<[PostgresStore]>([])

    private init(url: String) {
        self.url = url
    }

    /// Runs a test with a database of its own.
    static func with(
        _ body: (TemporaryDatabase) async throws -> Void
    ) async throws {
        let database = TemporaryDatabase(url: try await PostgresServer.shared.value.database())
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(database)) } catch { outcome = .failure(error) }
        await database.closeAll()
        try outcome.get()
    }

    /// Another handle on the database, as another process has one.
    func open(idleTransactionLimit: Duration? = nil) async throws -> PostgresStore {
        let time = time
        var options = PostgresStore.Options()
        if let idleTransactionLimit { options.idleTransactionLimit = idleTransactionLimit }
        options.timing = TemporaryStore.timing
        let store = try await PostgresStore(
            url: url, wording: Samples.eventWording, options: options
        ) { time.now }
        opened.withLock { $0.append(store) }
        return store
    }

    func restart() async throws -> PostgresStore {
        await closeAll()
        return try await open()
    }

    func closeAll() async {
        let stores = opened.withLock { opened in
            defer { opened = [] }
            return opened
        }
        for store in stores { await store.close() }
    }

    func storeWorld() async throws -> StoreWorld {
        StoreWorld(
            store: try await open().regimes, time: time,
            another: { try await self.open().regimes },
            restart: { try await self.restart().regimes })
    }

    func ledgerWorld() async throws -> LedgerWorld {
        let store = try await open()
        return LedgerWorld(
            ledger: store.fills, outbox: store.regimes,
            another: { try await self.open().fills },
            restart: { try await self.restart().fills })
    }

    func paperWorld() async throws -> PaperWorld {
        let store = try await open()
        return PaperWorld(
            book: store.paper, store: store.regimes,
            another: { try await self.open().paper }, restart: { try await self.restart().paper })
    }

    func accountWorld() async throws -> AccountWorld {
        AccountWorld(
            store: try await open().accounts, another: { try await self.open().accounts },
            restart: { try await self.restart().accounts })
    }

    func adviceWorld() async throws -> AdviceWorld {
        AdviceWorld(
            book: try await open().advice, another: { try await self.open().advice },
            restart: { try await self.restart().advice })
    }

    func noticeWorld() async throws -> NoticeWorld {
        NoticeWorld(
            store: try await open().notices, another: { try await self.open().notices },
            restart: { try await self.restart().notices })
    }

    func busWorld() async throws -> BusWorld {
        BusWorld(
            bus: try await open().events, time: time,
            another: { try await self.open().events },
            restart: { try await self.restart().events })
    }
}
