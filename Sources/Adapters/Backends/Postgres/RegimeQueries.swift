import Market
import Ports
import Postgres
import Regimes

/// Statements that read a store's tables, and their rows as values.
///
/// With TimescaleDB, bars and assessments lie in chunks by their instants: what reads them is
/// planned for the instants it asks for.
enum RegimeQueries {
    /// The key of a query, and its instants: later than `low`, not later than `high`, of what was
    /// available by `known`.
    struct Bounds {
        let market: PostgresValue
        let timeframe: PostgresValue
        let low: PostgresValue
        let high: PostgresValue
        let known: PostgresValue

        /// Before every instant there is.
        private static let never = PostgresValue.timestamp(
            microseconds: Int64.min / Timestamp.nanosecondsPerMicrosecond - 1)

        init(_ query: SeriesQuery) {
            market = .text(query.series.market.text)
            timeframe = .text(query.series.timeframe.description)
            let beforeRange = query.range.flatMap { Bounds.justBefore($0.lowerBound) }
            let after = [beforeRange, query.after].compactMap { $0 }.max()
            low = after?.floored ?? Bounds.never
            let known = query.knownAt ?? .latest
            self.known = known.floored
            if let range = query.range {
                // Nothing is available before its bar's close.
                let last = Bounds.justBefore(range.upperBound)
                high = last.map { min($0, known).floored } ?? Bounds.never
            } else {
                high = known.floored
            }
        }

        private static func justBefore(_ instant: Timestamp) -> Timestamp? {
            instant == .earliest ? nil : instant.advanced(byNanoseconds: -1)
        }
    }

    // MARK: Assessments

    static let assessmentColumns: StaticString = """
        as_of, revision, model_version, available_at, regime, raw_regime, previous_regime, since, \
        probabilities, confidence_kind, trigger, indicators, reasoning, input_missing, \
        calibrated_confidence
        """

    static func assessment(
        _ row: PostgresRows.Row, of series: Series
    ) throws -> RegimeAssessment {
        RegimeAssessment(
            series: series, asOf: try row.instant(0), availableAt: try row.instant(3),
            revision: try row.integer(1), regime: try row.label(4, "regime"),
            rawRegime: try row.label(5, "raw_regime"),
            previousRegime: try row.label(6, "previous_regime"), since: try row.instant(7),
            probabilities: try StoredText.probabilities(row.text(8)),
            probabilityKind: try row.label(9, "confidence_kind"),
            calibratedConfidence: try row.optional(14, as: Double.self),
            trigger: try row.label(10, "trigger"), modelVersion: ModelVersion(try row.text(2)),
            indicators: try StoredText.indicators(row.text(11)), reasoning: try row.text(12),
            inputMissing: try row.value(13))
    }

    /// The highest revision of one `asOf`.
    static func latest(_ series: Series, at asOf: Timestamp) -> PostgresQuery {
        let statement: PostgresQuery = """
            SELECT \(sql: assessmentColumns) FROM market_regimes
            WHERE market = \(series.market.text) AND timeframe = \(series.timeframe.description)
                AND as_of = \(asOf.floored)
            ORDER BY revision DESC LIMIT 1
            """
        return statement.plannedAnew()
    }

    static func known(_ series: Series, at instant: Timestamp) -> PostgresQuery {
        let statement: PostgresQuery = """
            SELECT \(sql: assessmentColumns) FROM market_regimes
            WHERE market = \(series.market.text) AND timeframe = \(series.timeframe.description)
                AND as_of <= \(instant.floored) AND available_at <= \(instant.floored)
            ORDER BY as_of DESC, revision DESC LIMIT 1
            """
        return statement.plannedAnew()
    }

    static func history(_ query: SeriesQuery) -> PostgresQuery {
        let bounds = Bounds(query)
        let statement: PostgresQuery = """
            SELECT DISTINCT ON (as_of) \(sql: assessmentColumns) FROM market_regimes
            WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                AND as_of > \(bounds.low) AND as_of <= \(bounds.high)
                AND available_at <= \(bounds.known)
            ORDER BY as_of, revision DESC LIMIT \(query.limit)
            """
        return statement.plannedAnew()
    }

