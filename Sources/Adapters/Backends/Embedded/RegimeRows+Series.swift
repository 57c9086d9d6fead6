import GRDB
import Market
import Ports
import Regimes

// MARK: - Heads

extension RegimeRows {
    static let headColumns = """
        series.market, series.timeframe, calendar, anchor, specification, last_as_of, \
        last_regime, last_sequence, last_announced_event_id, last_announced_as_of, writes, \
        source_digest, source_writes, \(StoredOverride.columns)
        """
    private static let firstOverrideColumn = 13

    /// Each series with the override that stands in it.
    static let headSource = """
        series LEFT JOIN regime_overrides AS standing
        ON standing.market = series.market AND standing.timeframe = series.timeframe
            AND standing.ended_at IS NULL
        """

    static func head(_ row: Row) throws -> SeriesHead {
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
        let digest: String? = row[11]
        head.source = digest.map { SourceMark(digest: $0, writes: row[12]) }
        head.override = try override(row, of: head.profile.series, from: firstOverrideColumn)
        return head
    }

    static func heads(_ database: Database) throws -> [SeriesHead] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(headColumns) FROM \(headSource)
                ORDER BY series.market, series.timeframe
                """)
        return try values(statement, []) { try head($0) }
    }

    static func head(of series: Series, _ database: Database) throws -> SeriesHead? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(headColumns) FROM \(headSource)
                WHERE series.market = ? AND series.timeframe = ?
                """)
        return try Row.fetchOne(statement, arguments: key(series)).map { try head($0) }
    }
}

// MARK: - Overrides

extension RegimeRows {
    /// `nil` where a series has none.
    private static func override(
        _ row: Row, of series: Series, from first: Int = 0
    ) throws -> RegimeOverride? {
        guard let sequence: Int64 = row[first] else { return nil }
        return try StoredOverride.override(
            of: series, sequence: sequence, text: { row[first + $0] },
            instant: { column in
                (row[first + column] as Int64?).map { Timestamp(nanoseconds: $0) }
            })
    }

    static func overrides(
        of series: Series, after sequence: Int64, limit: Int, _ database: Database
    ) throws -> [RegimeOverride] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(StoredOverride.columns) FROM regime_overrides
                WHERE market = ? AND timeframe = ? AND sequence > ? ORDER BY sequence LIMIT ?
                """)
        return try values(statement, key(series) + [sequence, limit]) {
            try override($0, of: series)
        }.compactMap { $0 }
    }

    static func standingOverrides(_ database: Database) throws -> [RegimeOverride] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT market, timeframe, \(StoredOverride.columns) FROM regime_overrides
                WHERE ended_at IS NULL ORDER BY expires_at, override_id
                """)
        return try values(statement, []) { row in
            let series = try StoredText.series(market: row[0], timeframe: row[1])
            return try override(row, of: series, from: 2)
        }.compactMap { $0 }
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
