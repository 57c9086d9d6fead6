import GRDB
import Market
import Ports
import Regimes

// MARK: - Heads

extension RegimeRows {
    private static let headColumns = """
        market, timeframe, calendar, anchor, specification, last_as_of, last_regime, \
        last_sequence, last_announced_event_id, last_announced_as_of, writes
        """

    private static func head(_ row: Row) throws -> SeriesHead {
        var head = SeriesHead(
            profile: SeriesProfile(
                series: try StoredText.series(market: row[0], timeframe: row[1]),
                calendar: try StoredText.label(row[2], column: "calendar"),
                anchor: Timestamp(nanoseconds: row[3]), specification: row[4]))
        let lastAsOf: Int64? = row[5]
        let lastEvent: String? = row[8]
        let lastAnnouncedAsOf: Int64? = row[9]
        head.lastAsOf = lastAsOf.map { Timestamp(nanoseconds: $0) }
        head.lastRegime = try StoredText.label(row[6], column: "last_regime")
        head.lastSequence = row[7]
        head.lastAnnouncedEventID = lastEvent.map { EventID($0) }
        head.lastAnnouncedAsOf = lastAnnouncedAsOf.map { Timestamp(nanoseconds: $0) }
        head.writes = row[10]
        return head
    }

    static func heads(_ database: Database) throws -> [SeriesHead] {
        let statement = try database.cachedStatement(
            sql: "SELECT \(headColumns) FROM series ORDER BY market, timeframe")
        return try values(statement, []) { try head($0) }
    }

    static func head(of series: Series, _ database: Database) throws -> SeriesHead? {
        let statement = try database.cachedStatement(
            sql: "SELECT \(headColumns) FROM series WHERE market = ? AND timeframe = ?")
        return try Row.fetchOne(statement, arguments: key(series)).map { try head($0) }
    }
}

// MARK: - Models

extension RegimeRows {
    private static let modelColumns = """
        market, timeframe, model_version, fit_key, trained_from, trained_through, manifest
        """

    private static func model(_ row: Row, of series: Series) -> StoredModel {
        StoredModel(
            version: ModelVersion(row[2]), series: series, fitKey: row[3],
            trainedFrom: Timestamp(nanoseconds: row[4]),
            trainedThrough: Timestamp(nanoseconds: row[5]), manifest: row[6])
    }

    static func models(of series: Series, _ database: Database) throws -> [StoredModel] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(modelColumns) FROM models WHERE market = ? AND timeframe = ?
                ORDER BY trained_through, trained_from, model_version
                """)
        return try values(statement, key(series)) { model($0, of: series) }
    }

    static func model(_ version: ModelVersion, _ database: Database) throws -> StoredModel? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(modelColumns) FROM models WHERE model_version = ?
                ORDER BY market, timeframe LIMIT 1
                """)
        guard let row = try Row.fetchOne(statement, arguments: [version.text]) else { return nil }
        return model(row, of: try StoredText.series(market: row[0], timeframe: row[1]))
    }

    static func hasModel(
        _ version: ModelVersion, of series: Series, _ database: Database
    ) throws -> Bool {
        let statement = try database.cachedStatement(
            sql: """
                SELECT count(*) FROM models
                WHERE market = ? AND timeframe = ? AND model_version = ?
                """)
        return try Int.fetchOne(statement, arguments: key(series) + [version.text]) == 1
    }

    static func activations(
        of series: Series, _ database: Database
    ) throws -> [ModelActivation] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT active_from, model_version FROM active_models AS mine
                WHERE market = ? AND timeframe = ? AND NOT EXISTS (
                    SELECT 1 FROM active_models AS later
                    WHERE later.market = mine.market AND later.timeframe = mine.timeframe
                        AND later.active_from = mine.active_from
                        AND later.revision > mine.revision)
                ORDER BY active_from
                """)
        return try values(statement, key(series)) { row in
            ModelActivation(
                series: series, activeFrom: Timestamp(nanoseconds: row[0]),
                version: ModelVersion(row[1]))
        }
    }

    /// The model stored last for an `activeFrom`.
    static func activeModel(
        of series: Series, from activeFrom: Timestamp, _ database: Database
    ) throws -> ModelVersion? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT model_version FROM active_models
                WHERE market = ? AND timeframe = ? AND active_from = ?
                ORDER BY revision DESC LIMIT 1
                """)
        let arguments = key(series) + [activeFrom.nanoseconds]
        return try String.fetchOne(statement, arguments: arguments).map { ModelVersion($0) }
    }
}
