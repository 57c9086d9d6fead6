import GRDB

/// Rows of values that both stores keep, in SQLite.
extension Database {
    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// - Parameter conflict: what follows the values, such as `ON CONFLICT DO NOTHING`.
    func insert(
        _ values: [StoredValue], _ columns: [String], into table: String, conflict: String = ""
    ) throws {
        let names = columns.joined(separator: ", ")
        let places = Array(repeating: "?", count: columns.count).joined(separator: ", ")
        try execute(
            "INSERT INTO \(table) (\(names)) VALUES (\(places)) \(conflict)",
            StatementArguments(values.map(\.inSQLite)))
    }

    /// - Parameter condition: from `WHERE` on.
    func rows<Value>(
        of columns: [String], from table: String, _ condition: String,
        _ arguments: StatementArguments, _ read: (Row) throws -> Value
    ) throws -> [Value] {
        let names = columns.joined(separator: ", ")
        let statement = try cachedStatement(sql: "SELECT \(names) FROM \(table) \(condition)")
        return try Row.fetchAll(statement, arguments: arguments).map(read)
    }
}
