import GRDB
import Market
import Ports
import Regimes

/// What ran beside the models that answered, as rows of one store.
enum ShadowRows {
    private static let columns = """
        as_of, revision, available_at, model, model_version, regime, confidence, \
        published_regime, published_version, is_turn
        """

    private static func answer(_ row: Row, of series: Series) throws -> ShadowAnswer {
        ShadowAnswer(
            series: series, asOf: Timestamp(nanoseconds: row[0]),
            availableAt: Timestamp(nanoseconds: row[2]), revision: row[1], model: row[3],
            modelVersion: ModelVersion(row[4]),
            regime: try StoredText.label(row[5], column: "regime"), confidence: row[6],
            published: try StoredText.label(row[7], column: "published_regime"),
            publishedVersion: ModelVersion(row[8]), isTurn: row[9])
    }

    static func insert(
        _ answers: [ShadowAnswer], recordedAt: Int64, _ database: Database
    ) throws {
        guard !answers.isEmpty else { return }
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO shadow_answers (market, timeframe, \(columns), recorded_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for answer in answers {
            try statement.execute(arguments: [
                answer.series.market.text, answer.series.timeframe.description,
                answer.asOf.nanoseconds, answer.revision, answer.availableAt.nanoseconds,
                answer.model, answer.modelVersion.text, answer.regime.label, answer.confidence,
                answer.published.label, answer.publishedVersion.text, answer.isTurn, recordedAt,
            ])
        }
    }

    /// The highest revision of one `asOf`.
    static func latest(
        of series: Series, at asOf: Timestamp, _ database: Database
    ) throws -> ShadowAnswer? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(columns) FROM shadow_answers
                WHERE market = ? AND timeframe = ? AND as_of = ? ORDER BY revision DESC LIMIT 1
                """)
        return try Row.fetchOne(
            statement, arguments: RegimeRows.key(series) + [asOf.nanoseconds]
        ).map { try answer($0, of: series) }
    }

    private static let later = """
        SELECT 1 FROM shadow_answers AS later
        WHERE later.market = mine.market AND later.timeframe = mine.timeframe
            AND later.as_of = mine.as_of AND later.revision > mine.revision
        """

    static func answers(
        _ query: SeriesQuery, onlyDisagreeing: Bool, _ database: Database
    ) throws -> [ShadowAnswer] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(columns) FROM shadow_answers AS mine
                WHERE market = ?1 AND timeframe = ?2 AND as_of BETWEEN ?3 AND ?4
                    AND available_at <= ?6
                    AND NOT EXISTS (\(later) AND later.available_at <= ?6)
                    \(onlyDisagreeing ? "AND regime <> published_regime" : "")
                ORDER BY as_of LIMIT ?5
                """)
        return try Row.fetchAll(statement, arguments: RegimeRows.arguments(query)).map {
            try answer($0, of: query.series)
        }
    }

    static func tally(
        of series: Series, after instant: Timestamp, _ database: Database
    ) throws -> ShadowTally {
        let statement = try database.cachedStatement(
            sql: """
                SELECT count(*), coalesce(sum(regime <> published_regime), 0)
                FROM shadow_answers AS mine
                WHERE market = ? AND timeframe = ? AND as_of > ? AND NOT EXISTS (\(later))
                """)
        let row = try Row.fetchOne(
            statement, arguments: RegimeRows.key(series) + [instant.nanoseconds])
        return ShadowTally(bars: row?[0] ?? 0, disagreed: row?[1] ?? 0)
    }
}
