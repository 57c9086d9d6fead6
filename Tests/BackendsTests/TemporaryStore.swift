import Backends
import Foundation
import Market
import Ports
import Synchronization
import TestSupport

/// A directory of its own for one test, with every store opened in it closed at the end.
final class TemporaryStore: Sendable {
    let directory: String
    let time = ManualTime()
    private let opened = Mutex<[EmbeddedStore]>([])

    static let timing = EventLogTiming(leaseSeconds: 15, recheckInterval: .milliseconds(20))

    var path: String { directory + "/store.sqlite" }

    init() throws {
        let name = "bloasis-store-" + UUID().uuidString
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
    }

    deinit {
        for store in opened.withLock({ $0 }) { try? store.close() }
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Another handle on the file, as another process has one.
    func open() throws -> EmbeddedStore {
        let store = try TemporaryStore.open(path, time: time)
        opened.withLock { $0.append(store) }
        return store
    }

    func restart() throws -> EmbeddedStore {
        for store in opened.withLock({ $0 }) { try store.close() }
        opened.withLock { $0 = [] }
        return try open()
    }

    static func open(_ path: String, time: ManualTime) throws -> EmbeddedStore {
        try EmbeddedStore(path: path, wording: Samples.eventWording, timing: timing) { time.now }
    }

    func storeWorld() throws -> StoreWorld {
        StoreWorld(
            store: try open().regimes, time: time, another: { try self.open().regimes },
            restart: { try self.restart().regimes })
    }

    func ledgerWorld() throws -> LedgerWorld {
        let store = try open()
        return LedgerWorld(
            ledger: store.fills, outbox: store.regimes, another: { try self.open().fills },
            restart: { try self.restart().fills })
    }

    func paperWorld() throws -> PaperWorld {
        let store = try open()
        return PaperWorld(
            book: store.paper, store: store.regimes, another: { try self.open().paper },
            restart: { try self.restart().paper })
    }

    func accountWorld() throws -> AccountWorld {
        AccountWorld(
            store: try open().accounts, another: { try self.open().accounts },
            restart: { try self.restart().accounts })
    }

    func adviceWorld() throws -> AdviceWorld {
        AdviceWorld(
            book: try open().advice, another: { try self.open().advice },
            restart: { try self.restart().advice })
    }

    func noticeWorld() throws -> NoticeWorld {
        NoticeWorld(
            store: try open().notices, another: { try self.open().notices },
            restart: { try self.restart().notices })
    }

    func busWorld() throws -> BusWorld {
        BusWorld(
            bus: try open().events, time: time, another: { try self.open().events },
            restart: { try self.restart().events })
    }
}
