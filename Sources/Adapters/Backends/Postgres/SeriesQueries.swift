import Market
import Ports
import Postgres
import Regimes

/// Statements that read what is kept once per series or model, and their rows as values.
enum SeriesQueries {
    /// Those of `StoredOverride` come behind.
    static let headColumns: StaticString = """
        series.market, series.timeframe, calendar, anchor, specification, last_as_of, \
        last_regime, last_sequence, last_announced_event_id, last_announced_as_of, writes, \
        source_digest, source_writes
        """
    private static let firstOverrideColumn = 13

    /// Each series with the override that stands in it.
    static let headSource: StaticString = """
        series LEFT JOIN regime_overrides AS standing
        ON standing.market = series.market AND standing.timeframe = series.timeframe
            AND standing.ended_at IS NULL
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
        head.source = try row.optional(11, as: String.self).map {
            SourceMark(digest: $0, writes: try row.value(12))
        }
        head.override = try override(row, of: head.profile.series, from: firstOverrideColumn)
        return head
    }

    static var heads: PostgresQuery {
        """
        SELECT \(sql: headColumns), \(sql: StoredOverride.columns) FROM \(sql: headSource)
        ORDER BY 1, 2
        """
    }

    static func head(of series: Series) -> PostgresQuery {
        """
        SELECT \(sql: headColumns), \(sql: StoredOverride.columns) FROM \(sql: headSource)
        WHERE series.market = \(series.market.text)
            AND series.timeframe = \(series.timeframe.description)
        """
    }

    /// Keeps everybody else from moving the head until the transaction ends. The head is read by a
    /// statement of its own behind it: one that waits for a row sees that row as it is then, and
    /// what it joins, the override, as it was before.
    static func lock(on series: Series) -> PostgresQuery {
        """
        SELECT FROM series
        WHERE market = \(series.market.text) AND timeframe = \(series.timeframe.description)
        FOR UPDATE
        """
    }

    // MARK: Overrides

    /// `nil` where a series has none.
    static func override(
        _ row: PostgresRows.Row, of series: Series, from first: Int = 0
    ) throws -> RegimeOverride? {
        guard let sequence = try row.optional(first, as: Int64.self) else { return nil }
        return try StoredOverride.override(
            of: series, sequence: sequence, text: { try row.text(first + $0) },
            instant: { try row.optionalInstant(first + $0) })
    }

    static func overrides(
        of series: Series, after sequence: Int64, limit: Int
    ) -> PostgresQuery {
        """
        SELECT \(sql: StoredOverride.columns) FROM regime_overrides
        WHERE market = \(series.market.text) AND timeframe = \(series.timeframe.description)
            AND sequence > \(sequence)
        ORDER BY sequence LIMIT \(limit)
        """
    }

    static var standingOverrides: PostgresQuery {
        """
        SELECT market, timeframe, \(sql: StoredOverride.columns) FROM regime_overrides
        WHERE ended_at IS NULL ORDER BY expires_at, override_id
        """
    }

    static func standingOverride(_ row: PostgresRows.Row) throws -> RegimeOverride? {
        let series = try StoredText.series(market: row.text(0), timeframe: row.text(1))
        return try override(row, of: series, from: 2)
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
