package import Market
package import Regimes
import Synchronization

/// The twin of the durable stores: the same answers, from memory.
package final class InMemoryRegimeStore: Sendable {
    struct SeriesRows {
        var head: SeriesHead
        var bars = RevisionShelf<StoredBar>()
        var assessments = RevisionShelf<RegimeAssessment>()
        /// By bars.
        var changes = RevisionShelf<RegimeChange>()
        /// In sequence order, those of overrides and amendments among them.
        var announcements: [RegimeChange] = []
        /// In the order of their start.
        var overrides: [RegimeOverride] = []
        var shadows = RevisionShelf<ShadowAnswer>()
        var models: [StoredModel] = []
        var activations = RevisionShelf<ModelActivation>()
    }

    struct OutboxLine {
        var row: OutboxRow
        var recordedAt: Timestamp
    }

    struct State {
        var series: [Series: SeriesRows] = [:]
        /// The line at index i has position i + 1.
        var outbox: [OutboxLine] = []
        /// How many of the outbox, from its beginning, are published.
        var relayed = 0
        var lease: (owner: String, expiry: Timestamp)?
    }

    let state = Mutex(State())
    let signal = CommitSignal()
    let wording: ChangeWording
    private let now: @Sendable () -> Timestamp

    /// - Parameter now: stamps what is recorded; only the outbox' lag shows it.
    package init(wording: ChangeWording, now: @escaping @Sendable () -> Timestamp) {
        self.wording = wording
        self.now = now
    }
}

// MARK: - Journal

extension InMemoryRegimeStore: RegimeJournal {
    package func register(_ profile: SeriesProfile) async throws -> SeriesHead {
        let (head, isNew) = try state.withLock { state in
            if let known = state.series[profile.series]?.head {
                guard known.profile == profile else {
                    throw JournalError.profileConflict(existing: known.profile)
                }
                return (known, false)
            }
            let head = SeriesHead(profile: profile)
            state.series[profile.series] = SeriesRows(head: head)
            return (head, true)
        }
        if isNew { signal.notify() }
        return head
    }

    package func record(_ batch: JournalBatch) async throws -> JournalReceipt {
        let receipt = try state.withLock { state in
            guard var rows = state.series[batch.series] else {
                throw JournalError.unknownSeries(batch.series)
            }
            let plan = try JournalDecision.plan(
                batch, given: facts(rows, for: batch), wording: wording.traced)
            apply(plan, to: &rows)
            state.series[batch.series] = rows
            append(plan.outbox, to: &state)
            return plan.receipt
        }
        signal.notify()
        return receipt
    }

    package func announcePending(_ series: Series, limit: Int) async throws -> [RegimeChange] {
        let announced = try state.withLock { state -> [RegimeChange] in
            guard var rows = state.series[series] else {
                throw JournalError.unknownSeries(series)
            }
            var pending = PendingChanges(of: rows.head, limit: limit)
            let told = rows.announcements.filter { !$0.isByOverride }
            while let query = pending.next {
                pending.take(changes(of: rows, query), announced: told)
            }
            let lastWord = pending.lastBar.flatMap { self.lastWord(about: $0, in: rows) }
            let plan = pending.plan(lastWord: lastWord, wording: wording.traced)
            for change in plan.changes where change.isByBar {
                rows.changes[change.asOf][rows.changes[change.asOf].count - 1] = change
            }
            rows.announcements += plan.changes
            rows.head = plan.receipt.head
            state.series[series] = rows
            append(plan.outbox, to: &state)
            return plan.changes
        }
        if !announced.isEmpty { signal.notify() }
        return announced
    }

    private func lastWord(about asOf: Timestamp, in rows: SeriesRows) -> LastWord? {
        let told = rows.announcements.filter { $0.asOf == asOf }
        return told.last.map { last in
            LastWord(
                last, eventID: told.last { !$0.isByOverride }?.eventID,
                assessment: rows.assessments[asOf].last,
                revision: told.filter(\.isAmendment).map(\.revision).max() ?? 0)
        }
    }

