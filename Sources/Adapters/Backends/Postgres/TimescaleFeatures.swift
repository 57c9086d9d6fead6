import Ports
import Postgres

/// What TimescaleDB does for the tables, as far as it is there and its licence allows.
package enum TimescaleSupport: Sendable, Equatable {
    /// Everything: hypertables, compression, the continuous aggregate, retention when asked for.
    case full(version: String)
    /// Hypertables alone, as under the Apache licence.
    case hypertables(version: String, missing: String)
    /// Plain PostgreSQL.
    case none(reason: String)

    /// What should be said at start, once; `nil` when nothing is missing.
    package var warning: String? {
        switch self {
        case .full: nil
        case .hypertables(_, let missing):
            "TimescaleDB without compression, retention and continuous aggregates: \(missing)"
        case .none(let reason):
            "plain PostgreSQL, without hypertables and compression: \(reason). Everything works; "
                + "large histories take more room and time"
        }
    }
}

/// What becomes of old assessments where TimescaleDB can drop them.
package enum Retention: Sendable, Equatable {
    /// What was set last.
    case unchanged
    case forever
    /// Those older than this many days are dropped.
    case days(Int)
}

/// Turns what TimescaleDB offers on, each step once.
struct TimescaleFeatures: Sendable {
    let schema: SharedSchema
    let target: PostgresTarget
    let retention: Retention
    /// Another one in tests, where TimescaleDB is not at hand.
    var name = "timescaledb"

    /// A failure of the extension is told, not thrown: the tables work without it.
    func enable() async throws -> TimescaleSupport {
        let offered = try await schema.connection.run(
            "SELECT 1::bigint FROM pg_available_extensions WHERE name = \(name)",
            within: SharedDatabase.exchangeLimit)
        guard !offered.isEmpty else {
            return .none(reason: "the extension \(name) is not available on this server")
        }
        // On a server that did not load it at its start, whoever asks the extension for anything
        // has its session ended: that session is not the schema's.
        do {
            let connection = try await PostgresConnection.open(
                target, within: CommitListener.connectLimit)
            let steps = TimescaleSteps(
                schema: SharedSchema(connection: connection, location: schema.location),
                retention: retention, name: name)
            let support: Result<TimescaleSupport, any Error>
            do { support = .success(try await steps.run()) } catch { support = .failure(error) }
            await connection.close()
            return try support.get()
        } catch let error as PostgresError {
            return .none(reason: reason(error))
        }
    }

    private func reason(_ error: PostgresError) -> String {
        guard case .connectionLost = error else {
            return "the extension \(name) cannot be used (\(error))"
        }
        return "the extension \(name) ended its session, which it does where the server's "
            + "shared_preload_libraries does not name it (\(error))"
    }
}

/// The steps, on a connection of their own.
private struct TimescaleSteps {
    let schema: SharedSchema
    let retention: Retention
    let name: String

    private var connection: PostgresConnection { schema.connection }

    func run() async throws -> TimescaleSupport {
        // Two that create an extension at once: the second one fails.
        try await schema.locked { try await install() }
        try await schema.locked { try await run(PackageResources.hypertables_sql) }
        let version = try await installedVersion() ?? ""
        // Each for itself: what has been set to drop stops also where the rest cannot be had.
        let missing = [
            try await fault { try await enableLicensed() },
            try await fault { try await setRetention() },
            try await fault { try await setRefreshing() },
        ].compactMap { $0 }
        guard let first = missing.first else { return .full(version: version) }
        return .hypertables(version: version, missing: first)
    }

    /// Runs steps together; why none of them is done, `nil` when all are.
    private func fault(_ steps: () async throws -> Void) async throws -> String? {
        do {
            try await schema.locked(steps)
            return nil
        } catch PostgresError.refused(let fault) {
            return fault.message
        } catch let error as PostgresError {
            return "\(error)"
        }
    }

    private func install() async throws {
        guard try await installedVersion() == nil else { return }
        try await connection.run(
            "CREATE EXTENSION IF NOT EXISTS \(PostgresName(name))", within: SharedSchema.limit)
    }

    private func installedVersion() async throws -> String? {
        try await query("SELECT extversion FROM pg_extension WHERE extname = \(name)")
            .first?.text(0)
    }

    private func enableLicensed() async throws {
        if try await query("SELECT 1::bigint WHERE EXISTS (\(sql: Self.compressionJobs))").isEmpty {
            try await run(PackageResources.compression_sql)
        }
        let isPlainView = try await query(
            "SELECT 1::bigint WHERE NOT EXISTS (\(sql: Self.aggregates))")
        if !isPlainView.isEmpty { try await run(PackageResources.continuous_aggregate_sql) }
    }

    private func setRetention() async throws {
        var queries: [PostgresQuery] = [
            "SELECT remove_retention_policy('market_regimes', if_exists => true)"
        ]
        switch retention {
        case .unchanged: return
        case .forever: break
        case .days(let days):
            queries.append(
                """
                SELECT add_retention_policy('market_regimes',
                    make_interval(days => \(days)::int))
                """)
        }
        try await connection.run(queries, within: SharedSchema.limit)
    }

    /// Days whose answers were dropped are not brought up to date: that would empty them. Two days
    /// and the one that is not over are the least that can be, even where fewer are kept.
    private func setRefreshing() async throws {
        let days: Int64?
        switch retention {
        case .unchanged: return
        case .forever: days = nil
        case .days(let kept): days = Int64(max(kept, 3))
        }
        try await connection.run(
            [
                "SELECT remove_continuous_aggregate_policy('regime_days', if_exists => true)",
                """
                SELECT add_continuous_aggregate_policy('regime_days',
                    start_offset => make_interval(days => \(days)::int),
                    end_offset => INTERVAL '1 day', schedule_interval => INTERVAL '1 hour')
                """,
            ], within: SharedSchema.limit)
    }

    private static let compressionJobs: StaticString = """
        SELECT 1 FROM timescaledb_information.jobs
        WHERE proc_name IN ('policy_compression', 'policy_columnstore') AND hypertable_name = 'bars'
        """

    private static let aggregates: StaticString = """
        SELECT 1 FROM timescaledb_information.continuous_aggregates WHERE view_name = 'regime_days'
        """

    private func query(_ query: PostgresQuery) async throws -> PostgresRows {
        try await connection.run(query, within: SharedDatabase.exchangeLimit)
    }

    private func run(_ file: [UInt8]) async throws {
        try await connection.run(
            script: String(decoding: file, as: UTF8.self), within: SharedSchema.limit)
    }
}
