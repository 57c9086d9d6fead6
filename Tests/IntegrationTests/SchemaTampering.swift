import GRDB
import Market
import Testing

/// Makes stores say what the program never wrote.
enum SchemaTampering {
    /// As if a later version of the program had written it.
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

    private static let instant = "2009-03-09T20:00:00Z"

    /// The next double after an indicator of one assessment, in the embedded store.
    static func flipVolatilityBit(_ path: String) throws {
        let database = try DatabaseQueue(path: path)
        try database.write { database in
            let asOf = try #require(Timestamp(rfc3339: instant)).nanoseconds
            let text = try #require(
                try String.fetchOne(
                    database, sql: "SELECT indicators FROM market_regimes WHERE as_of = ?",
                    arguments: [asOf]))
            let name = "\"volatility_21\":"
            let start = try #require(text.firstRange(of: name)).upperBound
            let digits = text[start...].prefix { !",}".contains($0) }
            let next = try #require(Double(String(digits))).nextUp
            try database.execute(
                sql: "UPDATE market_regimes SET indicators = ? WHERE as_of = ?",
                arguments: [text.replacing(name + digits, with: name + "\(next)"), asOf])
        }
        try database.close()
    }

    /// The same in PostgreSQL, where nothing but SQL is needed: its doubles print as shortly.
    static let postgres = """
        UPDATE market_regimes SET indicators = replace(indicators::text,
            '"volatility_21":' || (indicators ->> 'volatility_21'),
            '"volatility_21":' || ((indicators ->> 'volatility_21')::double precision
                * (1 + 2.3e-16::double precision))::text)::json
        WHERE as_of = '\(instant)'
        """
}
