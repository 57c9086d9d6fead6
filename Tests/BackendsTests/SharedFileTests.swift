import Backends
import Dispatch
import GRDB
import Market
import Ports
import Regimes
import Synchronization
import TestSupport
import Testing

@Suite("One file, several owners", .serialized, .timeLimit(.minutes(5)))
struct SharedFileTests {
    @Test("handles that open and migrate at once all succeed, and the steps are applied once")
    func openingAtOnce() async throws {
        for _ in 1...10 {
            let home = try TemporaryStore()
            let outcomes = Mutex<[Result<[Int], any Error>]>([])
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                let outcome = Result { try home.open().appliedMigrations }
                outcomes.withLock { $0.append(outcome) }
            }
            let applied = try outcomes.withLock { try $0.flatMap { try $0.get() } }
            #expect(applied == Array(1...EmbeddedStore.supportedSchemaVersion))
            #expect(try await home.open().schemaVersion() == applied.count)
        }
    }

    @Test("two handles write two series at once; each row is there once")
    func twoWriters() async throws {
        let home = try TemporaryStore()
        let names = ["SPX", "NDX"]
        let regimes = Samples.regimes(count: 200, seed: 1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in names {
                let store = try home.open()
                group.addTask {
                    let series = Samples.series(name)
                    _ = try await store.regimes.register(Samples.profile(series))
                    let whole = Samples.batch(regimes, series: series, announcing: true)
                    for day in 0..<200 {
                        var part = whole
                        part.bars = [whole.bars[day]]
                        part.records = [whole.records[day]]
                        _ = try await store.regimes.record(part)
                    }
                }
            }
            try await group.waitForAll()
        }
        let store = try home.open().regimes
        for name in names {
            let series = Samples.series(name)
            let history = try await store.history(SeriesQuery(series))
            #expect(history.map(\.regime) == regimes)
            let count = Samples.records(regimes).count { $0.change != nil }
            try await RegimeStoreConformance.expectGapFreeAnnouncements(
                store, count: count, of: series)
        }
    }

    @Test("a lock held by somebody else for too long is busy, and can be tried again")
    func busy() async throws {
        let home = try TemporaryStore()
        let store = try home.open()
        _ = try await store.regimes.register(Samples.profile())
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: home.path, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        await #expect { try await store.regimes.record(Samples.batch([.crisis])) } throws: {
            ($0 as? StoreError)?.code == .busy && ($0 as? StoreError)?.isRetriable == true
        }
        #expect(try await store.regimes.current(Samples.series) == nil)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        _ = try await store.regimes.record(Samples.batch([.crisis]))
        #expect(try await store.regimes.current(Samples.series)?.regime == .crisis)
    }

    @Test("a commit by a program that sends no signal is heard all the same")
    func foreignCommit() async throws {
        let home = try TemporaryStore()
        let store = try home.open()
        _ = try await store.events.publish([Samples.message("first")])
        let reader = try await store.events.subscribe(
            to: [.regimeChange], as: ConsumerGroup("g"), from: .latest)
        var heard = store.regimes.commits().makeAsyncIterator()
        _ = await heard.next()
        let other = try DatabaseQueue(path: home.path)
        try await other.write {
            try $0.execute(
                sql: """
                    INSERT INTO events (topic, partition, key, payload, headers, recorded_at)
                    VALUES ('regime-change', 0, 'k', x'', '{}', 0)
                    """)
        }
        #expect(await heard.next() != nil)
        #expect(try await reader.next()?.message.key == "k")
    }
}
