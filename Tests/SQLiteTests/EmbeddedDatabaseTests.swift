import Foundation
import GRDB
import Synchronization
import Testing

@testable import SQLite

@Suite("The embedded database", .serialized, .timeLimit(.minutes(5)))
struct EmbeddedDatabaseTests {
    @Test("a new file gets every step, a second opening none")
    func migrates() async throws {
        let home = try Home()
        let database = try home.open()
        #expect(database.appliedMigrations == Array(1...EmbeddedDatabase.supportedSchemaVersion))
        #expect(try await database.schemaVersion() == EmbeddedDatabase.supportedSchemaVersion)
        #expect(try home.open().appliedMigrations.isEmpty)
    }

    @Test("steps are numbered without gaps, and their checksums differ")
    func steps() {
        #expect(SchemaMigration.all.map(\.number) == Array(1...SchemaMigration.all.count))
        #expect(Set(SchemaMigration.all.map(\.checksum)).count == SchemaMigration.all.count)
        #expect(SchemaMigration.all.allSatisfy { $0.checksum.count == 16 })
    }

    @Test("a file of the first version is brought up to date, its bars and changes unharmed")
    func upgrades() async throws {
        let home = try Home()
        try FileManager.default.createDirectory(
            atPath: home.directory + "/deep/er", withIntermediateDirectories: true)
        let older = try DatabaseQueue(path: home.path)
        try await older.write { database in
            let step = SchemaMigration.all[0]
            try database.execute(
                sql: """
                    CREATE TABLE schema_migrations (
                        number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL,
                        checksum TEXT NOT NULL) STRICT;
                    PRAGMA application_id = \(SchemaMigrator.applicationID);
                    \(step.sql)
                    INSERT INTO series (market, timeframe, calendar, anchor, specification,
                        last_regime, recorded_at) VALUES ('SPX', '1d', 'nyse', 0, '{}', '', 0);
                    INSERT INTO bars (market, timeframe, timestamp, revision, close, available_at,
                        recorded_at) VALUES ('SPX', '1d', 7, 1, 2.5, 8, 9);
                    INSERT INTO market_regimes VALUES ('SPX', '1d', 7, 1, 'm', 8, 'crisis',
                        'crisis', 'unknown', 7, '{}', 'none', 'bar', '{}', '', 0, 9);
                    INSERT INTO regime_changes VALUES ('SPX', '1d', 7, 1, 'event', 'm', 'unknown',
                        'crisis', '{"crisis":1.0}', 'bar', 'why', 3, 'before', NULL, 9, 10);
                    """)
            try database.execute(
                sql: "INSERT INTO schema_migrations VALUES (?, ?, ?)",
                arguments: [step.number, step.name, step.checksum])
        }
        try older.close()
        let database = try home.open()
        #expect(
            database.appliedMigrations == Array(2...EmbeddedDatabase.supportedSchemaVersion))
        let bars = try await database.read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT close || ' ' || available_at || ' ' || ifnull(exogenous, 'none')
                    FROM bars
                    """)
        }
        #expect(bars == ["2.5 8 none"])
        let changes = try await database.read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT market || ' ' || timeframe || ' ' || as_of || ' ' || revision || ' '
                        || event_id || ' ' || model_version || ' ' || previous_regime || ' '
                        || regime || ' ' || probabilities || ' ' || trigger || ' ' || reasoning
                        || ' ' || sequence || ' ' || previous_event_id || ' '
                        || ifnull(supersedes, 'none') || ' ' || recorded_at || ' ' || announced_at
                    FROM regime_changes
                    """)
        }
        #expect(
            changes == [
                #"SPX 1d 7 1 event m unknown crisis {"crisis":1.0} bar why 3 before none 9 10"#
            ])
    }

    @Test("every table is strict, and no part of a key may be missing")
    func strictTables() async throws {
        let home = try Home()
        let tables = try await home.open().read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT name, strict FROM pragma_table_list
                    WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'
                    """
            ).map { (name: $0[0] as String, isStrict: $0[1] as Bool) }
        }
        #expect(tables.count >= 11)
        for table in tables {
            #expect(table.isStrict, "\(table.name)")
            let nullableKeys = try await home.open().read { database in
                try String.fetchAll(
                    database,
                    sql: """
                        SELECT name FROM pragma_table_info(?)
                        WHERE pk > 0 AND "notnull" = 0 AND type <> 'INTEGER'
                        """, arguments: [table.name])
            }
            #expect(nullableKeys.isEmpty, "\(table.name)")
        }
    }

    @Test("commits are synced to the disk, through a log, with foreign keys held")
    func durability() async throws {
        let home = try Home()
        let settings = try await home.open().write { database in
            try ["journal_mode", "synchronous", "foreign_keys"].map {
                try String.fetchOne(database, sql: "PRAGMA \($0)")
            }
        }
        #expect(settings == ["wal", "2", "1"])
    }

    @Test("a transaction whose body throws leaves nothing")
    func rollsBack() async throws {
        let home = try Home()
        let database = try home.open()
        await #expect(throws: CancellationError.self) {
            try await database.write { database in
                try EmbeddedDatabaseTests.insertLease("a", database)
                throw CancellationError()
            }
        }
        #expect(try await EmbeddedDatabaseTests.leases(database) == [])
    }

    @Test("an own commit is news by the time the write returns")
    func news() async throws {
        let home = try Home()
        let database = try home.open()
        for number in 1...5 {
            let before = home.news(of: 0)
            try await database.write { try EmbeddedDatabaseTests.insertLease("\(number)", $0) }
            #expect(home.news(of: 0) > before)
        }
    }

    @Test("another handle's commit is news, and visible by then")
    func newsFromElsewhere() async throws {
        let home = try Home()
        let mine = try home.open()
        let theirs = try home.open()
        for number in 1...20 {
            let before = home.news(of: 0)
            try await theirs.write { try EmbeddedDatabaseTests.insertLease("\(number)", $0) }
            await home.waitForNews(of: 0, after: before)
            #expect(try await EmbeddedDatabaseTests.leases(mine).count == number)
        }
    }

    @Test("closing twice is harmless, and leaves one plain file")
    func closing() async throws {
        let home = try Home()
        let database = try home.open()
        try await database.write { try EmbeddedDatabaseTests.insertLease("a", $0) }
        try database.close()
        try database.close()
        let log = try? FileManager.default.attributesOfItem(atPath: home.path + "-wal")
        #expect((log?[.size] as? Int ?? 0) == 0)
        let copy = home.path + ".copy"
        try FileManager.default.copyItem(atPath: home.path, toPath: copy)
        let reopened = try EmbeddedDatabase(path: copy) {}
        #expect(try await EmbeddedDatabaseTests.leases(reopened) == ["a"])
        try reopened.close()
    }

    @Test(
        "SQLite's codes say what happened",
        arguments: [
            (ResultCode.SQLITE_FULL, DatabaseFailure.Code.full), (.SQLITE_READONLY, .readOnly),
            (.SQLITE_READONLY_DBMOVED, .readOnly), (.SQLITE_PERM, .readOnly),
            (.SQLITE_NOTADB, .corrupt), (.SQLITE_CORRUPT, .corrupt), (.SQLITE_BUSY, .busy),
            (.SQLITE_BUSY_SNAPSHOT, .busy), (.SQLITE_LOCKED, .busy), (.SQLITE_MISUSE, .unavailable),
            (.SQLITE_CANTOPEN, .unavailable), (.SQLITE_IOERR, .unavailable),
            (.SQLITE_CONSTRAINT, .failed),
        ])
    func translation(code: ResultCode, expected: DatabaseFailure.Code) throws {
        let home = try Home()
        let error = DatabaseError(resultCode: code, message: "as SQLite says")
        let failure = DatabaseFailure(error, path: home.path)
        #expect(failure.code == expected)
        #expect(failure.description.hasPrefix(home.path + ": "))
        #expect(failure.description.contains("as SQLite says"))
        #expect(!failure.advice.isEmpty)
    }

    private static func insertLease(_ resource: String, _ database: Database) throws {
        try database.execute(
            sql: "INSERT INTO leases (resource, owner, expires_at) VALUES (?, 'me', 0)",
            arguments: [resource])
    }

    private static func leases(_ database: EmbeddedDatabase) async throws -> [String] {
        try await database.read {
            try String.fetchAll($0, sql: "SELECT resource FROM leases ORDER BY resource")
        }
    }
}

/// A directory of its own, and what each handle opened in it has heard.
private final class Home: Sendable {
    let directory: String
    var path: String { directory + "/deep/er/store.sqlite" }
    private let heard = Mutex<[Int]>([])
    private let opened = Mutex<[EmbeddedDatabase]>([])

    init() throws {
        let name = "bloasis-sqlite-" + UUID().uuidString
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
    }

    deinit {
        for database in opened.withLock({ $0 }) { try? database.close() }
        try? FileManager.default.removeItem(atPath: directory)
    }

    func open() throws -> EmbeddedDatabase {
        let handle = heard.withLock { heard in
            heard.append(0)
            return heard.count - 1
        }
        let database = try EmbeddedDatabase(path: path) { [weak self] in
            self?.heard.withLock { $0[handle] += 1 }
        }
        opened.withLock { $0.append(database) }
        return database
    }

    /// How often a handle's `onCommit` was called.
    func news(of handle: Int) -> Int {
        heard.withLock { $0[handle] }
    }

    func waitForNews(of handle: Int, after count: Int) async {
        while news(of: handle) <= count { await Task.yield() }
    }
}
