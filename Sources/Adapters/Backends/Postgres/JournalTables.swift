import Market
import Ports
import Postgres
import Regimes

/// What a journal transaction adds of one series, as rows of tables.
struct JournalTables: Sendable {
    let series: Series
    /// Market and timeframe, in every row.
    private let key: [PostgresValue]
    let recorded: PostgresValue

    init(series: Series, recordedAt: Timestamp) {
        self.series = series
        key = [.text(series.market.text), .text(series.timeframe.description)]
        recorded = recordedAt.floored
    }

    // MARK: Bars

    static let bars = PostgresTable(
        "bars",
        [
            "market", "timeframe", "timestamp", "revision", "open", "high", "low", "close",
            "volume", "available_at", "recorded_at", "adopted_at", "exogenous",
        ], casts: ["exogenous": "json"])

    func row(_ stored: StoredBar) throws -> [PostgresValue] {
        let bar = stored.bar
        return try [
            key[0], key[1], bar.timestamp.stored(), .integer(stored.revision),
            .number(bar.open), .number(bar.high), .number(bar.low), .number(bar.close),
            .number(bar.volume), bar.availableAt.stored(), recorded,
            stored.isAdopted ? recorded : .null, .text(StoredText.text(of: bar.exogenous)),
        ]
    }

    func adoption(of bar: RevisedBar) throws -> PostgresQuery {
        let statement: PostgresQuery = """
            UPDATE bars SET adopted_at = \(recorded)
            WHERE market = \(key[0]) AND timeframe = \(key[1])
                AND timestamp = \(try bar.bar.timestamp.stored()) AND revision = \(bar.revision)
            """
        return statement.plannedAnew()
    }

    // MARK: Models

    static let models = PostgresTable(
        "models",
        [
            "market", "timeframe", "model_version", "fit_key", "trained_from", "trained_through",
            "manifest", "recorded_at",
        ])

    func row(_ model: StoredModel) throws -> [PostgresValue] {
        try key + [
            .text(model.version.text), .text(model.fitKey), model.trainedFrom.stored(),
            model.trainedThrough.stored(), .text(model.manifest), recorded,
        ]
    }

    func insertion(of activation: ModelActivation) throws -> PostgresQuery {
        let activeFrom = try activation.activeFrom.stored()
        return """
            INSERT INTO active_models
                (market, timeframe, active_from, revision, model_version, recorded_at)
            SELECT \(key[0]), \(key[1]), \(activeFrom), 1 + count(*), \(activation.version.text),
                \(recorded)
            FROM active_models
            WHERE market = \(key[0]) AND timeframe = \(key[1]) AND active_from = \(activeFrom)
            """
    }

    // MARK: Assessments and changes

    static let assessments = PostgresTable(
        "market_regimes",
        [
            "market", "timeframe", "as_of", "revision", "model_version", "available_at", "regime",
            "raw_regime", "previous_regime", "since", "probabilities", "confidence_kind",
            "calibrated_confidence", "trigger", "indicators", "reasoning", "input_missing",
            "recorded_at",
        ], casts: ["probabilities": "json", "indicators": "json"])

    func row(_ assessment: RegimeAssessment) throws -> [PostgresValue] {
        // In one list: every further one would be an allocation a row.
        try [
            key[0], key[1], assessment.asOf.stored(), .integer(assessment.revision),
            .text(assessment.modelVersion.text), assessment.availableAt.stored(),
            .text(assessment.regime.label), .text(assessment.rawRegime.label),
            .text(assessment.previousRegime.label), assessment.since.stored(),
            .text(StoredText.text(of: assessment.probabilities)),
            .text(assessment.probabilityKind.rawValue), .number(assessment.calibratedConfidence),
            .text(assessment.trigger.rawValue), .text(StoredText.text(of: assessment.indicators)),
            .text(assessment.reasoning), .bool(assessment.inputMissing), recorded,
        ]
    }

    static let changes = PostgresTable(
        "regime_changes",
        [
            "market", "timeframe", "as_of", "revision", "event_id", "model_version",
            "previous_regime", "regime", "probabilities", "calibrated_confidence", "trigger",
            "reasoning", "sequence", "previous_event_id", "supersedes", "recorded_at",
            "announced_at",
        ], casts: ["probabilities": "json"])

