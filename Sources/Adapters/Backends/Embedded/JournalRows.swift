import GRDB
import Market
import Ports
import Regimes

/// What one journal transaction looks up and writes of one series.
struct JournalRows {
    private let series: Series
    private let market: String
    private let timeframe: String
    private let recordedAt: Int64
    private let database: Database

    init(series: Series, recordedAt: Timestamp, _ database: Database) {
        self.series = series
        market = series.market.text
        timeframe = series.timeframe.description
        self.recordedAt = recordedAt.nanoseconds
        self.database = database
    }

    func head() throws -> SeriesHead? {
        try RegimeRows.head(of: series, database)
    }

    /// The stored rows at the instants of a batch; bars later than the last one stored and
    /// assessments later than the head are not looked for.
    func facts(for batch: JournalBatch, head: SeriesHead) throws -> JournalFacts {
        var facts = JournalFacts(head: head)
        if let last = try RegimeRows.lastBarTimestamp(of: series, database) {
            for bar in batch.bars + batch.lateBars where bar.timestamp <= last {
                facts.bars[bar.timestamp] = try RegimeRows.revisions(
                    of: series, at: bar.timestamp, database)
            }
        }
        if let last = head.lastAsOf {
            for record in batch.records where record.assessment.asOf <= last {
                let asOf = record.assessment.asOf
                facts.assessments[asOf] = try RegimeRows.assessment(of: series, at: asOf, database)
                if record.shadow != nil {
                    facts.shadows[asOf] = try ShadowRows.latest(of: series, at: asOf, database)
                }
                if batch.announcing, record.change != nil {
                    facts.announced[asOf] = try RegimeRows.announcedEvent(
                        of: series, at: asOf, database)
                }
            }
        }
        for model in batch.models
        where try RegimeRows.hasModel(model.version, of: series, database) {
            facts.models.insert(model.version)
        }
        for activation in batch.activations {
            facts.activations[activation.activeFrom] = try RegimeRows.activeModel(
                of: series, from: activation.activeFrom, database)
        }
        return facts
    }

    /// Writes all rows of a plan, and the head when it moved.
    func write(_ plan: JournalPlan, replacing head: SeriesHead) throws {
        try insert(plan.insertedBars)
        for bar in plan.adoptedBars { try markAdopted(bar) }
        for model in plan.models { try insert(model) }
        for activation in plan.activations { try insert(activation) }
        try insert(plan.assessments)
        try insert(plan.changes)
        try ShadowRows.insert(plan.shadows, recordedAt: recordedAt, database)
        for entry in plan.outbox { try insert(entry) }
        if plan.receipt.head != head { try update(plan.receipt.head) }
    }

    // MARK: Series

