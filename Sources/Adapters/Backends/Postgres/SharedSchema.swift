import Ports
import Postgres

/// One numbered step of the schema. Steps already released are never edited.
struct SharedMigration: Sendable {
    let number: Int
    let name: String
    let sql: String

    /// All steps, in order, numbered 1, 2, 3 …
    static let all: [SharedMigration] = [
        SharedMigration(number: 1, name: "initial", file: PackageResources._001_initial_sql),
        SharedMigration(
            number: 2, name: "order_fills", file: PackageResources._002_order_fills_sql),
        SharedMigration(
            number: 3, name: "regime_days", file: PackageResources._003_regime_days_sql),
        SharedMigration(
            number: 4, name: "outbox_relayed", file: PackageResources._004_outbox_relayed_sql),
        SharedMigration(number: 5, name: "overrides", file: PackageResources._005_overrides_sql),
        SharedMigration(
            number: 6, name: "source_marks", file: PackageResources._006_source_marks_sql),
        SharedMigration(
            number: 7, name: "calibrated_confidence",
            file: PackageResources._007_calibrated_confidence_sql),
        SharedMigration(number: 8, name: "notices", file: PackageResources._008_notices_sql),
        SharedMigration(
            number: 9, name: "paper_portfolios",
            file: PackageResources._009_paper_portfolios_sql),
        SharedMigration(
            number: 10, name: "model_answers", file: PackageResources._010_model_answers_sql),
        SharedMigration(
            number: 11, name: "accounts", file: PackageResources._011_accounts_sql),
        SharedMigration(
            number: 12, name: "shadow_answers",
            file: PackageResources._012_shadow_answers_sql),
    ]

    private init(number: Int, name: String, file: [UInt8]) {
        self.number = number
        self.name = name
        sql = String(decoding: file, as: UTF8.self)
    }

    /// Tells an edited file.
    var checksum: String { Checksum.text(Checksum.of(sql.utf8)) }
}

/// Brings a database to the schema this program knows.
struct SharedSchema: Sendable {
    /// How long a whole migration may take, the wait for another process's included: turning full
    /// tables into hypertables moves every row.
    static let limit = Duration.seconds(3_600)
    /// Whoever migrates holds this advisory lock («BLOA»).
    private static let lock: Int64 = 0x424C_4F41

    static var supportedVersion: Int { SharedMigration.all.count }

    let connection: PostgresConnection
    let location: String

    /// Applies what is missing in one transaction; nothing when nothing is.
    ///
    /// Safe when several processes do it at once: the others wait and find the work done.
    ///
    /// - Returns: the numbers of the steps applied.
    func migrate() async throws -> [Int] {
        if try await missingSteps().isEmpty { return [] }
        return try await locked {
            let missing = try await missingSteps()
            for step in missing { try await apply(step) }
            return missing.map(\.number)
        }
    }

    /// The highest step applied; 0 for an empty database.
    func version() async throws -> Int { try await applied().keys.max() ?? 0 }

    /// Runs one transaction at a time, of all processes.
    func locked<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await connection.run(
            ["BEGIN", "SELECT pg_advisory_xact_lock(\(SharedSchema.lock))"], within: Self.limit)
        do {
            let value = try await body()
            try await connection.run("COMMIT", within: Self.limit)
            return value
        } catch {
            _ = try? await connection.run("ROLLBACK", within: SharedDatabase.exchangeLimit)
            throw error
        }
    }

    private func apply(_ step: SharedMigration) async throws {
        try await connection.run(
            script: """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    number bigint NOT NULL PRIMARY KEY, name text NOT NULL, checksum text NOT NULL
                );
                """ + step.sql, within: Self.limit)
        try await connection.run(
            """
            INSERT INTO schema_migrations (number, name, checksum)
            VALUES (\(step.number), \(step.name), \(step.checksum))
            """, within: SharedDatabase.exchangeLimit)
    }

    private func missingSteps() async throws -> ArraySlice<SharedMigration> {
        let applied = try await applied()
        let found = applied.keys.max() ?? 0
        guard found <= SharedSchema.supportedVersion else {
            throw StoreError(
                .newerSchema, location: location,
                detail: "its schema is version \(found), this program supports up to version "
                    + "\(SharedSchema.supportedVersion)",
                advice: "Update the program, or choose another database")
        }
        for step in SharedMigration.all.prefix(found) where applied[step.number] != step.checksum {
            throw StoreError(
                .failed, location: location,
                detail: "schema step \(step.number) (\(step.name)) was applied with checksum "
                    + "\(applied[step.number] ?? "none"), this program has \(step.checksum)",
                advice: "Use the program that wrote the database, or begin anew in another one")
        }
        return SharedMigration.all.dropFirst(found)
    }

    /// Checksums by number.
    private func applied() async throws -> [Int: String] {
        // Not `to_regclass`: it remembers that a table was not there, also past the wait for the
        // lock in which another process made it. A plain read of the catalogue does not.
        let table = try await connection.run(
            """
            SELECT 1::bigint FROM pg_catalog.pg_class
            WHERE relname = 'schema_migrations' AND pg_catalog.pg_table_is_visible(oid)
            """, within: SharedDatabase.exchangeLimit)
        guard !table.isEmpty else { return [:] }
        let rows = try await connection.run(
            "SELECT number, checksum FROM schema_migrations",
            within: SharedDatabase.exchangeLimit)
        return Dictionary(
            try rows.map { (try $0.integer(0), try $0.text(1)) }, uniquingKeysWith: { $1 })
    }
}
