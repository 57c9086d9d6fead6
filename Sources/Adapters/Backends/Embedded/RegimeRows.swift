import GRDB
import Market
import Ports
import Regimes

/// Queries over the tables of one store, and their rows as values.
enum RegimeRows {
    /// A query's instants as an inclusive interval of nanoseconds, empty when low exceeds high.
    private static func bounds(_ query: SeriesQuery) -> (low: Int64, high: Int64) {
        var low = query.range?.lowerBound.nanoseconds ?? Int64.min
        var high = Int64.max
        if let end = query.range?.upperBound.nanoseconds {
            guard end > Int64.min else { return (0, -1) }
            high = end - 1
        }
        // Nothing is available before its bar's close.
        if let instant = query.knownAt?.nanoseconds { high = min(high, instant) }
        if let after = query.after?.nanoseconds {
            guard after < Int64.max else { return (0, -1) }
            low = max(low, after + 1)
        }
        return (low, high)
    }

    /// Series, interval, limit, and when it was known at the latest.
    static func arguments(_ query: SeriesQuery) -> StatementArguments {
        let (low, high) = bounds(query)
        return [
            query.series.market.text, query.series.timeframe.description, low, high, query.limit,
            (query.knownAt ?? .latest).nanoseconds,
        ]
    }

    static func key(_ series: Series) -> StatementArguments {
        [series.market.text, series.timeframe.description]
    }

    // MARK: Assessments

    private static let assessmentColumns = """
        as_of, revision, model_version, available_at, regime, raw_regime, previous_regime, since, \
        probabilities, confidence_kind, trigger, indicators, reasoning, input_missing, \
        calibrated_confidence
        """

    private static func assessment(_ row: Row, of series: Series) throws -> RegimeAssessment {
        RegimeAssessment(
            series: series, asOf: Timestamp(nanoseconds: row[0]),
            availableAt: Timestamp(nanoseconds: row[3]), revision: row[1],
            regime: try StoredText.label(row[4], column: "regime"),
            rawRegime: try StoredText.label(row[5], column: "raw_regime"),
            previousRegime: try StoredText.label(row[6], column: "previous_regime"),
            since: Timestamp(nanoseconds: row[7]),
            probabilities: try StoredText.probabilities(row[8]),
            probabilityKind: try StoredText.label(row[9], column: "confidence_kind"),
            calibratedConfidence: row[14],
            trigger: try StoredText.label(row[10], column: "trigger"),
            modelVersion: ModelVersion(row[2]),
            indicators: try StoredText.indicators(row[11]),
            reasoning: row[12], inputMissing: row[13])
    }