    // MARK: Changes

    static let changeColumns: StaticString = """
        as_of, revision, event_id, model_version, previous_regime, regime, probabilities, \
        trigger, reasoning, sequence, previous_event_id, supersedes, calibrated_confidence
        """

    static func change(_ row: PostgresRows.Row, of series: Series) throws -> RegimeChange {
        let sequence = try row.optional(9, as: Int64.self)
        let previous = try row.optional(10, as: String.self)
        let superseded = try row.optional(11, as: String.self)
        return RegimeChange(
            eventID: EventID(try row.text(2)), series: series, asOf: try row.instant(0),
            revision: try row.integer(1), previousRegime: try row.label(4, "previous_regime"),
            regime: try row.label(5, "regime"),
            probabilities: try StoredText.probabilities(row.text(6)),
            calibratedConfidence: try row.optional(12, as: Double.self),
            trigger: try row.label(7, "trigger"), modelVersion: ModelVersion(try row.text(3)),
            reasoning: try row.text(8),
            announcement: sequence.map {
                Announcement(
                    sequence: $0, previousEventID: previous.map { EventID($0) },
                    supersedes: superseded.map { EventID($0) })
            })
    }

    /// Changes by bars: those of the latest assessment of each `asOf`, which may have been dropped
    /// since.
    static func changes(_ query: SeriesQuery) -> PostgresQuery {
        if query.knownAt != nil { return knownChanges(query) }
        let bounds = Bounds(query)
        let statement: PostgresQuery = """
            SELECT DISTINCT ON (as_of) \(sql: changeColumns) FROM regime_changes AS mine
            WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                AND as_of > \(bounds.low) AND as_of <= \(bounds.high)
                AND \(sql: ChangeOrigin.byBar) AND NOT EXISTS (
                    SELECT 1 FROM market_regimes AS later
                    WHERE later.market = mine.market AND later.timeframe = mine.timeframe
                        AND later.as_of = mine.as_of AND later.revision > mine.revision
                        AND later.as_of > \(bounds.low) AND later.as_of <= \(bounds.high))
            ORDER BY as_of, revision DESC LIMIT \(query.limit)
            """
        return statement.plannedAnew()
    }

    /// Changes by bars: those of the highest revision of each `asOf` that was available.
    private static func knownChanges(_ query: SeriesQuery) -> PostgresQuery {
        let bounds = Bounds(query)
        let statement: PostgresQuery = """
            WITH told AS (
                SELECT DISTINCT ON (as_of) as_of AS bar, revision AS told FROM market_regimes
                WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                    AND as_of > \(bounds.low) AND as_of <= \(bounds.high)
                    AND available_at <= \(bounds.known)
                ORDER BY as_of, revision DESC
            )
            SELECT \(sql: changeColumns) FROM regime_changes JOIN told ON bar = as_of
            WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                AND as_of > \(bounds.low) AND as_of <= \(bounds.high) AND revision = told
                AND \(sql: ChangeOrigin.byBar)
            ORDER BY as_of LIMIT \(query.limit)
            """
        return statement.plannedAnew()
    }

    /// The same changes, those of overrides and amendments. One more by bars is looked for: that
    /// about the bar of the cursor was on the page before.
    static func changesAndOverrides(_ query: ChangeQuery) -> PostgresQuery {
        if query.knownAt != nil { return knownChangesAndOverrides(query) }
        let bounds = Bounds(query.bars)
        // Without a cursor the first row is behind it all the same: no sequence is below zero.
        let asOf = query.after?.asOf.floored ?? bounds.low
        let sequence = query.after?.sequence ?? -1
        let statement: PostgresQuery = """
            SELECT \(sql: changeColumns) FROM (
                (SELECT DISTINCT ON (as_of) \(sql: changeColumns) FROM regime_changes AS mine
                WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                    AND as_of > \(bounds.low) AND as_of <= \(bounds.high)
                    AND \(sql: ChangeOrigin.byBar) AND NOT EXISTS (
                        SELECT 1 FROM market_regimes AS later
                        WHERE later.market = mine.market AND later.timeframe = mine.timeframe
                            AND later.as_of = mine.as_of AND later.revision > mine.revision
                            AND later.as_of > \(bounds.low) AND later.as_of <= \(bounds.high))
                ORDER BY as_of, revision DESC LIMIT \(query.limit + 1))
                UNION ALL
                SELECT \(sql: changeColumns) FROM regime_changes
                WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                    AND as_of > \(bounds.low) AND as_of <= \(bounds.high)
                    AND \(sql: ChangeOrigin.byNoBar)
            ) AS listed
            WHERE (as_of, coalesce(sequence, 0)) > (\(asOf), \(sequence))
            ORDER BY as_of, coalesce(sequence, 0) LIMIT \(query.limit)
            """
        return statement.plannedAnew()
    }

