import Market
import Ports
import Postgres
import Regimes

/// What one journal transaction looks up before it decides: all of it in one exchange, behind the
/// lock of the series' row.
///
/// Instants are looked up by their range: a batch is a stretch of consecutive bars, and what lies
/// between is what it touches.
enum FactQueries {
    /// Each statement takes its snapshot when its turn comes, thus after the lock was won.
    static func all(for batch: JournalBatch) -> [PostgresQuery] {
        let series = batch.series
        let bars = span((batch.bars + batch.lateBars).map(\.timestamp), of: series)
        let records = span(batch.records.map(\.assessment.asOf), of: series)
        let shadows = span(batch.records.compactMap(\.shadow?.asOf), of: series)
        return [
            SeriesQueries.lock(on: series), SeriesQueries.head(of: series), revisions(bars),
            assessments(records), changes(records), announced(batch.announcing ? records : nil),
            versions(batch.models, of: series), activations(batch.activations, of: series),
            shadows.map(ShadowQueries.latest) ?? nothing,
        ]
    }

    /// Of a load only what can be in its way: what is later than the head has no assessments and no
    /// changes.
    static func all(for load: SeriesLoad) -> [PostgresQuery] {
        let series = load.series
        let ends = [load.bars.timestamps.first, load.bars.timestamps.last].compactMap(\.self)
        return [
            SeriesQueries.lock(on: series), SeriesQueries.head(of: series),
            revisions(span(ends, of: series)), versions(load.models, of: series),
            activations(load.activations, of: series),
        ]
    }

    static func facts(for load: SeriesLoad, _ rows: [PostgresRows]) throws -> JournalFacts {
        var facts = try facts(head: rows[1], bars: rows[2], of: load.series)
        try add(models: rows[3], activations: rows[4], of: load.series, to: &facts)
        return facts
    }

    static func facts(for batch: JournalBatch, _ rows: [PostgresRows]) throws -> JournalFacts {
        var facts = try facts(head: rows[1], bars: rows[2], of: batch.series)
        for row in rows[3] {
            let assessment = try RegimeQueries.assessment(row, of: batch.series)
            facts.assessments[assessment.asOf] = assessment
        }
        for row in rows[4] {
            let change = try RegimeQueries.change(row, of: batch.series)
            facts.changes[change.asOf] = change
        }
        for row in rows[5] { facts.announced[try row.instant(0)] = EventID(try row.text(1)) }
        for row in rows[8] {
            let shadow = try ShadowQueries.answer(row, of: batch.series)
            facts.shadows[shadow.asOf] = shadow
        }
        try add(models: rows[6], activations: rows[7], of: batch.series, to: &facts)
        return facts
    }

    private static func facts(
        head: PostgresRows, bars: PostgresRows, of series: Series
    ) throws -> JournalFacts {
        guard let head = try head.first.map({ try SeriesQueries.head($0) }) else {
            throw JournalError.unknownSeries(series)
        }
        var facts = JournalFacts(head: head)
        for row in bars {
            let bar = try RegimeQueries.storedBar(row)
            facts.bars[bar.bar.timestamp, default: []].append(bar)
        }
        return facts
    }

    private static func add(
        models: PostgresRows, activations: PostgresRows, of series: Series,
        to facts: inout JournalFacts
    ) throws {
        facts.models = Set(try models.map { ModelVersion(try $0.text(0)) })
        for row in activations {
            let activation = try SeriesQueries.activation(row, of: series)
            facts.activations[activation.activeFrom] = activation.version
        }
    }

    private static func span(_ instants: [Timestamp], of series: Series) -> SeriesQuery? {
        guard let first = instants.min(), let last = instants.max() else { return nil }
        let end = last == .latest ? last : last.advanced(byNanoseconds: 1)
        return SeriesQuery(series, range: first..<end)
    }

    /// Every revision of each timestamp, oldest first.
    private static func revisions(_ span: SeriesQuery?) -> PostgresQuery {
        guard let span else { return nothing }
        let bounds = RegimeQueries.Bounds(span)
        let statement: PostgresQuery = """
            SELECT \(sql: RegimeQueries.barColumns) FROM bars
            WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                AND timestamp > \(bounds.low) AND timestamp <= \(bounds.high)
            ORDER BY timestamp, revision
            """
        return statement.plannedAnew()
    }

