import Foundation
import GRDB
import Market
import Ports
import Regimes
import SQLite
import Synchronization
import TestSupport
import Testing

@testable import Backends

/// What a killed process leaves behind: the file, and the log up to some byte. The shared memory
/// is rebuilt by whoever opens it next.
@Suite("A crash at any instant", .serialized, .timeLimit(.minutes(5)))
struct CrashTests {
    private static let batchLength = 20
    private static let batchCount = 40

    @Test("files copied while batches are written hold whole batches", arguments: 1...3)
    func copiedWhileWriting(seed: Int) async throws {
        let home = try TemporaryStore()
        let store = try await registered(home)
        let committed = Mutex(0)
        let writer = Task {
            for number in 0..<CrashTests.batchCount {
                _ = try await store.record(batch(number))
                committed.withLock { $0 = number + 1 }
            }
        }
        var generator = SplitMix64(seed: UInt64(seed))
        for image in 0..<8 {
            let target = image * 4 + Int.random(in: 0...4, using: &generator)
            try await eventually { committed.withLock { $0 } >= target }
            let known = committed.withLock { $0 }
            let copy = try CrashImage(of: home, named: "copy-\(image)")
            let batches = try await wholeBatches(in: copy.path, time: home.time)
            #expect(batches >= known)
        }
        try await writer.value
    }

    @Test("a log cut at any byte holds whole batches, in order", arguments: 1...3)
    func cutAnywhere(seed: Int) async throws {
        let home = try TemporaryStore()
        let store = try await registered(home)
        for number in 0..<CrashTests.batchCount { _ = try await store.record(batch(number)) }
        let image = try CrashImage(of: home, named: "whole")
        var generator = SplitMix64(seed: UInt64(seed))
        let cuts = (0..<12).map { _ in Int.random(in: 0...image.log.count, using: &generator) }
        var before = 0
        for cut in cuts.sorted() + [image.log.count] {
            try image.write(logBytes: cut)
            let batches = try await wholeBatches(in: image.path, time: home.time)
            #expect(batches >= before)
            before = batches
        }
        #expect(before == CrashTests.batchCount)
    }

    @Test("a writer that goes on after a crash ends where it would have ended")
    func goesOn() async throws {
        let home = try TemporaryStore()
        let store = try await registered(home)
        for number in 0..<CrashTests.batchCount { _ = try await store.record(batch(number)) }
        let image = try CrashImage(of: home, named: "half")
        try image.write(logBytes: image.log.count / 2)
        let heir = try TemporaryStore.open(image.path, time: home.time)
        defer { try? heir.close() }
        for number in 0..<CrashTests.batchCount { _ = try await heir.regimes.record(batch(number)) }
        #expect(try await transcript(of: heir.regimes) == transcript(of: store))
    }

    @Test("an amendment is told wholly or not at all, and then once", arguments: 1...3)
    func amendments(seed: Int) async throws {
        let home = try TemporaryStore()
        let store = try await registered(home)
        for label in CrashTests.restatements { try await restate(as: label, in: store) }
        let image = try CrashImage(of: home, named: "amended")
        var generator = SplitMix64(seed: UInt64(seed))
        for _ in 0..<12 {
            try image.write(logBytes: Int.random(in: 0...image.log.count, using: &generator))
            let heir = try TemporaryStore.open(image.path, time: home.time)
            defer { try? heir.close() }
            let regimes = heir.regimes
            _ = try await regimes.register(Samples.profile())
            // From the one on in which it was cut off; nothing or the first, if not found.
            let label = try await regimes.current(Samples.series)?.regime
            let cut = CrashTests.restatements.firstIndex { $0 == label } ?? 0
            for label in CrashTests.restatements[cut...] {
                try await restate(as: label, in: regimes)
            }
            #expect(try await transcript(of: regimes) == transcript(of: store))
        }
        try await RegimeStoreConformance.expectGapFreeAnnouncements(
            store, count: 2 * CrashTests.restatements.count)
    }

    private static let restatements: [Regime] = [
        .crisis, .euphoria, .normalBear, .lowVolatility, .highVolatility,
    ]

    /// Says one label of all bars, and announces that: of the first one as restated, of the last
    /// one as amended.
    private func restate(as label: Regime, in store: SQLiteRegimeStore) async throws {
        let last = label == CrashTests.restatements.first ? Regime.normalBull : label
        _ = try await store.record(Samples.batch([label, label, last]))
        while try await !store.announcePending(Samples.series, limit: 1).isEmpty {}
    }

    /// A store whose log is never folded into the file, so that copying one after the other is
    /// what a crash leaves.
    private func registered(_ home: TemporaryStore) async throws -> SQLiteRegimeStore {
        let store = try home.open().regimes
        try await store.file.database.write {
            try $0.execute(sql: "PRAGMA wal_autocheckpoint = 0")
        }
        _ = try await store.register(Samples.profile())
        return store
    }

    private func batch(_ number: Int) -> JournalBatch {
        Samples.batch(
            Samples.regimes(count: CrashTests.batchLength, seed: UInt64(number)),
            from: number * CrashTests.batchLength, announcing: true)
    }

    /// Opens what a crash left, and checks that every table holds the same first batches.
    private func wholeBatches(in path: String, time: ManualTime) async throws -> Int {
        let store = try TemporaryStore.open(path, time: time)
        defer { try? store.close() }
        let days = try await store.regimes.history(SeriesQuery(Samples.series)).map(\.asOf)
        #expect(days == (0..<days.count).map(Samples.day))
        #expect(days.count.isMultiple(of: CrashTests.batchLength))
        #expect(try await store.regimes.bars(SeriesQuery(Samples.series)).count == days.count)
        let batches = days.count / CrashTests.batchLength
        let changes = (0..<batches).map { batch($0).records.count { $0.change != nil } }
        if batches > 0 {
            try await RegimeStoreConformance.expectGapFreeAnnouncements(
                store.regimes, count: changes.reduce(0, +))
        }
        #expect(try await store.integrityFaults().isEmpty)
        return batches
    }
}

/// The bytes of a store at one instant.
struct CrashImage {
    let path: String
    let file: Data
    let log: Data

    init(of home: TemporaryStore, named name: String) throws {
        let directory = home.directory + "/" + name
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        path = directory + "/store.sqlite"
        file = try Data(contentsOf: URL(fileURLWithPath: home.path))
        log = try Data(contentsOf: URL(fileURLWithPath: home.path + "-wal"))
        try write(logBytes: log.count)
    }

    func write(logBytes count: Int) throws {
        try file.write(to: URL(fileURLWithPath: path))
        try log.prefix(count).write(to: URL(fileURLWithPath: path + "-wal"))
        if FileManager.default.fileExists(atPath: path + "-shm") {
            try FileManager.default.removeItem(atPath: path + "-shm")
        }
    }
}
