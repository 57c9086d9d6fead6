import Market
import Ports
import Postgres
import Regimes

/// Statements that read many series at once, and their rows as values.
enum CatalogueQueries {
    // MARK: Heads

    static func count(_ query: CatalogueQuery) -> PostgresQuery {
        """
        SELECT count(*) FROM series
        WHERE \(query.timeframe?.description ?? "") IN ('', timeframe)
            AND strpos(lower(market), \(query.part)) > 0
        """
    }

    static func heads(_ query: CatalogueQuery) -> PostgresQuery {
        """
        SELECT \(sql: SeriesQueries.headColumns), \(sql: StoredOverride.columns)
        FROM \(sql: SeriesQueries.headSource)
        WHERE \(query.timeframe?.description ?? "") IN ('', series.timeframe)
            AND strpos(lower(series.market), \(query.part)) > 0
            AND (series.market, series.timeframe)
                > (\(query.after?.market.text ?? ""), \(query.after?.timeframe.description ?? ""))
        ORDER BY 1, 2 LIMIT \(query.limit)
        """
    }

    // MARK: Latest answers

    /// None is looked for before the earliest of their latest bars.
    static func currents(of heads: [SeriesHead]) -> PostgresQuery {
        let (markets, timeframes) = names(heads)
        let earliest = heads.compactMap(\.lastAsOf).min() ?? .latest
        let statement: PostgresQuery = """
            SELECT latest.*, wanted.market, wanted.timeframe
            FROM unnest(string_to_array(\(markets), ','), string_to_array(\(timeframes), ','))
                AS wanted (market, timeframe)
            JOIN series ON series.market = wanted.market AND series.timeframe = wanted.timeframe
            CROSS JOIN LATERAL (
                SELECT \(sql: RegimeQueries.assessmentColumns) FROM market_regimes AS told
                WHERE told.market = series.market AND told.timeframe = series.timeframe
                    AND as_of = series.last_as_of AND as_of >= \(earliest.floored)
                ORDER BY revision DESC LIMIT 1
            ) AS latest
            """
        return statement.plannedAnew()
    }

    static func current(_ row: PostgresRows.Row) throws -> RegimeAssessment {
        // Behind the columns of an assessment.
        let series = try StoredText.series(market: row.text(15), timeframe: row.text(16))
        return try RegimeQueries.assessment(row, of: series)
    }

    // MARK: Labels

    /// Per series the last change by bars before the range, and the latest ones in it.
    ///
    /// None is before the bar that its series starts from: without that bound the chunks of all
    /// time would be opened, and locked, for what may lie in one.
    static func steps(of heads: [SeriesHead], _ query: LabelQuery) -> PostgresQuery {
        let (markets, timeframes) = names(heads)
        let (low, high) = bounds(of: heads, query)
        let first = (heads.map(\.profile.anchor).min() ?? .earliest).floored
        let statement: PostgresQuery = """
            SELECT wanted.place, told.as_of, told.regime
            FROM unnest(string_to_array(\(markets), ','), string_to_array(\(timeframes), ','))
                WITH ORDINALITY AS wanted (market, timeframe, place)
            CROSS JOIN LATERAL (
                (SELECT DISTINCT ON (as_of) as_of, regime FROM regime_changes AS mine
                WHERE market = wanted.market AND timeframe = wanted.timeframe
                    AND as_of >= \(first) AND as_of <= \(low)
                    AND \(sql: ChangeOrigin.byBar) AND NOT EXISTS (
                        SELECT 1 FROM market_regimes AS later
                        WHERE later.market = mine.market AND later.timeframe = mine.timeframe
                            AND later.as_of = mine.as_of AND later.revision > mine.revision
                            AND later.as_of >= \(first) AND later.as_of <= \(low))
                ORDER BY as_of DESC, revision DESC LIMIT 1)
                UNION ALL
                (SELECT DISTINCT ON (as_of) as_of, regime FROM regime_changes AS mine
                WHERE market = wanted.market AND timeframe = wanted.timeframe
                    AND as_of > \(low) AND as_of <= \(high)
                    AND \(sql: ChangeOrigin.byBar) AND NOT EXISTS (
                        SELECT 1 FROM market_regimes AS later
                        WHERE later.market = mine.market AND later.timeframe = mine.timeframe
                            AND later.as_of = mine.as_of AND later.revision > mine.revision
                            AND later.as_of > \(low) AND later.as_of <= \(high))
                ORDER BY as_of DESC, revision DESC LIMIT \(query.limit + 1))
            ) AS told
            ORDER BY wanted.place, told.as_of
            """
        return statement.plannedAnew()
    }