    static func current(_ series: Series, _ database: Database) throws -> RegimeAssessment? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(assessmentColumns) FROM market_regimes
                WHERE market = ? AND timeframe = ? ORDER BY as_of DESC, revision DESC LIMIT 1
                """)
        return try Row.fetchOne(statement, arguments: key(series)).map {
            try assessment($0, of: series)
        }
    }

    static func known(
        _ series: Series, at instant: Timestamp, _ database: Database
    ) throws -> RegimeAssessment? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(assessmentColumns) FROM market_regimes
                WHERE market = ?1 AND timeframe = ?2 AND as_of <= ?3 AND available_at <= ?3
                ORDER BY as_of DESC, revision DESC LIMIT 1
                """)
        return try Row.fetchOne(statement, arguments: key(series) + [instant.nanoseconds]).map {
            try assessment($0, of: series)
        }
    }

    /// The highest revision of one `asOf`.
    static func assessment(
        of series: Series, at asOf: Timestamp, _ database: Database
    ) throws -> RegimeAssessment? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(assessmentColumns) FROM market_regimes
                WHERE market = ? AND timeframe = ? AND as_of = ? ORDER BY revision DESC LIMIT 1
                """)
        return try Row.fetchOne(statement, arguments: key(series) + [asOf.nanoseconds]).map {
            try assessment($0, of: series)
        }
    }

    static func history(_ query: SeriesQuery, _ database: Database) throws -> [RegimeAssessment] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(assessmentColumns) FROM market_regimes AS mine
                WHERE market = ?1 AND timeframe = ?2 AND as_of BETWEEN ?3 AND ?4
                    AND available_at <= ?6 AND NOT EXISTS (
                        \(laterAssessment) AND later.available_at <= ?6)
                ORDER BY as_of LIMIT ?5
                """)
        return try values(statement, arguments(query)) { try assessment($0, of: query.series) }
    }

    // MARK: Changes

    private static let changeColumns = """
        as_of, revision, event_id, model_version, previous_regime, regime, probabilities, \
        trigger, reasoning, sequence, previous_event_id, supersedes, calibrated_confidence
        """

    private static func change(_ row: Row, of series: Series) throws -> RegimeChange {
        let sequence: Int64? = row[9]
        let previous: String? = row[10]
        let superseded: String? = row[11]
        return RegimeChange(
            eventID: EventID(row[2]), series: series, asOf: Timestamp(nanoseconds: row[0]),
            revision: row[1],
            previousRegime: try StoredText.label(row[4], column: "previous_regime"),
            regime: try StoredText.label(row[5], column: "regime"),
            probabilities: try StoredText.probabilities(row[6]), calibratedConfidence: row[12],
            trigger: try StoredText.label(row[7], column: "trigger"),
            modelVersion: ModelVersion(row[3]),
            reasoning: row[8],
            announcement: sequence.map {
                Announcement(
                    sequence: $0, previousEventID: previous.map { EventID($0) },
                    supersedes: superseded.map { EventID($0) })
            })
    }

    /// Changes by bars: those of the latest assessment of each `asOf`.
    static func changes(_ query: SeriesQuery, _ database: Database) throws -> [RegimeChange] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(changeColumns) FROM regime_changes AS mine
                WHERE market = ?1 AND timeframe = ?2 AND as_of BETWEEN ?3 AND ?4
                    AND \(ChangeOrigin.byBar) AND \(isOfKnown)
                ORDER BY as_of LIMIT ?5
                """)
        return try values(statement, arguments(query)) { try change($0, of: query.series) }
    }

    /// Whether a change is that of the latest assessment of its `asOf` that was available by `?6`.
    private static let isOfKnown = """
        EXISTS (
            SELECT 1 FROM market_regimes AS own
            WHERE own.market = mine.market AND own.timeframe = mine.timeframe
                AND own.as_of = mine.as_of AND own.revision = mine.revision
                AND own.available_at <= ?6)
            AND NOT EXISTS (\(laterAssessment) AND later.available_at <= ?6)
        """

    static let laterAssessment = assessment(called: "later", revision: ">")

    /// Another assessment of the bar of `mine`.
    ///
    /// - Parameter comparison: of its revision with that of `mine`.
    static func assessment(called name: String, revision comparison: String) -> String {
        """
        SELECT 1 FROM market_regimes AS \(name)
        WHERE \(name).market = mine.market AND \(name).timeframe = mine.timeframe
            AND \(name).as_of = mine.as_of AND \(name).revision \(comparison) mine.revision
        """
    }

    /// The same changes, those of overrides and amendments.
    static func changesAndOverrides(
        _ query: ChangeQuery, _ database: Database
    ) throws -> [RegimeChange] {
        let isListed =
            query.knownAt == nil
            ? "(\(ChangeOrigin.byNoBar) OR NOT EXISTS (\(laterAssessment)))"
            : """
            (\(ChangeOrigin.byBar) AND \(isOfKnown)
                OR \(ChangeOrigin.byOverride) AND \(ChangeOrigin.overrideKnownFrom) <= ?6)
            """
        let place = query.knownAt == nil ? ChangeOrigin.place : ChangeOrigin.knownPlace
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(changeColumns) FROM regime_changes AS mine
                WHERE market = ?1 AND timeframe = ?2 AND as_of BETWEEN ?3 AND ?4
                    AND (as_of, \(place)) > (?7, ?8) AND \(isListed)
                ORDER BY as_of, \(place) LIMIT ?5
                """)
        // An override's bar may close later than it was made: what was known bounds its rows alone.
        var bars = query.bars
        bars.knownAt = nil
        let (low, high) = bounds(bars)
        // Without a cursor the first row is behind it all the same: no sequence is below zero.
        let arguments: StatementArguments = [
            query.series.market.text, query.series.timeframe.description, low, high, query.limit,
            (query.knownAt ?? .latest).nanoseconds, query.after?.asOf.nanoseconds ?? low,
            query.after?.sequence ?? -1,
        ]
        return try values(statement, arguments) { row in
            let change = try change(row, of: query.series)
            return query.knownAt == nil ? change : change.known
        }
    }

    static func announcements(
        of series: Series, after sequence: Int64, limit: Int, _ database: Database
    ) throws -> [RegimeChange] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(changeColumns) FROM regime_changes
                WHERE market = ? AND timeframe = ? AND sequence > ? ORDER BY sequence LIMIT ?
                """)
        return try values(statement, key(series) + [sequence, limit]) {
            try change($0, of: series)
        }
    }

    /// The changes, but those by overrides, that were announced last about each `asOf` between two.
    static func lastAnnouncements(
        of series: Series, from first: Timestamp, through last: Timestamp, _ database: Database
    ) throws -> [RegimeChange] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(changeColumns) FROM regime_changes AS mine
                WHERE market = ? AND timeframe = ? AND as_of BETWEEN ? AND ?
                    AND sequence IS NOT NULL AND trigger <> 'override' AND NOT EXISTS (
                        SELECT 1 FROM regime_changes AS later
                        WHERE later.market = mine.market AND later.timeframe = mine.timeframe
                            AND later.as_of = mine.as_of AND later.sequence > mine.sequence
                            AND later.trigger <> 'override')
                """)
        return try values(statement, key(series) + [first.nanoseconds, last.nanoseconds]) {
            try change($0, of: series)
        }
    }

    /// The change that was announced last about an `asOf`, by whatever.
    static func lastAnnouncement(
        of series: Series, at asOf: Timestamp, _ database: Database
    ) throws -> RegimeChange? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(changeColumns) FROM regime_changes
                WHERE market = ? AND timeframe = ? AND as_of = ? AND sequence IS NOT NULL
                ORDER BY sequence DESC LIMIT 1
                """)
        return try Row.fetchOne(statement, arguments: key(series) + [asOf.nanoseconds]).map {
            try change($0, of: series)
        }
    }

    /// The event of a change, but an override's, that was announced last about an `asOf`.
    static func announcedEvent(
        of series: Series, at asOf: Timestamp, _ database: Database
    ) throws -> EventID? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT event_id FROM regime_changes
                WHERE market = ? AND timeframe = ? AND as_of = ? AND sequence IS NOT NULL
                    AND trigger <> 'override'
                ORDER BY sequence DESC LIMIT 1
                """)
        return try String.fetchOne(statement, arguments: key(series) + [asOf.nanoseconds]).map {
            EventID($0)
        }
    }

    /// The highest revision among changes about an `asOf` that overrides brought, or amendments; 0
    /// without any.
    static func revision(
        of series: Series, at asOf: Timestamp, by origin: ModelVersion, _ database: Database
    ) throws -> Int {
        let statement = try database.cachedStatement(
            sql: """
                SELECT coalesce(max(revision), 0) FROM regime_changes
                WHERE market = ? AND timeframe = ? AND as_of = ? AND model_version = ?
                """)
        let arguments = key(series) + [asOf.nanoseconds, origin.text]
        return try Int.fetchOne(statement, arguments: arguments) ?? 0
    }

    // MARK: Bars

    private static let barColumns = """
        timestamp, revision, open, high, low, close, volume, available_at, adopted_at, exogenous
        """

    private static func storedBar(_ row: Row) throws -> StoredBar {
        let adoptedAt: Int64? = row[8]
        return StoredBar(
            bar: Bar(
                timestamp: Timestamp(nanoseconds: row[0]), open: number(row[2]),
                high: number(row[3]), low: number(row[4]), close: number(row[5]),
                volume: number(row[6]), availableAt: Timestamp(nanoseconds: row[7]),
                exogenous: try StoredText.exogenous(row[9])),
            revision: row[1], isAdopted: adoptedAt != nil)
    }

    /// The highest adopted revision of each timestamp that was available.
    static let adoptedBars = """
        FROM bars AS mine
        WHERE market = ?1 AND timeframe = ?2 AND timestamp BETWEEN ?3 AND ?4
            AND adopted_at IS NOT NULL AND available_at <= ?6 AND NOT EXISTS (
                SELECT 1 FROM bars AS later
                WHERE later.market = mine.market AND later.timeframe = mine.timeframe
                    AND later.timestamp = mine.timestamp AND later.revision > mine.revision
                    AND later.adopted_at IS NOT NULL AND later.available_at <= ?6)
        """

    static func bars(_ query: SeriesQuery, _ database: Database) throws -> [RevisedBar] {
        let statement = try database.cachedStatement(
            sql: "SELECT \(barColumns) \(adoptedBars) ORDER BY timestamp LIMIT ?5")
        return try values(statement, arguments(query)) { row in
            let stored = try storedBar(row)
            return RevisedBar(bar: stored.bar, revision: stored.revision)
        }
    }

    /// Every revision of one timestamp, oldest first.
    static func revisions(
        of series: Series, at timestamp: Timestamp, _ database: Database
    ) throws -> [StoredBar] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(barColumns) FROM bars
                WHERE market = ? AND timeframe = ? AND timestamp = ? ORDER BY revision
                """)
        return try values(statement, key(series) + [timestamp.nanoseconds]) { try storedBar($0) }
    }

    static func lastBarTimestamp(
        of series: Series, _ database: Database
    ) throws -> Timestamp? {
        let statement = try database.cachedStatement(
            sql: "SELECT max(timestamp) FROM bars WHERE market = ? AND timeframe = ?")
        return try Int64.fetchOne(statement, arguments: key(series)).map {
            Timestamp(nanoseconds: $0)
        }
    }
}

// MARK: - Columns

extension RegimeRows {
    static func number(_ value: Double?) -> Double { value ?? .nan }

    static func values<Value>(
        _ statement: Statement, _ arguments: StatementArguments, _ value: (Row) throws -> Value
    ) throws -> [Value] {
        var values: [Value] = []
        let cursor = try Row.fetchCursor(statement, arguments: arguments)
        while let row = try cursor.next() { values.append(try value(row)) }
        return values
    }
}
