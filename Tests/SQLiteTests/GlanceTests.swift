import Foundation
import GRDB
import Testing

@testable import SQLite

@Suite("A glance at the embedded database")
struct GlanceTests {
    /// A directory of its own.
    private final class Folder: Sendable {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("bloasis-glance-" + UUID().uuidString).path

        init() throws {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        /// What lies there, and how large it is.
        func contents() throws -> [String: Int] {
            let files = FileManager.default
            var sizes: [String: Int] = [:]
            for name in try files.contentsOfDirectory(atPath: path) {
                let attributes = try files.attributesOfItem(atPath: path + "/" + name)
                sizes[name] = (attributes[.size] as? NSNumber)?.intValue
            }
            return sizes
        }
    }

    private func open(_ path: String) async throws -> EmbeddedDatabase {
        let database = try EmbeddedDatabase(path: path) {}
        try await database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO series (market, timeframe, calendar, anchor, specification,
                        last_regime, recorded_at) VALUES ('SPX', '1d', 'nyse', 0, '{}', '', 0)
                    """)
        }
        return database
    }

    private func markets(at path: String) throws -> [String] {
        try EmbeddedDatabase.glance(at: path) {
            try String.fetchAll($0, sql: "SELECT market FROM series")
        }
    }

    @Test(
        "of a store that nobody has open it leaves nothing beside the file, whatever its name",
        arguments: ["store.sqlite", "odd ?#%20&ü.sqlite"])
    func closed(_ name: String) async throws {
        let folder = try Folder()
        let path = folder.path + "/" + name
        try await open(path).close()
        let before = try folder.contents()
        #expect(Array(before.keys) == [name])
        #expect(try markets(at: path) == ["SPX"])
        #expect(try folder.contents() == before)
    }

    @Test("of a store that is written to it sees what is still in the log, and changes no file")
    func beingWritten() async throws {
        let folder = try Folder()
        let path = folder.path + "/store.sqlite"
        let database = try await open(path)
        let before = try folder.contents()
        #expect((before["store.sqlite-wal"] ?? 0) > 0)
        #expect(try markets(at: path) == ["SPX"])
        #expect(try folder.contents() == before)
        try database.close()
    }

    @Test("a log without its index is refused, with what to do, and no index is made")
    func logAlone() async throws {
        let (folder, copy) = (try Folder(), try Folder())
        let path = folder.path + "/store.sqlite"
        let database = try await open(path)
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: path + suffix, toPath: copy.path + "/store.sqlite" + suffix)
        }
        try database.close()
        let before = try copy.contents()
        let failure = #expect(throws: DatabaseFailure.self) {
            try markets(at: copy.path + "/store.sqlite")
        }
        #expect(failure?.code == .unavailable && failure?.advice.contains("doctor") == true)
        #expect(try copy.contents() == before)
    }

    @Test("where there is no file none is made")
    func missing() throws {
        let folder = try Folder()
        #expect(throws: (any Error).self) { try markets(at: folder.path + "/store.sqlite") }
        #expect(try folder.contents().isEmpty)
    }

    @Test("a file where the store's directory should be is told of by its name")
    func fileForDirectory() async throws {
        let folder = try Folder()
        try Data().write(to: URL(fileURLWithPath: folder.path + "/file"))
        for place in ["/file/store.sqlite", "/file/deeper/store.sqlite"] {
            let failure = #expect(throws: DatabaseFailure.self) {
                _ = try EmbeddedDatabase(path: folder.path + place) {}
            }
            #expect(failure?.code == .unavailable)
            #expect(failure?.detail == folder.path + "/file is no directory")
        }
    }
}
