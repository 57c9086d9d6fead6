import Ports
import Postgres

/// The shared database as the ports fulfilled here see it: with their errors and their signal.
struct SharedDatabase: Sendable {
    /// How long the statements that go to the server together may take.
    static let exchangeLimit = Duration.seconds(30)
    /// How long the rows of one batch may take.
    static let copyLimit = Duration.seconds(300)
    /// How long a lock is waited for before the call fails as busy.
    static let lockWaitSeconds = 5
    /// What every commit that is news is told on.
    static let channel: PostgresName = "bloasis_commits"

    let pool: PostgresPool
    let signal: CommitSignal
    /// How long the server waits in the middle of a transaction for a program that asks no more,
    /// its rows locked, before it ends it.
    let idleLimit: Duration

    /// Sends statements together and gives each one's rows.
    func read(_ queries: [PostgresQuery]) async throws -> [PostgresRows] {
        try await translating {
            try await pool.withConnection { connection in
                try await connection.run(queries, within: Self.exchangeLimit)
            }
        }
    }

    func read(_ query: PostgresQuery) async throws -> PostgresRows {
        let rows = try await read([query])
        guard let first = rows.first else { throw unreadable("an answer is missing") }
        return first
    }

    /// Runs one transaction: all of it or, when anything throws, nothing.
    ///
    /// - Parameters:
    ///   - isNews: `false` for housekeeping nobody needs to hear of.
    ///   - opening: statements sent with its beginning.
    ///   - body: given their rows, says what to write.
    func transaction<Value: Sendable>(
        isNews: Bool = true, _ opening: [PostgresQuery],
        begunBy begin: PostgresQuery = "BEGIN",
        _ body: @Sendable (PostgresConnection, [PostgresRows]) async throws -> Ending<Value>
    ) async throws -> Value {
        let beginning = self.beginning(begin)
        let (value, wrote) = try await translating {
            try await pool.withConnection { connection in
                do {
                    let rows = try await connection.run(
                        beginning + opening, within: Self.exchangeLimit)
                    let ending = try await body(connection, Array(rows.dropFirst(beginning.count)))
                    try await connection.run(
                        ending.closing(isNews: isNews), within: Self.exchangeLimit)
                    return (ending.value, ending.writes)
                } catch {
                    // What cannot be rolled back is not usable any more: the pool closes it, and
                    // the server rolls back.
                    _ = try? await connection.run("ROLLBACK", within: Self.exchangeLimit)
                    throw error
                }
            }
        }
        if isNews, wrote { signal.notify() }
        return value
    }

    /// Reads all as the database was at one instant, in however many exchanges.
    ///
    /// - Parameters:
    ///   - opening: statements sent with its beginning.
    ///   - body: given their rows.
    func snapshot<Value: Sendable>(
        _ opening: [PostgresQuery],
        _ body: @Sendable (PostgresConnection, [PostgresRows]) async throws -> Value
    ) async throws -> Value {
        try await transaction(
            isNews: false, opening,
            begunBy: "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        ) { connection, rows in
            Ending(value: try await body(connection, rows), queries: [])
        }
    }

    private func beginning(_ begin: PostgresQuery) -> [PostgresQuery] {
        let idleMilliseconds = Int64(idleLimit / Duration.milliseconds(1))
        return [
            begin, PostgresQuery(text: "SET LOCAL lock_timeout = '\(Self.lockWaitSeconds)s'"),
            PostgresQuery(
                text: "SET LOCAL idle_in_transaction_session_timeout = '\(idleMilliseconds)ms'"),
        ]
    }

    /// Throws a `StoreError` for whatever the server, the way to it or its rows have wrong.
    func translating<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as PostgresError {
            throw StoreError(error, location: location)
        } catch let row as UnreadableRow {
            throw unreadable(row.description)
        } catch let instant as UnstorableInstant {
            throw StoreError(
                .failed, location: location, detail: instant.description,
                advice: "Round it to whole microseconds")
        }
    }

    private func unreadable(_ detail: String) -> StoreError {
        StoreError(
            .corrupt, location: location, detail: detail,
            advice: "Restore the database from a backup, or use another one")
    }

    var location: String { "PostgreSQL at \(pool.target)" }
}

/// What a transaction ends with: its last statements, sent together with the commit.
struct Ending<Value: Sendable>: Sendable {
    var value: Value
    var queries: [PostgresQuery]
    /// Rows that were written before, in the same transaction.
    var wroteBefore = false

    var writes: Bool { wroteBefore || !queries.isEmpty }

    func closing(isNews: Bool) -> [PostgresQuery] {
        let told: [PostgresQuery] =
            isNews && writes ? ["SELECT pg_notify(\(SharedDatabase.channel.name), '')"] : []
        return queries + told + ["COMMIT"]
    }
}

extension StoreError {
    init(_ error: PostgresError, location: String) {
        let (code, advice) = StoreError.meaning(of: error)
        self.init(code, location: location, detail: error.reason, advice: advice)
    }

    private static func meaning(of error: PostgresError) -> (StoreError.Code, advice: String) {
        switch error {
        case .unreachable, .connectionLost, .timedOut, .closed, .poolExhausted:
            return (.unavailable, "Check that the server runs and DATABASE_URL names it")
        case .refused(let fault): return meaning(of: fault)
        case .unreadableTarget: return (.unavailable, "Correct DATABASE_URL")
        case .busy, .unsendable: return (.failed, "Report this as a fault of the program")
        case .unexpectedColumn:
            return (.corrupt, "The tables are not this program's: use another database")
        }
    }

    /// By «Appendix A. PostgreSQL Error Codes».
    private static func meaning(of fault: ServerFault) -> (StoreError.Code, advice: String) {
        switch fault.state {
        case "53100": return (.full, "Free space on the server's disk")
        // A table of many chunks takes a lock for each: asking again takes as many.
        case "53200":
            return (.failed, "Raise max_locks_per_transaction on the server, or its memory")
        case "25006": return (.readOnly, "Connect to the primary server")
        case "55P03", "40001", "40P01":
            return (.busy, "Try again: another process holds the lock")
        case "XX001", "XX002": return (.corrupt, "Restore the database from a backup")
        case "42501": return (.failed, "Grant the role its rights on the database's tables")
        default: break
        }
        // Connections, resources, an operator's interference.
        if ["08", "53", "57", "58"].contains(fault.state.prefix(2)) {
            return (.unavailable, "Check the server and try again")
        }
        return (.failed, "See the server's log")
    }
}
