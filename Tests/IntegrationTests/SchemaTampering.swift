import GRDB

/// Makes a store look as if a later version of the program had written it.
enum SchemaTampering {
    static func claimNewer(_ path: String) throws {
        let database = try DatabaseQueue(path: path)
        try database.write { database in
            let columns = try database.columns(in: "schema_migrations").map(\.name)
            let values = columns.map { column in
                column == "number" ? "9999" : "(SELECT \(column) FROM schema_migrations LIMIT 1)"
            }
            try database.execute(
                sql: "INSERT INTO schema_migrations (\(columns.joined(separator: ", "))) "
                    + "VALUES (\(values.joined(separator: ", ")))")
        }
        try database.close()
    }
}