    func row(_ change: RegimeChange) throws -> [PostgresValue] {
        let announcement = change.announcement
        return try key + [
            change.asOf.stored(), .integer(change.revision), .text(change.eventID.text),
            .text(change.modelVersion.text), .text(change.previousRegime.label),
            .text(change.regime.label), .text(StoredText.text(of: change.probabilities)),
            .number(change.calibratedConfidence), .text(change.trigger.rawValue),
            .text(change.reasoning),
            announcement.map { .int64($0.sequence) } ?? .null,
            .text(announcement?.previousEventID?.text), .text(announcement?.supersedes?.text),
            recorded, announcement == nil ? .null : recorded,
        ]
    }

    /// The statements of a plan that announces what was stored silently.
    func announcements(of plan: JournalPlan) throws -> [PostgresQuery] {
        guard !plan.changes.isEmpty else { return [] }
        let statements = try plan.changes.map { change in
            change.isByBar ? announcement(of: change) : Self.changes.insert(try row(change))
        }
        return statements + [try update(to: plan.receipt.head)] + insertions(of: plan.outbox)
    }

    /// Gives a change stored silently its place among the announced ones.
    private func announcement(of change: RegimeChange) -> PostgresQuery {
        """
        UPDATE regime_changes SET sequence = \(change.announcement?.sequence),
            previous_event_id = \(change.announcement?.previousEventID?.text),
            supersedes = \(change.announcement?.supersedes?.text), announced_at = \(recorded)
        WHERE event_id = \(change.eventID.text)
        """
    }

    // MARK: Overrides

    private static let overrides = PostgresTable(
        "regime_overrides",
        [
            "market", "timeframe", "sequence", "override_id", "regime", "previous_regime",
            "user_id", "reason", "as_of", "made_at", "expires_at", "recorded_at",
        ])

    /// The statements of a plan.
    func statements(of plan: OverridePlan) throws -> [PostgresQuery] {
        guard !plan.isEmpty else { return [] }
        var queries: [PostgresQuery] = []
        if let ended = plan.ended, let end = ended.end {
            queries.append(
                """
                UPDATE regime_overrides
                SET ended_at = \(try end.at.stored()), end_reason = \(end.how.rawValue)
                WHERE market = \(key[0]) AND timeframe = \(key[1])
                    AND sequence = \(ended.sequence)
                """)
        }
        if let started = plan.started {
            queries.append(Self.overrides.insert(try row(started)))
        }
        queries += try plan.changes.map { Self.changes.insert(try row($0)) }
        queries.append(try update(to: plan.head))
        return queries + insertions(of: plan.outbox)
    }

    private func row(_ override: RegimeOverride) throws -> [PostgresValue] {
        let order = override.order
        return try key + [
            .int64(override.sequence), .text(override.id.text), .text(order.regime.label),
            .text(override.previousRegime.label), .text(order.userID), .text(order.reason),
            override.asOf.stored(), order.madeAt.stored(), order.expiresAt.stored(), recorded,
        ]
    }

    // MARK: Series

    func insertion(of head: SeriesHead) throws -> PostgresQuery {
        """
        INSERT INTO series (market, timeframe, calendar, anchor, specification, last_regime,
            last_sequence, recorded_at)
        VALUES (\(key[0]), \(key[1]), \(head.profile.calendar.rawValue),
            \(try head.profile.anchor.stored()), \(head.profile.specification),
            \(head.lastRegime.label), \(head.lastSequence), \(recorded))
        ON CONFLICT (market, timeframe) DO NOTHING
        """
    }

    func update(to head: SeriesHead) throws -> PostgresQuery {
        """
        UPDATE series SET last_as_of = \(try head.lastAsOf?.stored() ?? .null),
            last_regime = \(head.lastRegime.label), last_sequence = \(head.lastSequence),
            last_announced_event_id = \(head.lastAnnouncedEventID?.text),
            last_announced_as_of = \(try head.lastAnnouncedAsOf?.stored() ?? .null),
            writes = \(head.writes), source_digest = \(head.source?.digest),
            source_writes = \(head.source?.writes),
            specification = \(head.profile.specification)
        WHERE market = \(key[0]) AND timeframe = \(key[1])
        """
    }

    func insertions(of entries: [OutboxEntry]) -> [PostgresQuery] {
        OutboxQueries.insertions(of: entries, recordedAt: recorded)
    }
}
