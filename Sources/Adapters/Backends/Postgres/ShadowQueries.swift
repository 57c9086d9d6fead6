import Market
import Ports
import Postgres
import Regimes

/// What ran beside the models that answered, as rows of a table.
enum ShadowQueries {
    static let table = PostgresTable(
        "shadow_answers",
        [
            "market", "timeframe", "as_of", "revision", "available_at", "model", "model_version",
            "regime", "confidence", "published_regime", "published_version", "is_turn",
            "recorded_at",
        ])

    static func row(
        _ answer: ShadowAnswer, recorded: PostgresValue
    ) throws -> [PostgresValue] {
        try [
            .text(answer.series.market.text), .text(answer.series.timeframe.description),
            answer.asOf.stored(), .integer(answer.revision), answer.availableAt.stored(),
            .text(answer.model), .text(answer.modelVersion.text), .text(answer.regime.label),
            .number(answer.confidence), .text(answer.published.label),
            .text(answer.publishedVersion.text), .bool(answer.isTurn), recorded,
        ]
    }

    private static let columns: StaticString = """
        as_of, revision, available_at, model, model_version, regime, confidence, \
        published_regime, published_version, is_turn
        """

    static func answer(_ row: PostgresRows.Row, of series: Series) throws -> ShadowAnswer {
        ShadowAnswer(
            series: series, asOf: try row.instant(0), availableAt: try row.instant(2),
            revision: try row.integer(1), model: try row.text(3),
            modelVersion: ModelVersion(try row.text(4)), regime: try row.label(5, "regime"),
            confidence: try row.value(6), published: try row.label(7, "published_regime"),
            publishedVersion: ModelVersion(try row.text(8)), isTurn: try row.value(9))
    }

    /// The highest revision of each `asOf`.
    static func latest(_ span: SeriesQuery) -> PostgresQuery {
        let bounds = RegimeQueries.Bounds(span)
        return """
            SELECT DISTINCT ON (as_of) \(sql: columns) FROM shadow_answers
            WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                AND as_of > \(bounds.low) AND as_of <= \(bounds.high)
            ORDER BY as_of, revision DESC
            """
    }

    static func answers(_ query: SeriesQuery, onlyDisagreeing: Bool) -> PostgresQuery {
        let bounds = RegimeQueries.Bounds(query)
        return """
            SELECT * FROM (
                SELECT DISTINCT ON (as_of) \(sql: columns) FROM shadow_answers
                WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                    AND as_of > \(bounds.low) AND as_of <= \(bounds.high)
                    AND available_at <= \(bounds.known)
                ORDER BY as_of, revision DESC
            ) AS latest
            WHERE NOT \(.bool(onlyDisagreeing)) OR regime <> published_regime
            ORDER BY as_of LIMIT \(query.limit)
            """
    }

    static func tally(of series: Series, after instant: Timestamp) -> PostgresQuery {
        """
        SELECT count(*), count(*) FILTER (WHERE regime <> published_regime)
        FROM (
            SELECT DISTINCT ON (as_of) regime, published_regime FROM shadow_answers
            WHERE market = \(series.market.text) AND timeframe = \(series.timeframe.description)
                AND as_of > \(instant.floored)
            ORDER BY as_of, revision DESC
        ) AS latest
        """
    }
}
