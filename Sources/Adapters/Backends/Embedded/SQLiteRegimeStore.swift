import GRDB
package import Market
package import Ports
package import Regimes

/// The regime store of the embedded default: journal, reader and outbox in one SQLite file.
///
/// What a batch means is decided by `JournalDecision` against the few rows that the batch touches;
/// here rows are only looked up and written.
package final class SQLiteRegimeStore: Sendable {
    let file: EmbeddedFile
    let wording: ChangeWording
    let now: @Sendable () -> Timestamp

    init(
        file: EmbeddedFile, wording: ChangeWording, now: @escaping @Sendable () -> Timestamp
    ) {
        self.file = file
        self.wording = wording
        self.now = now
    }

    /// Closes the file, and with it the event log that shares it.
    package func close() throws {
        try file.close()
    }
}

// MARK: - Journal

extension SQLiteRegimeStore: RegimeJournal {
    package func register(_ profile: SeriesProfile) async throws -> SeriesHead {
        let recordedAt = now()
        return try await file.write { database in
            let rows = JournalRows(series: profile.series, recordedAt: recordedAt, database)
            if let known = try rows.head() {
                guard known.profile == profile else {
                    throw JournalError.profileConflict(existing: known.profile)
                }
                return known
            }
            let head = SeriesHead(profile: profile)
            try rows.insert(head)
            return head
        }
    }

    package func record(_ batch: JournalBatch) async throws -> JournalReceipt {
        let recordedAt = now()
        return try await file.write { [wording = wording.traced] database in
            let rows = JournalRows(series: batch.series, recordedAt: recordedAt, database)
            guard let head = try rows.head() else {
                throw JournalError.unknownSeries(batch.series)
            }
            let plan = try JournalDecision.plan(
                batch, given: try rows.facts(for: batch, head: head), wording: wording)
            try rows.write(plan, replacing: head)
            return plan.receipt
        }
    }

    package func announcePending(_ series: Series, limit: Int) async throws -> [RegimeChange] {
        let recordedAt = now()
        return try await file.write { [wording = wording.traced] database in
            let rows = JournalRows(series: series, recordedAt: recordedAt, database)
            guard let head = try rows.head() else { throw JournalError.unknownSeries(series) }
            var pending = PendingChanges(of: head, limit: limit)
            while let query = pending.next {
                let page = try RegimeRows.changes(query, database)
                let announced = try PendingChanges.silentSpan(page).map {
                    try RegimeRows.lastAnnouncements(
                        of: series, from: $0.first, through: $0.last, database)
                }
                pending.take(page, announced: announced ?? [])
            }
            let lastWord = try pending.lastBar.flatMap { try rows.lastWord(about: $0) }
            let plan = pending.plan(lastWord: lastWord, wording: wording)
            try rows.announce(plan)
            return plan.changes
        }
    }
}

// MARK: - Overrides

extension SQLiteRegimeStore: OverrideLedger {
    package func putInForce(_ order: OverrideOrder) async throws -> RegimeOverride {
        let recordedAt = now()
        return try await file.write { [wording = wording.traced] database in
            let rows = JournalRows(series: order.series, recordedAt: recordedAt, database)
            let (plan, override) = try OverrideDecision.start(
                order, given: try rows.overrideFacts(), wording: wording)
            try rows.write(plan)
            return override
        }
    }

    package func endExpiredOverride(
        of series: Series, at now: Timestamp
    ) async throws -> RegimeChange? {
        let recordedAt = self.now()
        return try await file.write { [wording = wording.traced] database in
            let rows = JournalRows(series: series, recordedAt: recordedAt, database)
            let plan = OverrideDecision.end(
                at: now, given: try rows.overrideFacts(), wording: wording)
            try rows.write(plan)
            return plan.changes.first
        }
    }

    package func standingOverrides() async throws -> [RegimeOverride] {
        try await file.read { try RegimeRows.standingOverrides($0) }
    }

    package func overrides(
        of series: Series, after sequence: Int64, limit: Int
    ) async throws -> [RegimeOverride] {
        let limit = SeriesQuery(series, limit: limit).limit
        return try await file.read {
            try RegimeRows.overrides(of: series, after: sequence, limit: limit, $0)
        }
    }
}

// MARK: - Reader

extension SQLiteRegimeStore: RegimeReader {
    package func heads() async throws -> [SeriesHead] {
        try await file.read { try RegimeRows.heads($0) }
    }

    package func head(of series: Series) async throws -> SeriesHead? {
        try await file.read { try RegimeRows.head(of: series, $0) }
    }

    package func current(_ series: Series) async throws -> RegimeAssessment? {
        try await file.read { try RegimeRows.current(series, $0) }
    }

    package func known(
        _ series: Series, at instant: Timestamp
    ) async throws -> RegimeAssessment? {
        try await file.read { try RegimeRows.known(series, at: instant, $0) }
    }

    package func history(_ query: SeriesQuery) async throws -> [RegimeAssessment] {
        try await file.read { try RegimeRows.history(query, $0) }
    }

    package func shadowAnswers(
        _ query: SeriesQuery, onlyDisagreeing: Bool
    ) async throws -> [ShadowAnswer] {
        try await file.read {
            try ShadowRows.answers(query, onlyDisagreeing: onlyDisagreeing, $0)
        }
    }

    package func shadowTally(
        of series: Series, after instant: Timestamp
    ) async throws -> ShadowTally {
        try await file.read { try ShadowRows.tally(of: series, after: instant, $0) }
    }

    package func changes(_ query: SeriesQuery) async throws -> [RegimeChange] {
        try await file.read { try RegimeRows.changes(query, $0) }
    }

    package func changesAndOverrides(_ query: ChangeQuery) async throws -> [RegimeChange] {
        try await file.read { try RegimeRows.changesAndOverrides(query, $0) }
    }

    package func announcements(
        of series: Series, after sequence: Int64, limit: Int
    ) async throws -> [RegimeChange] {
        let limit = SeriesQuery(series, limit: limit).limit
        return try await file.read {
            try RegimeRows.announcements(of: series, after: sequence, limit: limit, $0)
        }
    }

    package func bars(_ query: SeriesQuery) async throws -> [RevisedBar] {
        try await file.read { try RegimeRows.bars(query, $0) }
    }

    package func models(of series: Series) async throws -> [StoredModel] {
        try await file.read { try RegimeRows.models(of: series, $0) }
    }

    package func model(_ version: ModelVersion) async throws -> StoredModel? {
        try await file.read { try RegimeRows.model(version, $0) }
    }

    package func activations(of series: Series) async throws -> [ModelActivation] {
        try await file.read { try RegimeRows.activations(of: series, $0) }
    }

    package func commits() -> AsyncStream<Void> { file.signal.stream() }

    package func ping() async throws {
        try await file.probe()
    }
}