    private func facts(_ rows: SeriesRows, for batch: JournalBatch) -> JournalFacts {
        var facts = JournalFacts(head: rows.head)
        for bar in batch.bars + batch.lateBars {
            facts.bars[bar.timestamp] = rows.bars[bar.timestamp]
        }
        for record in batch.records {
            let asOf = record.assessment.asOf
            facts.assessments[asOf] = rows.assessments[asOf].last
            facts.shadows[asOf] = rows.shadows[asOf].last
            facts.announced[asOf] =
                rows.announcements.last { $0.asOf == asOf && !$0.isByOverride }?.eventID
        }
        facts.models = Set(rows.models.map(\.version))
        for activation in batch.activations {
            let activeFrom = activation.activeFrom
            facts.activations[activeFrom] = rows.activations[activeFrom].last?.version
        }
        return facts
    }

    private func apply(_ plan: JournalPlan, to rows: inout SeriesRows) {
        for bar in plan.insertedBars { rows.bars.append(bar, at: bar.bar.timestamp) }
        for adopted in plan.adoptedBars {
            rows.bars[adopted.bar.timestamp][adopted.revision - 1].isAdopted = true
        }
        for assessment in plan.assessments {
            rows.assessments.append(assessment, at: assessment.asOf)
        }
        for change in plan.changes {
            rows.changes.append(change, at: change.asOf)
            if change.announcement != nil { rows.announcements.append(change) }
        }
        for shadow in plan.shadows { rows.shadows.append(shadow, at: shadow.asOf) }
        rows.models += plan.models
        for activation in plan.activations {
            rows.activations.append(activation, at: activation.activeFrom)
        }
        rows.head = plan.receipt.head
    }

    func append(_ entries: [OutboxEntry], to state: inout State) {
        guard !entries.isEmpty else { return }
        let recordedAt = now()
        for entry in entries {
            let row = OutboxRow(
                position: Int64(state.outbox.count + 1), eventID: entry.eventID,
                message: entry.message)
            state.outbox.append(OutboxLine(row: row, recordedAt: recordedAt))
        }
    }
}

// MARK: - Reader

extension InMemoryRegimeStore: RegimeReader {
    package func heads() async throws -> [SeriesHead] {
        InMemoryRegimeStore.heads(of: state.withLock { $0.series })
    }

    static func heads(of series: [Series: SeriesRows]) -> [SeriesHead] {
        series.values.map(\.head).sorted {
            ($0.profile.series.market.text, $0.profile.series.timeframe.description)
                < ($1.profile.series.market.text, $1.profile.series.timeframe.description)
        }
    }

    package func head(of series: Series) async throws -> SeriesHead? {
        rows(of: series)?.head
    }

    package func current(_ series: Series) async throws -> RegimeAssessment? {
        rows(of: series)?.assessments.last
    }

    package func known(
        _ series: Series, at instant: Timestamp
    ) async throws -> RegimeAssessment? {
        rows(of: series)?.assessments.all.last { $0.isKnown(at: instant) }
    }

    package func shadowAnswers(
        _ query: SeriesQuery, onlyDisagreeing: Bool
    ) async throws -> [ShadowAnswer] {
        rows(of: query.series)?.shadows.rows(query) { _, revisions in
            revisions.last { query.admits($0.availableAt) }.flatMap {
                !onlyDisagreeing || $0.disagrees ? $0 : nil
            }
        } ?? []
    }

    package func shadowTally(
        of series: Series, after instant: Timestamp
    ) async throws -> ShadowTally {
        let latest = rows(of: series)?.shadows.latest.filter { $0.asOf > instant }
        return ShadowTally(
            bars: latest?.count ?? 0, disagreed: latest?.count(where: \.disagrees) ?? 0)
    }

    package func history(_ query: SeriesQuery) async throws -> [RegimeAssessment] {
        rows(of: query.series)?.assessments.rows(query) { _, revisions in
            revisions.last { query.admits($0.availableAt) }
        } ?? []
    }

    package func changes(_ query: SeriesQuery) async throws -> [RegimeChange] {
        rows(of: query.series).map { changes(of: $0, query) } ?? []
    }

    package func changesAndOverrides(_ query: ChangeQuery) async throws -> [RegimeChange] {
        guard let rows = rows(of: query.series) else { return [] }
        // Of the bar of the cursor one change was on the page before.
        var bars = query.bars
        bars.limit += 1
        var byBars = changes(of: rows, bars)
        var others = rows.announcements.filter { change in
            !change.isByBar && query.range.map { $0.contains(change.asOf) } ?? true
        }
        if let instant = query.knownAt {
            for index in byBars.indices { byBars[index].announcement = nil }
            others.removeAll { !rows.isKnown($0, at: instant) }
        }
        let listed = (byBars + others).filter { change in
            query.after.map { $0 < change.place } ?? true
        }
        return Array(listed.sorted { $0.place < $1.place }.prefix(query.limit))
    }

