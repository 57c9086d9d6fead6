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

/// Turns what TimescaleDB offers on, each step once.
struct TimescaleFeatures: Sendable {
    let schema: SharedSchema
    /// Assessments older than this many days are dropped; `nil` keeps them for good.
    let retentionDays: Int?

    private var connection: PostgresConnection { schema.connection }

    /// A failure of the extension is told, not thrown: the tables work without it.
    func enable() async throws -> TimescaleSupport {
        let offered = try await query(
            """
            SELECT coalesce(installed_version, '') FROM pg_available_extensions
            WHERE name = 'timescaledb'
            """)
        guard let installed = try offered.first?.text(0) else {
            return .none(reason: "the extension timescaledb is not available on this server")
        }
        do {
            if installed.isEmpty {
                try await connection.run(
                    "CREATE EXTENSION IF NOT EXISTS timescaledb", within: SharedSchema.limit)
            }
            try await schema.locked { try await run(PackageResources.hypertables_sql) }
        } catch PostgresError.refused(let fault) {
            return .none(reason: "the extension timescaledb cannot be used (\(fault))")
        }
        let version =
            try await query(
                "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"
            ).first?.text(0) ?? ""
        do {
            try await schema.locked { try await enableLicensed() }
            return .full(version: version)
        } catch PostgresError.refused(let fault) {
            return .hypertables(version: version, missing: fault.message)
        }
    }

    private func enableLicensed() async throws {
        if try await query("SELECT 1::bigint WHERE EXISTS (\(sql: Self.compressionJobs))").isEmpty {
            try await run(PackageResources.compression_sql)
        }
        let isPlainView = try await query(
            "SELECT 1::bigint WHERE NOT EXISTS (\(sql: Self.aggregates))")
        if !isPlainView.isEmpty { try await run(PackageResources.continuous_aggregate_sql) }
        guard let retentionDays else { return }
        try await connection.run(
            [
                "SELECT remove_retention_policy('market_regimes', if_exists => true)",
                """
                SELECT add_retention_policy('market_regimes',
                    make_interval(days => \(retentionDays)::int))
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
