package import Accounts
package import Market
package import Ports
import Postgres

/// Everything the full stack keeps in PostgreSQL: the regime store, the ledger of fills, the
/// paper book, models' answers, notices, and the event log that stands in where no broker is
/// configured.
package struct PostgresStore: Sendable {
    package struct Options: Sendable {
        /// Connections at the most; at least one more hears of commits.
        package var connectionLimit = 10
        package var retention = Retention.unchanged
        /// How long a transaction may wait for this program, should it be stopped or cut off in
        /// the middle, until others get the rows that it holds.
        package var idleTransactionLimit = Duration.seconds(60)

        /// How long leases last in the event log.
        package var timing = EventLogTiming()

        package init() {}
    }

    package let regimes: PostgresRegimeStore
    package let fills: PostgresFillLedger
    package let paper: PostgresPaperBook
    package let advice: PostgresAdviceBook
    package let notices: PostgresNoticeStore
    package let accounts: PostgresAccountStore
    package let events: DurableEventLog
    /// What TimescaleDB does here.
    package let timescale: TimescaleSupport
    /// The schema steps that opening applied; empty when the database was up to date.
    package let appliedMigrations: [Int]
    private let database: SharedDatabase
    private let listener: CommitListener
    private let wording: EventWording
    private let options: Options
    private let now: @Sendable () -> Timestamp

    /// Connects, and migrates the schema.
    ///
    /// - Parameters:
    ///   - url: `postgresql://…`
    ///   - now: stamps what is recorded.
    /// - Throws: `StoreError`.
    package init(
        url: String, wording: EventWording, options: Options = Options(),
        now: @escaping @Sendable () -> Timestamp
    ) async throws {
        let target: PostgresTarget
        do {
            target = try PostgresTarget(url: url)
        } catch {
            throw StoreError(error, location: "DATABASE_URL")
        }
        try await self.init(target, wording: wording, options: options, now: now)
    }

    private init(
        _ target: PostgresTarget, wording: EventWording, options: Options,
        now: @escaping @Sendable () -> Timestamp
    ) async throws {
        var limits = PostgresPool.Limits()
        limits.maximum = options.connectionLimit
        let database = SharedDatabase(
            pool: PostgresPool(target, limits), signal: CommitSignal(),
            idleLimit: options.idleTransactionLimit)
        do {
            (appliedMigrations, timescale) = try await database.translating {
                try await database.pool.withConnection { connection in
                    let schema = SharedSchema(
                        connection: connection, location: database.location)
                    let applied = try await schema.migrate()
                    let features = TimescaleFeatures(
                        schema: schema, target: target, retention: options.retention)
                    return (applied, try await features.enable())
                }
            }
        } catch {
            await database.pool.close()
            throw error
        }
        self.database = database
        (self.wording, self.options, self.now) = (wording, options, now)
        regimes = PostgresRegimeStore(database: database, wording: wording.changes, now: now)
        fills = PostgresFillLedger(database: database, wording: wording.fills, now: now)
        paper = PostgresPaperBook(database: database, now: now)
        advice = PostgresAdviceBook(database: database)
        accounts = PostgresAccountStore(database: database)
        notices = PostgresNoticeStore(database: database, reading: wording.notices)
        events = DurableEventLog(
            storage: PostgresEventStorage(database: database), timing: options.timing, now: now)
        listener = CommitListener(target: target, signal: database.signal)
    }

    /// Makes the database of an organisation, which is opened later, where there is none.
    ///
    /// - Throws: `StoreError`.
    package func makeRoom(for organisation: OrganisationName) async throws {
        try await OrganisationDatabase(organisation, beside: database).create()
    }

    /// A database of an organisation's own on the same server, made when there is none.
    ///
    /// - Throws: `StoreError`; of a database that is another's among them.
    package func ofOrganisation(_ organisation: Organisation) async throws -> PostgresStore {
        let place = OrganisationDatabase(organisation.name, beside: database)
        let name = try place.name
        try await place.create()
        var own = options
        own.connectionLimit = OrganisationDatabase.connectionLimit
        let store = try await PostgresStore(
            database.pool.target.inDatabase(name), wording: wording, options: own, now: now)
        do {
            try await store.accounts.belong(to: organisation, at: store.location)
        } catch {
            await store.close()
            throw error
        }
        return store
    }

    /// Where it is, without secrets.
    package var location: String { database.location }

    /// The version of the database's schema.
    package func schemaVersion() async throws -> Int {
        try await database.translating {
            try await database.pool.withConnection { connection in
                try await SharedSchema(connection: connection, location: database.location)
                    .version()
            }
        }
    }

    /// Ends the streams of commits and closes the connections; later calls fail as unavailable.
    package func close() async {
        database.signal.finish()
        await listener.stop()
        await database.pool.close()
    }
}