    private static func knownChangesAndOverrides(_ query: ChangeQuery) -> PostgresQuery {
        let bounds = Bounds(query.bars)
        // An override's bar may close later than it was made: what was known bounds its rows alone.
        var bars = query.bars
        bars.knownAt = nil
        let all = Bounds(bars)
        let asOf = query.after?.asOf.floored ?? bounds.low
        let sequence = query.after?.sequence ?? -1
        let statement: PostgresQuery = """
            WITH told AS (
                SELECT DISTINCT ON (as_of) as_of AS bar, revision AS told FROM market_regimes
                WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                    AND as_of > \(bounds.low) AND as_of <= \(bounds.high)
                    AND available_at <= \(bounds.known)
                ORDER BY as_of, revision DESC
            )
            SELECT \(sql: changeColumns) FROM (
                (SELECT \(sql: changeColumns) FROM regime_changes JOIN told ON bar = as_of
                WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                    AND as_of > \(bounds.low) AND as_of <= \(bounds.high) AND revision = told
                    AND \(sql: ChangeOrigin.byBar)
                ORDER BY as_of LIMIT \(query.limit + 1))
                UNION ALL
                SELECT \(sql: changeColumns) FROM regime_changes AS mine
                WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                    AND as_of > \(all.low) AND as_of <= \(all.high)
                    AND \(sql: ChangeOrigin.byOverride)
                    AND \(sql: ChangeOrigin.overrideKnownFrom) <= \(bounds.known)
            ) AS listed
            WHERE (as_of, \(sql: ChangeOrigin.knownPlace)) > (\(asOf), \(sequence))
            ORDER BY as_of, \(sql: ChangeOrigin.knownPlace) LIMIT \(query.limit)
            """
        return statement.plannedAnew()
    }

    static func announcements(
        of series: Series, after sequence: Int64, limit: Int
    ) -> PostgresQuery {
        """
        SELECT \(sql: changeColumns) FROM regime_changes
        WHERE market = \(series.market.text) AND timeframe = \(series.timeframe.description)
            AND sequence > \(sequence)
        ORDER BY sequence LIMIT \(limit)
        """
    }

    // MARK: Bars

    static let barColumns: StaticString = """
        timestamp, revision, open, high, low, close, volume, available_at, \
        adopted_at IS NOT NULL, exogenous
        """

    static func storedBar(_ row: PostgresRows.Row) throws -> StoredBar {
        func number(_ column: Int) throws -> Double {
            try row.optional(column, as: Double.self) ?? .nan
        }
        return StoredBar(
            bar: Bar(
                timestamp: try row.instant(0), open: try number(2), high: try number(3),
                low: try number(4), close: try number(5), volume: try number(6),
                availableAt: try row.instant(7),
                exogenous: try StoredText.exogenous(row.optional(9, as: String.self))),
            revision: try row.integer(1), isAdopted: try row.value(8))
    }

    /// The highest adopted revision of each timestamp that was available.
    static func bars(
        _ query: SeriesQuery, columns: StaticString = barColumns
    ) -> PostgresQuery {
        let bounds = Bounds(query)
        let statement: PostgresQuery = """
            SELECT DISTINCT ON (timestamp) \(sql: columns) FROM bars
            WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                AND timestamp > \(bounds.low)
                AND timestamp <= \(bounds.high) AND adopted_at IS NOT NULL
                AND available_at <= \(bounds.known)
            ORDER BY timestamp, revision DESC LIMIT \(query.limit)
            """
        return statement.plannedAnew()
    }
}
