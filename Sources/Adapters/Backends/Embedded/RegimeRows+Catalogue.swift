import GRDB
import Market
import Ports
import Regimes

// MARK: - Many series

extension RegimeRows {
    static func series(_ query: CatalogueQuery, _ database: Database) throws -> CataloguePage {
        let matching = "(?1 = '' OR series.timeframe = ?1) AND instr(lower(series.market), ?2) > 0"
        let filter: StatementArguments = [query.timeframe?.description ?? "", query.part]
        let count = try database.cachedStatement(
            sql: "SELECT count(*) FROM series WHERE \(matching)")
        let page = try database.cachedStatement(
            sql: """
                SELECT \(headColumns) FROM \(headSource)
                WHERE \(matching) AND (series.market, series.timeframe) > (?3, ?4)
                ORDER BY series.market, series.timeframe LIMIT ?5
                """)
        let cursor: StatementArguments = [
            query.after?.market.text ?? "", query.after?.timeframe.description ?? "", query.limit,
        ]
        var told = CataloguePage(
            heads: try values(page, filter + cursor) { try head($0) },
            total: try Int.fetchOne(count, arguments: filter) ?? 0)
        for series in told.heads.map(\.profile.series) {
            told.currents[series] = try current(series, database)
            told.labels[series] = try query.labels.flatMap { labels in
                PublishedLabels(
                    steps: try steps(of: series, labels, database),
                    overrides: try overrides(of: series, labels, database), of: labels)
            }
        }
        return told
    }

    /// The last change by bars before the range, and the latest ones in it.
    private static func steps(
        of series: Series, _ query: LabelQuery, _ database: Database
    ) throws -> [PublishedLabels.Step] {
        func latest(
            _ instants: String, _ arguments: StatementArguments
        ) throws
            -> [PublishedLabels.Step]
        {
            let statement = try database.cachedStatement(
                sql: """
                    SELECT as_of, regime FROM regime_changes AS mine
                    WHERE market = ? AND timeframe = ? AND \(instants)
                        AND \(ChangeOrigin.byBar) AND NOT EXISTS (\(laterAssessment))
                    ORDER BY as_of DESC LIMIT ?
                    """)
            return try values(statement, key(series) + arguments) { row in
                PublishedLabels.Step(
                    asOf: Timestamp(nanoseconds: row[0]),
                    regime: try StoredText.label(row[1], column: "regime"))
            }.reversed()
        }
        let (start, end) = (query.range.lowerBound, query.range.upperBound)
        return try latest("as_of < ?", [start.nanoseconds, 1])
            + latest(
                "as_of >= ? AND as_of < ?",
                [start.nanoseconds, end.nanoseconds, query.limit + 1])
    }

    /// The latest ones; what was announced next after an override's start is its end.
    private static func overrides(
        of series: Series, _ query: LabelQuery, _ database: Database
    ) throws -> [PublishedLabels.Override] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT begun.regime, begun.as_of, ended.as_of FROM regime_overrides AS begun
                LEFT JOIN regime_changes AS ended
                    ON ended.market = begun.market AND ended.timeframe = begun.timeframe
                    AND ended.sequence = begun.sequence + 1
                WHERE begun.market = ? AND begun.timeframe = ? AND begun.as_of < ?
                    AND (ended.as_of IS NULL OR ended.as_of > ?)
                ORDER BY begun.sequence DESC LIMIT ?
                """)
        let arguments =
            key(series) + [
                query.range.upperBound.nanoseconds, query.range.lowerBound.nanoseconds,
                query.limit + 1,
            ]
        return try values(statement, arguments) { row in
            let end: Int64? = row[2]
            return PublishedLabels.Override(
                regime: try StoredText.label(row[0], column: "regime"),
                asOf: Timestamp(nanoseconds: row[1]),
                end: end.map { Timestamp(nanoseconds: $0) })
        }.reversed()
    }
}
