import Foundation
package import GRDB
import Synchronization

/// One SQLite file, shared by the tasks of this process and by other processes.
///
/// The write-ahead log is synced at every commit (`synchronous = FULL`): what was answered as
/// written survives a power cut, not only a killed process. Reads never wait for the writer.
/// Writers take turns: within the process on GRDB's serial queue, never on the cooperative pool;
/// between processes by SQLite's lock, for which a writer waits `busyWaitSeconds` at the most.
package final class EmbeddedDatabase: Sendable {
    /// How long a lock is waited for before the call fails as busy.
    package static let busyWaitSeconds = 5.0
    /// Concurrent readers at the most.
    package static let readerLimit = 4
    /// Attempts at opening while another process creates, recovers or closes the same file.
    package static let openAttemptLimit = 50
    private static let openRetryMicroseconds: UInt32 = 100_000

    package let path: String
    /// The numbers of the schema steps that opening applied.
    package let appliedMigrations: [Int]

    private let pool: DatabasePool
    private let watcher: CommitWatcher
    private let onCommit: @Sendable () -> Void
    private let isOpen = Mutex(true)
    private let lastWriteFailure = Mutex<DatabaseFailure?>(nil)

    /// The schema version this program writes.
    package static var supportedSchemaVersion: Int { SchemaMigrator.supportedVersion }

    /// Opens or creates the file and its directory, and migrates the schema. Blocks.
    ///
    /// - Parameter onCommit: called after every visible commit, by this process or another.
    /// - Throws: `DatabaseFailure`.
    package init(path: String, onCommit: @escaping @Sendable () -> Void) throws {
        self.path = path
        self.onCommit = onCommit
        do {
            try EmbeddedDatabase.createDirectory(EmbeddedDatabase.directory(of: path), for: path)
            pool = try EmbeddedDatabase.openPool(path)
            let migrator = SchemaMigrator(path: path)
            appliedMigrations = try pool.writeWithoutTransaction { database in
                // GRDB sets NORMAL while it turns the write-ahead log on.
                try database.execute(sql: "PRAGMA synchronous = FULL")
                return try migrator.migrate(database)
            }
        } catch let error as DatabaseError {
            throw DatabaseFailure(error, path: path)
        }
        watcher = CommitWatcher(databasePath: path, onCommit: onCommit)
        if !appliedMigrations.isEmpty { watcher.announce() }
    }

    /// Reads a consistent snapshot.
    ///
    /// - Throws: `DatabaseFailure`, or what the body throws.
    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch let error as DatabaseError {
            throw DatabaseFailure(error, path: path)
        }
    }

    /// Runs one immediate transaction: all of it or, when the body throws, nothing.
    ///
    /// A commit that changed rows is announced to every listener, here and in other processes.
    ///
    /// - Parameter isNews: `false` for housekeeping nobody needs to hear of.
    /// - Throws: `DatabaseFailure`, or what the body throws.
    package func write<Value: Sendable>(
        isNews: Bool = true, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        let (value, changes): (Value, Int)
        do {
            (value, changes) = try await pool.write { database in
                let before = database.totalChangesCount
                let value = try body(database)
                return (value, database.totalChangesCount - before)
            }
        } catch let error as DatabaseError {
            let failure = DatabaseFailure(error, path: path)
            lastWriteFailure.withLock { $0 = failure }
            throw failure
        }
        lastWriteFailure.withLock { $0 = nil }
        if isNews, changes > 0 {
            watcher.announce()
            onCommit()
        }
        return value
    }

    /// Answers if the file can be read, and, when the last write failed, written again.
    package func probe() async throws {
        if lastWriteFailure.withLock({ $0 }) != nil {
            try await write(isNews: false) { database in
                try database.execute(sql: "UPDATE schema_migrations SET name = name")
            }
        }
        _ = try await read { try Int.fetchOne($0, sql: "SELECT count(*) FROM schema_migrations") }
    }

    /// The version of the file's schema.
    package func schemaVersion() async throws -> Int {
        let migrator = SchemaMigrator(path: path)
        return try await read { try migrator.version($0) }
    }

    /// Looks through the whole file for damage; what it finds, empty when it is sound.
    package func integrityFaults() async throws -> [String] {
        try await read { database in
            let lines = try String.fetchAll(database, sql: "PRAGMA quick_check")
            return lines == ["ok"] ? [] : lines
        }
    }

    /// Waits for what is running, then closes the file; later calls fail as unavailable. Closing
    /// again does nothing.
    package func close() throws {
        let wasOpen = isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        guard wasOpen else { return }
        watcher.stop()
        do {
            // Leaves one plain file behind when nobody else has it open; else that one does it.
            _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            try pool.close()
        } catch let error as DatabaseError {
            throw DatabaseFailure(error, path: path)
        }
    }
}

// MARK: - Opening

extension EmbeddedDatabase {
    /// How long a lock is waited for by whoever only looks.
    private static let glanceSeconds = 0.2

    /// Reads a file as it is: makes nothing, not even a file beside it, migrates nothing, and
    /// hardly waits. Blocks.
    ///
    /// - Throws: whatever is wrong with the file, or what the body throws.
    package static func glance<Value>(
        at path: String, _ body: (Database) throws -> Value
    ) throws -> Value {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(glanceSeconds)
        let queue = try DatabaseQueue(
            path: try nameForGlance(at: path), configuration: configuration)
        defer { try? queue.close() }
        return try queue.read(body)
    }

    /// What SQLite opens without making a log and its index. Without anything in the log, all is in
    /// the file itself: it is read as one that nobody writes. A commit of that very moment may
    /// not be seen.
    private static func nameForGlance(at path: String) throws -> String {
        var log = stat()
        guard stat(path + "-wal", &log) == 0, log.st_size > 0 else {
            return URL(fileURLWithPath: path).absoluteString + "?immutable=1"
        }
        guard access(path + "-shm", F_OK) == 0 else {
            throw DatabaseFailure(
                .unavailable, path: path, detail: "its log has no index, and looking makes none",
                advice: "Open the store once, as bloasis doctor does")
        }
        return path
    }

    private static func openPool(_ path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "bloasis.store"
        configuration.busyMode = .timeout(busyWaitSeconds)
        configuration.maximumReaderCount = readerLimit
        var attempt = 1
        while true {
            do {
                return try DatabasePool(path: path, configuration: configuration)
            } catch let error as DatabaseError
                where error.resultCode == .SQLITE_BUSY && attempt < openAttemptLimit
            {
                // SQLite refuses at once, without waiting, while the log is being set up.
                attempt += 1
                usleep(openRetryMicroseconds)
            }
        }
    }

    /// Makes a directory and those above it.
    private static func createDirectory(_ directory: String, for path: String) throws {
        var status = stat()
        if directory.isEmpty { return }
        if stat(directory, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw DatabaseFailure(
                    .unavailable, path: path, detail: "\(directory) is no directory",
                    advice: "Name a directory, or another one")
            }
            return
        }
        try createDirectory(Self.directory(of: directory), for: path)
        guard mkdir(directory, 0o755) != 0, errno != EEXIST else { return }
        let reason = String(cString: strerror(errno))
        let code: DatabaseFailure.Code
        switch errno {
        case EROFS, EACCES, EPERM: code = .readOnly
        case ENOSPC, EDQUOT: code = .full
        default: code = .unavailable
        }
        throw DatabaseFailure(
            code, path: path, detail: "the directory \(directory) cannot be made (\(reason))",
            advice: "Make the directory, or choose another one")
    }

    /// The directory a path lies in; `.` for a bare file name.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func fileName(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }
}
