import Foundation
import GRDB
import Market
import Ports
import Regimes
import SQLite
import TestSupport
import Testing

@testable import Backends

@Suite("Faults of the embedded store", .serialized, .timeLimit(.minutes(5)))
struct FaultTests {
    private let time = ManualTime()

    private func open(_ path: String) throws -> EmbeddedStore {
        try TemporaryStore.open(path, time: time)
    }

    private func expectFailure(
        _ code: StoreError.Code, opening path: String, naming words: [String] = []
    ) throws {
        do {
            try open(path).close()
            Issue.record("\(path) was opened")
        } catch let error as StoreError {
            #expect(error.code == code, "\(error)")
            #expect(error.location == path)
            for word in words { #expect(error.description.contains(word), "\(error)") }
        }
    }

    // MARK: Files that are not ours

    @Test("a database of a newer version is refused, naming both versions")
    func newerSchema() throws {
        let home = try TemporaryStore()
        try open(home.path).close()
        let queue = try DatabaseQueue(path: home.path)
        try queue.write {
            try $0.execute(sql: "INSERT INTO schema_migrations VALUES (99, 'future', 'x')")
        }
        try queue.close()
        let supported = EmbeddedStore.supportedSchemaVersion
        try expectFailure(
            .newerSchema, opening: home.path, naming: ["version 99", "version \(supported)"])
    }

    @Test("a migration step that was edited is refused")
    func editedMigration() throws {
        let home = try TemporaryStore()
        try open(home.path).close()
        let queue = try DatabaseQueue(path: home.path)
        try queue.write { try $0.execute(sql: "UPDATE schema_migrations SET checksum = 'x'") }
        try queue.close()
        try expectFailure(.failed, opening: home.path, naming: ["checksum x", "initial"])
    }

    @Test("another program's database is left alone")
    func foreignDatabase() throws {
        let home = try TemporaryStore()
        let queue = try DatabaseQueue(path: home.path)
        try queue.write { try $0.execute(sql: "CREATE TABLE theirs (a INTEGER)") }
        try queue.close()
        try expectFailure(.corrupt, opening: home.path, naming: ["another program"])
    }

    @Test("a file that is no database is refused", arguments: [20, 5000, 100_000])
    func noDatabase(length: Int) throws {
        let home = try TemporaryStore()
        var generator = SplitMix64(seed: UInt64(length))
        let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        try Data(bytes).write(to: URL(fileURLWithPath: home.path))
        try expectFailure(.corrupt, opening: home.path)
    }

    @Test("a damaged file is found out, by reading and by looking")
    func damaged() async throws {
        let home = try TemporaryStore()
        let store = try open(home.path)
        _ = try await store.regimes.register(Samples.profile())
        _ = try await store.regimes.record(Samples.batch(Samples.regimes(count: 500)))
        try store.close()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: home.path))
        for index in stride(from: 4096 * 70, to: bytes.count, by: 7) { bytes[index] = 0xA5 }
        try bytes.write(to: URL(fileURLWithPath: home.path))
        let reopened = try open(home.path)
        defer { try? reopened.close() }
        await #expect {
            _ = try await reopened.regimes.history(SeriesQuery(Samples.series))
            _ = try await reopened.regimes.bars(SeriesQuery(Samples.series))
        } throws: { ($0 as? StoreError)?.code == .corrupt }
        let faults = (try? await reopened.integrityFaults()) ?? ["unreadable"]
        #expect(!faults.isEmpty)
    }

    @Test("a path that cannot exist is unavailable")
    func impossiblePath() throws {
        let home = try TemporaryStore()
        try Data().write(to: URL(fileURLWithPath: home.directory + "/file"))
        try expectFailure(.unavailable, opening: home.directory + "/file/store.sqlite")
        try FileManager.default.createDirectory(
            atPath: home.path, withIntermediateDirectories: true)
        try expectFailure(.unavailable, opening: home.path)
    }

    @Test("a closed store says so")
    func closed() async throws {
        let home = try TemporaryStore()
        let store = try open(home.path)
        let listener = Task { for await _ in store.regimes.commits() {} }
        try store.regimes.close()
        await listener.value
        await #expect { try await store.regimes.ping() } throws: {
            ($0 as? StoreError)?.code == .unavailable
        }
        await #expect { try await store.events.publish([Samples.message("a")]) } throws: {
            ($0 as? StoreError)?.code == .unavailable
        }
    }

    // MARK: Disks

    @Test("a read-only disk is refused, with or without a store", .enabled(if: SmallDisk.canMount))
    func readOnlyDisk() throws {
        let disk = try SmallDisk(kilobytes: 2048)
        try open(disk.directory + "/home/store.sqlite").close()
        try disk.remount("ro")
        try expectFailure(.readOnly, opening: disk.directory + "/home/store.sqlite")
        try expectFailure(.readOnly, opening: disk.directory + "/other/store.sqlite")
    }

    @Test("a full disk stops a batch whole, and loses nothing", .enabled(if: SmallDisk.canMount))
    func fullDisk() async throws {
        let disk = try SmallDisk(kilobytes: 1536)
        let path = disk.directory + "/store.sqlite"
        let store = try open(path)
        _ = try await store.regimes.register(Samples.profile())
        let written = try await fill(store)
        #expect(written > 0)
        try await expectExactly(written, in: store)
        try disk.remount("size=16m")
        let next = batch(written)
        #expect(try await store.regimes.record(next).newAssessments == FaultTests.batchLength)
        try store.close()
        let reopened = try open(path)
        defer { try? reopened.close() }
        try await expectExactly(written + 1, in: reopened)
        #expect(try await reopened.integrityFaults().isEmpty)
    }

    @Test("a store that may not grow stops a batch whole, where nothing can be mounted")
    func fullByLimit() async throws {
        let home = try TemporaryStore()
        let store = try home.open()
        try await store.regimes.file.database.write { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            try database.execute(sql: "PRAGMA max_page_count = \(pages + 60)")
        }
        _ = try await store.regimes.register(Samples.profile())
        let written = try await fill(store)
        #expect(written > 0)
        try await expectExactly(written, in: store)
    }

    @Test("a disk too full to begin on", .enabled(if: SmallDisk.canMount))
    func fullFromTheStart() throws {
        let disk = try SmallDisk(kilobytes: 64)
        let filler = Data(count: 60 * 1024)
        try filler.write(to: URL(fileURLWithPath: disk.directory + "/filler"))
        try expectFailure(.full, opening: disk.directory + "/store.sqlite")
    }

    private static let batchLength = 50

    private func batch(_ number: Int) -> JournalBatch {
        Samples.batch(
            Samples.regimes(count: FaultTests.batchLength, seed: UInt64(number)),
            from: number * FaultTests.batchLength, announcing: true)
    }

    /// Records batch after batch until there is no space; how many were committed.
    private func fill(_ store: EmbeddedStore) async throws -> Int {
        for number in 0..<1000 {
            do {
                _ = try await store.regimes.record(batch(number))
            } catch let error as StoreError {
                #expect(error.code == .full, "\(error)")
                return number
            }
        }
        Issue.record("the disk never filled")
        return 0
    }

    /// Every table holds what the first batches wrote, and nothing of the one after them.
    private func expectExactly(_ batches: Int, in store: EmbeddedStore) async throws {
        let count = batches * FaultTests.batchLength
        let history = try await store.regimes.history(SeriesQuery(Samples.series))
        #expect(history.map(\.asOf) == (0..<count).map(Samples.day))
        #expect(try await store.regimes.bars(SeriesQuery(Samples.series)).count == count)
        let changes = (0..<batches).map { number in batch(number).records.count { $0.change != nil }
        }
        try await RegimeStoreConformance.expectGapFreeAnnouncements(
            store.regimes, count: changes.reduce(0, +))
    }
}
