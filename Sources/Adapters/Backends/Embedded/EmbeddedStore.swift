package import Accounts
import GRDB
package import Market
package import Ports
import SQLite

/// Everything the embedded default keeps, in one file: the regime store, the ledger of fills, the
/// paper book, models' answers, the notices and the event log.
package struct EmbeddedStore: Sendable {
    package let regimes: SQLiteRegimeStore
    package let fills: SQLiteFillLedger
    package let paper: SQLitePaperBook
    package let advice: SQLiteAdviceBook
    package let notices: SQLiteNoticeStore
    package let accounts: SQLiteAccountStore
    package let events: DurableEventLog
    private let file: EmbeddedFile
    private let wording: EventWording
    private let timing: EventLogTiming
    private let now: @Sendable () -> Timestamp

    /// The schema version this program writes.
    package static var supportedSchemaVersion: Int { EmbeddedDatabase.supportedSchemaVersion }

    /// The schema steps that opening applied; empty when the file was up to date.
    package var appliedMigrations: [Int] { file.database.appliedMigrations }

    /// Opens or creates the file and its directory, and migrates the schema. Blocks.
    ///
    /// - Parameters:
    ///   - now: stamps what is recorded, and tells whether a lease has run out.
    ///   - timing: how long leases last.
    /// - Throws: `StoreError`.
    package init(
        path: String, wording: EventWording, timing: EventLogTiming = EventLogTiming(),
        now: @escaping @Sendable () -> Timestamp
    ) throws {
        let signal = CommitSignal()
        do {
            let database = try EmbeddedDatabase(path: path) { signal.notify() }
            file = EmbeddedFile(database: database, signal: signal)
        } catch let failure as DatabaseFailure {
            throw StoreError(failure)
        }
        (self.wording, self.timing, self.now) = (wording, timing, now)
        regimes = SQLiteRegimeStore(file: file, wording: wording.changes, now: now)
        fills = SQLiteFillLedger(file: file, wording: wording.fills, now: now)
        paper = SQLitePaperBook(file: file, now: now)
        advice = SQLiteAdviceBook(file: file)
        accounts = SQLiteAccountStore(file: file)
        notices = SQLiteNoticeStore(file: file, reading: wording.notices)
        events = DurableEventLog(
            storage: SQLiteEventStorage(file: file), timing: timing, now: now)
    }

    /// The file's path.
    package var location: String { file.database.path }

    /// The version of the file's schema.
    package func schemaVersion() async throws -> Int {
        do {
            return try await file.database.schemaVersion()
        } catch let failure as DatabaseFailure {
            throw StoreError(failure)
        }
    }

    /// Looks through the whole file for damage; what it finds, empty when it is sound.
    package func integrityFaults() async throws -> [String] {
        do {
            return try await file.database.integrityFaults()
        } catch let failure as DatabaseFailure {
            throw StoreError(failure)
        }
    }

    /// The markets that a file knows, looked up without opening it as a store. Blocks.
    ///
    /// - Throws: whatever is wrong with the file; none is made.
    package static func markets(at path: String) throws -> [String] {
        try EmbeddedDatabase.glance(at: path) { database in
            try String.fetchAll(database, sql: "SELECT DISTINCT market FROM series ORDER BY market")
        }
    }

    /// A file of an organisation's own, made when there is none: in a folder beside this one, that
    /// is called after it.
    ///
    /// - Throws: `StoreError`; of a file that is another's among them.
    package func ofOrganisation(_ organisation: Organisation) async throws -> EmbeddedStore {
        let path = "\(location).organisations/\(organisation.name).db"
        let store = try EmbeddedStore(path: path, wording: wording, timing: timing, now: now)
        do {
            try await store.accounts.belong(to: organisation, at: path)
        } catch {
            try? store.close()
            throw error
        }
        return store
    }

    /// Waits for what is running, then closes the file: both parts are closed with it.
    package func close() throws {
        try file.close()
    }
}