    /// The highest revision of each `asOf`.
    private static func assessments(_ span: SeriesQuery?) -> PostgresQuery {
        guard let span else { return nothing }
        let bounds = RegimeQueries.Bounds(span)
        let statement: PostgresQuery = """
            SELECT DISTINCT ON (as_of) \(sql: RegimeQueries.assessmentColumns) FROM market_regimes
            WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                AND as_of > \(bounds.low) AND as_of <= \(bounds.high)
            ORDER BY as_of, revision DESC
            """
        return statement.plannedAnew()
    }

    /// The change by bars of the highest revision of each `asOf`: it stays when TimescaleDB drops
    /// its assessment.
    private static func changes(_ span: SeriesQuery?) -> PostgresQuery {
        guard let span else { return nothing }
        let bounds = RegimeQueries.Bounds(span)
        return """
            SELECT DISTINCT ON (as_of) \(sql: RegimeQueries.changeColumns) FROM regime_changes
            WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                AND as_of > \(bounds.low) AND as_of <= \(bounds.high)
                AND \(sql: ChangeOrigin.byBar)
            ORDER BY as_of, revision DESC
            """
    }

    /// The event of a change, but an override's, that was announced last about each `asOf`.
    private static func announced(_ span: SeriesQuery?) -> PostgresQuery {
        guard let span else { return nothing }
        let bounds = RegimeQueries.Bounds(span)
        return """
            SELECT DISTINCT ON (as_of) as_of, event_id FROM regime_changes
            WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                AND as_of > \(bounds.low) AND as_of <= \(bounds.high) AND sequence IS NOT NULL
                AND trigger <> 'override'
            ORDER BY as_of, sequence DESC
            """
    }

    /// The changes, but those by overrides, that were announced last about each `asOf` among those
    /// of a page that were stored silently; `nil` without any.
    static func lastAnnouncements(
        about page: [RegimeChange], of series: Series
    ) -> PostgresQuery? {
        guard let silent = PendingChanges.silentSpan(page),
            let span = span([silent.first, silent.last], of: series)
        else { return nil }
        let bounds = RegimeQueries.Bounds(span)
        return """
            SELECT DISTINCT ON (as_of) \(sql: RegimeQueries.changeColumns) FROM regime_changes
            WHERE market = \(bounds.market) AND timeframe = \(bounds.timeframe)
                AND as_of > \(bounds.low) AND as_of <= \(bounds.high) AND sequence IS NOT NULL
                AND trigger <> 'override'
            ORDER BY as_of, sequence DESC
            """
    }

    // MARK: The last word

    /// What was announced last about an `asOf`, by whatever and by no override, what its assessment
    /// says, and how often it was amended.
    static func lastWord(about asOf: Timestamp, of series: Series) -> [PostgresQuery] {
        let change: PostgresQuery = """
            SELECT \(sql: RegimeQueries.changeColumns) FROM regime_changes
            WHERE market = \(series.market.text) AND timeframe = \(series.timeframe.description)
                AND as_of = \(asOf.floored) AND sequence IS NOT NULL
            ORDER BY sequence DESC LIMIT 1
            """
        return [
            change, announced(span([asOf], of: series)), RegimeQueries.latest(series, at: asOf),
            revision(of: series, at: asOf, by: .amendment),
        ]
    }

    /// Nothing was announced about the bar without one.
    static func lastWord(_ rows: [PostgresRows], of series: Series) throws -> LastWord? {
        try rows[0].first.map { last in
            LastWord(
                try RegimeQueries.change(last, of: series),
                eventID: try rows[1].first.map { EventID(try $0.text(1)) },
                assessment: try rows[2].first.map { try RegimeQueries.assessment($0, of: series) },
                revision: try rows[3].first?.integer(0) ?? 0)
        }
    }

    /// The highest revision among changes about an `asOf` that overrides brought, or amendments; 0
    /// without any.
    static func revision(
        of series: Series, at asOf: Timestamp, by origin: ModelVersion
    ) -> PostgresQuery {
        """
        SELECT coalesce(max(revision), 0) FROM regime_changes
        WHERE market = \(series.market.text) AND timeframe = \(series.timeframe.description)
            AND as_of = \(asOf.floored) AND model_version = \(origin.text)
        """
    }

    // MARK: Models

    private static func versions(_ models: [StoredModel], of series: Series) -> PostgresQuery {
        guard !models.isEmpty else { return nothing }
        return """
            SELECT model_version FROM models
            WHERE market = \(series.market.text) AND timeframe = \(series.timeframe.description)
            """
    }

    private static func activations(
        _ activations: [ModelActivation], of series: Series
    ) -> PostgresQuery {
        activations.isEmpty ? nothing : SeriesQueries.activations(of: series)
    }

    private static let nothing: PostgresQuery = "SELECT WHERE false"
}
