import Market
package import Ports
import Postgres
import Regimes

// MARK: - What was said of each bar

extension PostgresRegimeStore: ToldHistory {
    package func told(
        _ telling: Telling, _ query: SeriesQuery
    ) async throws -> [ToldBar] {
        try await database.values(RegimeQueries.told(telling, query)) { row in
            try StoredText.toldBar(
                asOf: row.instant(0), version: row.text(1), regime: row.text(2),
                probabilities: row.text(3), kind: row.text(4),
                calibratedConfidence: row.optional(5, as: Double.self), isRestated: row.value(6))
        }
    }

    package func closes(_ query: SeriesQuery) async throws -> [BarClose] {
        try await database.values(RegimeQueries.closes(query)) { row in
            BarClose(
                timestamp: try row.instant(0),
                close: try row.optional(1, as: Double.self) ?? .nan)
        }
    }
}

extension RegimeQueries {
    /// Whether there is another revision is looked up in the rows that are read anyway: to ask for
    /// each would open every chunk of the table once a row.
    static func told(_ telling: Telling, _ query: SeriesQuery) -> PostgresQuery {
        let bounds = Bounds(query)
        let order: StaticString = telling == .first ? "revision" : "revision DESC"
        let told: PostgresQuery = """
            SELECT DISTINCT ON (as_of) as_of, model_version, regime, probabilities,
                confidence_kind, calibrated_confidence,
                lead(revision) OVER (PARTITION BY as_of ORDER BY \(sql: order)) IS NOT NULL
            FROM market_regimes
            WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                AND as_of > \(bounds.low) AND as_of <= \(bounds.high)
                AND available_at <= \(bounds.known)
            ORDER BY as_of, \(sql: order) LIMIT \(query.limit)
            """
        return told.plannedAnew()
    }

    static func closes(_ query: SeriesQuery) -> PostgresQuery {
        bars(query, columns: "timestamp, close")
    }
}
