import Market
import Ports
import Postgres
import Regimes

/// Statements that read what is kept once per series or model, and their rows as values.
enum SeriesQueries {
    static let headColumns: StaticString = """
        market, timeframe, calendar, anchor, specification, last_as_of, last_regime, \
        last_sequence, last_announced_event_id, last_announced_as_of, writes
        """

    static func head(_ row: PostgresRows.Row) throws -> SeriesHead {
        var head = SeriesHead(
            profile: SeriesProfile(
                series: try StoredText.series(market: row.text(0), timeframe: row.text(1)),
                calendar: try row.label(2, "calendar"), anchor: try row.instant(3),
                specification: try row.text(4)))
        head.lastAsOf = try row.optionalInstant(5)
        head.lastRegime = try row.label(6, "last_regime")
        head.lastSequence = try row.value(7)
        head.lastAnnouncedEventID = try row.optional(8, as: String.self).map { EventID($0) }
        head.lastAnnouncedAsOf = try row.optionalInstant(9)
        head.writes = try row.value(10)
        return head
    }

    static func head(of series: Series) -> PostgresQuery {
        """
        SELECT \(sql: headColumns) FROM series
        WHERE market = \(series.market.text) AND timeframe = \(series.timeframe.description)
        """
    }

    /// The head, which nobody else can move until the transaction ends.
    static func lockedHead(of series: Series) -> PostgresQuery {
        """
        SELECT \(sql: headColumns) FROM series
        WHERE market = \(series.market.text) AND timeframe = \(series.timeframe.description)
        FOR UPDATE
        """
    }

    // MARK: Models

    private static let modelColumns: StaticString = """
        market, timeframe, model_version, fit_key, trained_from, trained_through, manifest
        """

    static func model(_ row: PostgresRows.Row) throws -> StoredModel {
        StoredModel(
            version: ModelVersion(try row.text(2)),
            series: try StoredText.series(market: row.text(0), timeframe: row.text(1)),
            fitKey: try row.text(3), trainedFrom: try row.instant(4),
            trainedThrough: try row.instant(5), manifest: try row.text(6))
    }

    static func models(of series: Series) -> PostgresQuery {
        """
        SELECT \(sql: modelColumns) FROM models
        WHERE market = \(series.market.text) AND timeframe = \(series.timeframe.description)
        ORDER BY trained_through, trained_from, model_version
        """
    }

    static func model(_ version: ModelVersion) -> PostgresQuery {
        """
        SELECT \(sql: modelColumns) FROM models WHERE model_version = \(version.text)
        ORDER BY market, timeframe LIMIT 1
        """
    }

    /// The model stored last for each `activeFrom`.
    static func activations(of series: Series) -> PostgresQuery {
        """
        SELECT DISTINCT ON (active_from) active_from, model_version FROM active_models
        WHERE market = \(series.market.text) AND timeframe = \(series.timeframe.description)
        ORDER BY active_from, revision DESC
        """
    }

    static func activation(
        _ row: PostgresRows.Row, of series: Series
    ) throws -> ModelActivation {
        ModelActivation(
            series: series, activeFrom: try row.instant(0), version: ModelVersion(try row.text(1)))
    }
}