    package func announcements(
        of series: Series, after sequence: Int64, limit: Int
    ) async throws -> [RegimeChange] {
        let limit = SeriesQuery(series, limit: limit).limit
        let later = rows(of: series)?.announcements.dropFirst(Int(max(sequence, 0))) ?? []
        return Array(later.prefix(limit))
    }

    package func bars(_ query: SeriesQuery) async throws -> [RevisedBar] {
        rows(of: query.series)?.bars.rows(query) { _, revisions in
            revisions.last { $0.isAdopted && query.admits($0.bar.availableAt) }.map {
                RevisedBar(bar: $0.bar, revision: $0.revision)
            }
        } ?? []
    }

    package func models(of series: Series) async throws -> [StoredModel] {
        (rows(of: series)?.models ?? []).sorted {
            ($0.trainedThrough, $0.trainedFrom, $0.version.text)
                < ($1.trainedThrough, $1.trainedFrom, $1.version.text)
        }
    }

    package func model(_ version: ModelVersion) async throws -> StoredModel? {
        for head in try await heads() {
            let models = rows(of: head.profile.series)?.models ?? []
            if let model = models.first(where: { $0.version == version }) { return model }
        }
        return nil
    }

    package func activations(of series: Series) async throws -> [ModelActivation] {
        rows(of: series)?.activations.rows(SeriesQuery(series)) { $1.last } ?? []
    }

    package func commits() -> AsyncStream<Void> { signal.stream() }

    package func ping() async throws {}

    func rows(of series: Series) -> SeriesRows? {
        state.withLock { $0.series[series] }
    }

    func changes(of rows: SeriesRows, _ query: SeriesQuery) -> [RegimeChange] {
        rows.changes.rows(query) { asOf, revisions in
            let told = rows.assessments[asOf].last { query.admits($0.availableAt) }
            return revisions.last { $0.revision == told?.revision }
        }
    }
}

extension InMemoryRegimeStore.SeriesRows {
    /// Whether a change that no bar brought is an override's that had begun, or ended, by then.
    fileprivate func isKnown(_ change: RegimeChange, at instant: Timestamp) -> Bool {
        guard change.isByOverride, let sequence = change.announcement?.sequence else {
            return false
        }
        // While one stands nothing else is announced: what follows its start is its end.
        return overrides.contains { override in
            override.sequence == sequence
                ? override.order.madeAt <= instant
                : override.sequence + 1 == sequence
                    && (override.end.map { $0.at <= instant } ?? false)
        }
    }
}

// MARK: - Outbox

extension InMemoryRegimeStore: Outbox {
    /// Takes messages of something else that shares this outbox.
    func append(_ entries: [OutboxEntry]) {
        state.withLock { append(entries, to: &$0) }
        signal.notify()
    }

    package func pending(after position: Int64, limit: Int) async throws -> [OutboxRow] {
        state.withLock { state in
            state.outbox.dropFirst(max(Int(clamping: position), state.relayed))
                .prefix(max(limit, 0)).map(\.row)
        }
    }

    package func markPublished(through position: Int64) async throws {
        state.withLock { state in
            state.relayed = max(state.relayed, min(Int(clamping: position), state.outbox.count))
        }
    }

    package func acquireLease(owner: String, for term: LeaseTerm) async throws -> Bool {
        state.withLock { state in
            if let lease = state.lease, lease.owner != owner,
                !term.mayTake(leaseUntil: lease.expiry)
            {
                return false
            }
            state.lease = (owner, term.end)
            return true
        }
    }

    package func releaseLease(owner: String) async throws {
        state.withLock { state in
            if state.lease?.owner == owner { state.lease = nil }
        }
    }

    package func lag() async throws -> OutboxLag {
        state.withLock { state in
            let waiting = state.outbox.dropFirst(state.relayed)
            return OutboxLag(pending: waiting.count, oldestRecordedAt: waiting.first?.recordedAt)
        }
    }
}