    private static func step(_ row: PostgresRows.Row) throws -> (Int, PublishedLabels.Step) {
        (
            try row.integer(0),
            PublishedLabels.Step(asOf: try row.instant(1), regime: try row.label(2, "regime"))
        )
    }

    /// Per series the latest ones; what was announced next after an override's start is its end.
    static func overrides(of heads: [SeriesHead], _ query: LabelQuery) -> PostgresQuery {
        let (markets, timeframes) = names(heads)
        let (_, high) = bounds(of: heads, query)
        return """
            SELECT wanted.place, told.regime, told.as_of, told.ended
            FROM unnest(string_to_array(\(markets), ','), string_to_array(\(timeframes), ','))
                WITH ORDINALITY AS wanted (market, timeframe, place)
            CROSS JOIN LATERAL (
                SELECT begun.sequence, begun.regime, begun.as_of, ended.as_of AS ended
                FROM regime_overrides AS begun LEFT JOIN regime_changes AS ended
                    ON ended.market = begun.market AND ended.timeframe = begun.timeframe
                    AND ended.sequence = begun.sequence + 1
                WHERE begun.market = wanted.market AND begun.timeframe = wanted.timeframe
                    AND begun.as_of <= \(high)
                    AND (ended.as_of IS NULL OR ended.as_of > \(query.range.lowerBound.floored))
                ORDER BY begun.sequence DESC LIMIT \(query.limit + 1)
            ) AS told
            ORDER BY wanted.place, told.sequence
            """
    }

    private static func override(_ row: PostgresRows.Row) throws -> (Int, PublishedLabels.Override)
    {
        (
            try row.integer(0),
            PublishedLabels.Override(
                regime: try row.label(1, "regime"), asOf: try row.instant(2),
                end: try row.optionalInstant(3))
        )
    }

    /// - Parameters:
    ///   - steps: the rows of `steps(of:_:)`.
    ///   - overrides: those of `overrides(of:_:)`.
    static func labels(
        of heads: [SeriesHead], _ query: LabelQuery, steps: PostgresRows,
        overrides: PostgresRows
    ) throws -> [Series: PublishedLabels] {
        let steps = Dictionary(grouping: try steps.map { try step($0) }, by: \.0)
        let overrides = Dictionary(grouping: try overrides.map { try override($0) }, by: \.0)
        var labels: [Series: PublishedLabels] = [:]
        for (index, head) in heads.enumerated() {
            labels[head.profile.series] = PublishedLabels(
                steps: steps[index + 1]?.map(\.1) ?? [],
                overrides: overrides[index + 1]?.map(\.1) ?? [], of: query)
        }
        return labels
    }

    /// Instants before the range are not later than `low`, those in it not later than `high`.
    private static func bounds(
        of heads: [SeriesHead], _ query: LabelQuery
    ) -> (low: PostgresValue, high: PostgresValue) {
        // Which series does not matter to them.
        let bounds = heads.first.map {
            RegimeQueries.Bounds(SeriesQuery($0.profile.series, range: query.range))
        }
        return (bounds?.low ?? .null, bounds?.high ?? .null)
    }

    /// Neither has a comma in it.
    private static func names(
        _ heads: [SeriesHead]
    ) -> (markets: String, timeframes: String) {
        let series = heads.map(\.profile.series)
        return (
            series.map(\.market.text).joined(separator: ","),
            series.map(\.timeframe.description).joined(separator: ",")
        )
    }
}