    func insert(_ head: SeriesHead) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO series (market, timeframe, calendar, anchor, specification,
                    last_regime, last_sequence, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            market, timeframe, head.profile.calendar.rawValue, head.profile.anchor.nanoseconds,
            head.profile.specification, head.lastRegime.label, head.lastSequence, recordedAt,
        ])
    }

    private func update(_ head: SeriesHead) throws {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE series SET last_as_of = ?, last_regime = ?, last_sequence = ?,
                    last_announced_event_id = ?, last_announced_as_of = ?, writes = ?,
                    source_digest = ?, source_writes = ?, specification = ?
                WHERE market = ? AND timeframe = ?
                """)
        try statement.execute(arguments: [
            head.lastAsOf?.nanoseconds, head.lastRegime.label, head.lastSequence,
            head.lastAnnouncedEventID?.text, head.lastAnnouncedAsOf?.nanoseconds,
            head.writes, head.source?.digest, head.source?.writes, head.profile.specification,
            market, timeframe,
        ])
    }

    // MARK: Bars

    private func insert(_ bars: [StoredBar]) throws {
        guard !bars.isEmpty else { return }
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO bars (market, timeframe, timestamp, revision, open, high, low, close,
                    volume, available_at, recorded_at, adopted_at, exogenous)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for stored in bars {
            let bar = stored.bar
            try statement.execute(arguments: [
                market, timeframe, bar.timestamp.nanoseconds, stored.revision, present(bar.open),
                present(bar.high), present(bar.low), present(bar.close), present(bar.volume),
                bar.availableAt.nanoseconds, recordedAt, stored.isAdopted ? recordedAt : nil,
                StoredText.text(of: bar.exogenous),
            ])
        }
    }

    private func markAdopted(_ bar: RevisedBar) throws {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE bars SET adopted_at = ?
                WHERE market = ? AND timeframe = ? AND timestamp = ? AND revision = ?
                """)
        try statement.execute(arguments: [
            recordedAt, market, timeframe, bar.bar.timestamp.nanoseconds, bar.revision,
        ])
    }

    private func present(_ number: Double) -> Double? { number.isNaN ? nil : number }

    // MARK: Models

    private func insert(_ model: StoredModel) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO models (market, timeframe, model_version, fit_key, trained_from,
                    trained_through, manifest, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            market, timeframe, model.version.text, model.fitKey, model.trainedFrom.nanoseconds,
            model.trainedThrough.nanoseconds, model.manifest, recordedAt,
        ])
    }

    private func insert(_ activation: ModelActivation) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO active_models (market, timeframe, active_from, revision,
                    model_version, recorded_at)
                SELECT ?1, ?2, ?3, 1 + count(*), ?4, ?5 FROM active_models
                WHERE market = ?1 AND timeframe = ?2 AND active_from = ?3
                """)
        try statement.execute(arguments: [
            market, timeframe, activation.activeFrom.nanoseconds, activation.version.text,
            recordedAt,
        ])
    }

    // MARK: Assessments and changes

    private func insert(_ assessments: [RegimeAssessment]) throws {
        guard !assessments.isEmpty else { return }
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO market_regimes (market, timeframe, as_of, revision, model_version,
                    available_at, regime, raw_regime, previous_regime, since, probabilities,
                    confidence_kind, calibrated_confidence, trigger, indicators, reasoning,
                    input_missing, recorded_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for assessment in assessments {
            try statement.execute(arguments: [
                market, timeframe, assessment.asOf.nanoseconds, assessment.revision,
                assessment.modelVersion.text, assessment.availableAt.nanoseconds,
                assessment.regime.label, assessment.rawRegime.label,
                assessment.previousRegime.label, assessment.since.nanoseconds,
                StoredText.text(of: assessment.probabilities), assessment.probabilityKind.rawValue,
                assessment.calibratedConfidence, assessment.trigger.rawValue,
                StoredText.text(of: assessment.indicators),
                assessment.reasoning, assessment.inputMissing, recordedAt,
            ])
        }
    }

    private func insert(_ changes: [RegimeChange]) throws {
        guard !changes.isEmpty else { return }
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO regime_changes (market, timeframe, as_of, revision, event_id,
                    model_version, previous_regime, regime, probabilities,
                    calibrated_confidence, trigger, reasoning,
                    sequence, previous_event_id, supersedes, recorded_at, announced_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for change in changes {
            let announcement = change.announcement
            try statement.execute(arguments: [
                market, timeframe, change.asOf.nanoseconds, change.revision, change.eventID.text,
                change.modelVersion.text, change.previousRegime.label, change.regime.label,
                StoredText.text(of: change.probabilities), change.calibratedConfidence,
                change.trigger.rawValue, change.reasoning, announcement?.sequence,
                announcement?.previousEventID?.text,
                announcement?.supersedes?.text, recordedAt, announcement.map { _ in recordedAt },
            ])
        }
    }

    /// Nothing was announced about the bar without one.
    func lastWord(about asOf: Timestamp) throws -> LastWord? {
        try RegimeRows.lastAnnouncement(of: series, at: asOf, database).map { last in
            LastWord(
                last, eventID: try RegimeRows.announcedEvent(of: series, at: asOf, database),
                assessment: try RegimeRows.assessment(of: series, at: asOf, database),
                revision: try RegimeRows.revision(
                    of: series, at: asOf, by: .amendment, database))
        }
    }

    /// Writes what a plan announces.
    func announce(_ plan: JournalPlan) throws {
        guard !plan.changes.isEmpty else { return }
        for change in plan.changes where change.isByBar { try markAnnounced(change) }
        try insert(plan.changes.filter { !$0.isByBar })
        for entry in plan.outbox { try insert(entry) }
        try update(plan.receipt.head)
    }

    /// Gives a change stored silently its place among the announced ones.
    private func markAnnounced(_ change: RegimeChange) throws {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE regime_changes SET sequence = ?, previous_event_id = ?, supersedes = ?,
                    announced_at = ?
                WHERE event_id = ?
                """)
        try statement.execute(arguments: [
            change.announcement?.sequence, change.announcement?.previousEventID?.text,
            change.announcement?.supersedes?.text, recordedAt, change.eventID.text,
        ])
    }

    // MARK: Overrides

    func overrideFacts() throws -> OverrideFacts {
        guard let head = try head() else { throw JournalError.unknownSeries(series) }
        guard let last = head.lastAsOf else {
            return OverrideFacts(head: head, assessment: nil, revision: 0)
        }
        return OverrideFacts(
            head: head, assessment: try RegimeRows.assessment(of: series, at: last, database),
            revision: try RegimeRows.revision(of: series, at: last, by: .override, database))
    }

    func write(_ plan: OverridePlan) throws {
        guard !plan.isEmpty else { return }
        if let ended = plan.ended, let end = ended.end { try mark(ended, end) }
        if let started = plan.started { try insert(started) }
        try insert(plan.changes)
        for entry in plan.outbox { try insert(entry) }
        try update(plan.head)
    }

    private func insert(_ override: RegimeOverride) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO regime_overrides (market, timeframe, sequence, override_id, regime,
                    previous_regime, user_id, reason, as_of, made_at, expires_at, recorded_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let order = override.order
        try statement.execute(arguments: [
            market, timeframe, override.sequence, override.id.text, order.regime.label,
            override.previousRegime.label, order.userID, order.reason,
            override.asOf.nanoseconds, order.madeAt.nanoseconds, order.expiresAt.nanoseconds,
            recordedAt,
        ])
    }

    private func mark(_ override: RegimeOverride, _ end: OverrideEnd) throws {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE regime_overrides SET ended_at = ?, end_reason = ?
                WHERE market = ? AND timeframe = ? AND sequence = ?
                """)
        try statement.execute(arguments: [
            end.at.nanoseconds, end.how.rawValue, market, timeframe, override.sequence,
        ])
    }

    private func insert(_ entry: OutboxEntry) throws {
        try OutboxRows.insert(entry, recordedAt: recordedAt, database)
    }
}
