import GRDB
import Market
package import Ports
import Regimes

// MARK: - What was said of each bar

extension SQLiteRegimeStore: ToldHistory {
    package func told(
        _ telling: Telling, _ query: SeriesQuery
    ) async throws -> [ToldBar] {
        try await file.read { try RegimeRows.told(telling, query, $0) }
    }

    package func closes(_ query: SeriesQuery) async throws -> [BarClose] {
        try await file.read { try RegimeRows.closes(query, $0) }
    }
}

extension RegimeRows {
    static func told(
        _ telling: Telling, _ query: SeriesQuery, _ database: Database
    ) throws -> [ToldBar] {
        let better = assessment(called: "better", revision: telling == .first ? "<" : ">")
        let other = assessment(called: "other", revision: "<>")
        let sql = try database.cachedStatement(
            sql: """
                SELECT as_of, model_version, regime, probabilities, confidence_kind,
                    calibrated_confidence, EXISTS (\(other) AND other.available_at <= ?6)
                FROM market_regimes AS mine
                WHERE market = ?1 AND timeframe = ?2 AND as_of BETWEEN ?3 AND ?4
                    AND available_at <= ?6 AND NOT EXISTS (
                        \(better) AND better.available_at <= ?6)
                ORDER BY as_of LIMIT ?5
                """)
        return try values(sql, arguments(query)) { row in
            try StoredText.toldBar(
                asOf: Timestamp(nanoseconds: row[0]), version: row[1], regime: row[2],
                probabilities: row[3], kind: row[4], calibratedConfidence: row[5],
                isRestated: row[6])
        }
    }

    static func closes(_ query: SeriesQuery, _ database: Database) throws -> [BarClose] {
        let sql = try database.cachedStatement(
            sql: "SELECT timestamp, close \(adoptedBars) ORDER BY timestamp LIMIT ?5")
        return try values(sql, arguments(query)) { row in
            BarClose(timestamp: Timestamp(nanoseconds: row[0]), close: number(row[1]))
        }
    }
}
