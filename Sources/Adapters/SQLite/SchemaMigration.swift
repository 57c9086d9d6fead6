import GRDB

/// One numbered step of the schema. Steps already released are never edited.
struct SchemaMigration {
    let number: Int
    let name: String
    let sql: String

    /// All steps, in order, numbered 1, 2, 3 …
    static let all: [SchemaMigration] = [
        SchemaMigration(number: 1, name: "initial", file: PackageResources._001_initial_sql),
        SchemaMigration(
            number: 2, name: "bar_exogenous", file: PackageResources._002_bar_exogenous_sql),
        SchemaMigration(
            number: 3, name: "order_fills", file: PackageResources._003_order_fills_sql),
        SchemaMigration(
            number: 4, name: "outbox_relayed", file: PackageResources._004_outbox_relayed_sql),
        SchemaMigration(number: 5, name: "overrides", file: PackageResources._005_overrides_sql),
        SchemaMigration(
            number: 6, name: "source_marks", file: PackageResources._006_source_marks_sql),
        SchemaMigration(
            number: 7, name: "calibrated_confidence",
            file: PackageResources._007_calibrated_confidence_sql),
        SchemaMigration(number: 8, name: "notices", file: PackageResources._008_notices_sql),
        SchemaMigration(
            number: 9, name: "paper_portfolios",
            file: PackageResources._009_paper_portfolios_sql),
        SchemaMigration(
            number: 10, name: "model_answers", file: PackageResources._010_model_answers_sql),
        SchemaMigration(
            number: 11, name: "accounts", file: PackageResources._011_accounts_sql),
        SchemaMigration(
            number: 12, name: "shadow_answers",
            file: PackageResources._012_shadow_answers_sql),
    ]

    private init(number: Int, name: String, file: [UInt8]) {
        self.number = number
        self.name = name
        sql = String(decoding: file, as: UTF8.self)
    }

    /// FNV-1a, 64 bits: tells an edited file, not an attacker.
    var checksum: String {
        let hash = sql.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { hash, byte in
            (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// Brings a database to the schema this program knows.
struct SchemaMigrator {
    let path: String

    /// Marks the file as ours («BLOA»), so that another program's database is not mistaken.
    static let applicationID = 0x424C_4F41

    static var supportedVersion: Int { SchemaMigration.all.count }

    /// Applies what is missing in one exclusive transaction; nothing when nothing is.
    ///
    /// Safe when several processes do it at once: the losers of the lock find the work done.
    ///
    /// - Returns: the numbers of the steps applied.
    func migrate(_ database: Database) throws -> [Int] {
        // In transactions, so that one snapshot is judged while another process migrates.
        var missing: ArraySlice<SchemaMigration> = []
        try database.inTransaction(.deferred) {
            missing = try missingSteps(database)
            return .commit
        }
        if missing.isEmpty { return [] }
        try database.inTransaction(.exclusive) {
            missing = try missingSteps(database)
            for step in missing { try apply(step, to: database) }
            return .commit
        }
        return missing.map(\.number)
    }

    /// The highest step applied; 0 for an empty database.
    func version(_ database: Database) throws -> Int {
        let tables = try Int.fetchOne(
            database, sql: "SELECT count(*) FROM sqlite_master WHERE name = 'schema_migrations'")
        guard tables == 1 else { return 0 }
        return try Int.fetchOne(database, sql: "SELECT max(number) FROM schema_migrations") ?? 0
    }

    private func apply(_ step: SchemaMigration, to database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL
                ) STRICT
                """)
        try database.execute(sql: "PRAGMA application_id = \(SchemaMigrator.applicationID)")
        try database.execute(sql: step.sql)
        try database.execute(
            sql: "INSERT INTO schema_migrations (number, name, checksum) VALUES (?, ?, ?)",
            arguments: [step.number, step.name, step.checksum])
    }

    private func missingSteps(_ database: Database) throws -> ArraySlice<SchemaMigration> {
        let found = try version(database)
        if found == 0 { try requireEmpty(database) }
        guard found <= SchemaMigrator.supportedVersion else {
            throw DatabaseFailure(
                .newerSchema, path: path,
                detail: "its schema is version \(found), this program supports up to version "
                    + "\(SchemaMigrator.supportedVersion)",
                advice: "Update the program, or choose another directory")
        }
        for step in SchemaMigration.all.prefix(found) { try requireUnchanged(step, database) }
        return SchemaMigration.all.dropFirst(found)
    }

    private func requireEmpty(_ database: Database) throws {
        let tables = try Int.fetchOne(
            database, sql: "SELECT count(*) FROM sqlite_master WHERE type = 'table'")
        guard tables == 0 else {
            throw DatabaseFailure(
                .corrupt, path: path, detail: "it is another program's database",
                advice: "Choose another directory, or move that file away")
        }
    }

    private func requireUnchanged(_ step: SchemaMigration, _ database: Database) throws {
        let checksum = try String.fetchOne(
            database, sql: "SELECT checksum FROM schema_migrations WHERE number = ?",
            arguments: [step.number])
        guard checksum == step.checksum else {
            throw DatabaseFailure(
                .failed, path: path,
                detail: "schema step \(step.number) (\(step.name)) was applied with checksum "
                    + "\(checksum ?? "none"), this program has \(step.checksum)",
                advice: "Use the program that wrote the file, or begin anew in another directory")
        }
    }
}
