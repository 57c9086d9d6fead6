package import Market
package import Ports
package import Regimes
import Synchronization

/// A journal that writes nothing and answers what writing would have answered, and the reader that
/// goes with it.
///
/// It decides as the stores do, against what is stored; what a run would have written before is
/// not seen by the batches after it, but for the series themselves and their heads.
package final class DryRun: Sendable {
    private let reader: any RegimeReader
    private let wording: ChangeWording
    private let heads = Mutex<[Series: SeriesHead]>([:])

    package init(over reader: any RegimeReader, wording: ChangeWording) {
        self.reader = reader
        self.wording = wording
    }
}

extension DryRun: RegimeJournal {
    package func register(_ profile: SeriesProfile) async throws -> SeriesHead {
        if let known = try await head(of: profile.series) {
            guard known.profile == profile else {
                throw JournalError.profileConflict(existing: known.profile)
            }
            return known
        }
        let head = SeriesHead(profile: profile)
        heads.withLock { $0[profile.series] = head }
        return head
    }

    package func record(_ batch: JournalBatch) async throws -> JournalReceipt {
        guard let head = try await head(of: batch.series) else {
            throw JournalError.unknownSeries(batch.series)
        }
        let plan = try JournalDecision.plan(
            batch, given: try await facts(about: batch, head: head), wording: wording)
        heads.withLock { $0[batch.series] = plan.receipt.head }
        return plan.receipt
    }

    /// Which changes would be announced depends on what was not written: none.
    package func announcePending(_ series: Series, limit: Int) async throws -> [RegimeChange] { [] }

    private func facts(
        about batch: JournalBatch, head: SeriesHead
    ) async throws -> JournalFacts {
        var facts = JournalFacts(head: head)
        facts.models = Set(try await reader.models(of: batch.series).map(\.version))
        for activation in try await reader.activations(of: batch.series) {
            facts.activations[activation.activeFrom] = activation.version
        }
        let instants =
            batch.bars.map(\.timestamp) + batch.lateBars.map(\.timestamp)
            + batch.records.map(\.assessment.asOf)
        guard let first = instants.min(), let last = instants.max() else { return facts }
        let query = SeriesQuery(batch.series, range: first..<last.advanced(byNanoseconds: 1))
        for revised in try await reader.bars(query) {
            facts.bars[revised.bar.timestamp] = [
                StoredBar(bar: revised.bar, revision: revised.revision, isAdopted: true)
            ]
        }
        for shadow in try await reader.shadowAnswers(query, onlyDisagreeing: false) {
            facts.shadows[shadow.asOf] = shadow
        }
        for assessment in try await reader.history(query) {
            facts.assessments[assessment.asOf] = assessment
        }
        return facts
    }
}

extension DryRun: RegimeReader {
    package func head(of series: Series) async throws -> SeriesHead? {
        if let known = heads.withLock({ $0[series] }) { return known }
        return try await reader.head(of: series)
    }

    package func heads() async throws -> [SeriesHead] { try await reader.heads() }

    package func current(_ series: Series) async throws -> RegimeAssessment? {
        try await reader.current(series)
    }

    package func known(
        _ series: Series, at instant: Timestamp
    ) async throws -> RegimeAssessment? {
        try await reader.known(series, at: instant)
    }

    package func history(_ query: SeriesQuery) async throws -> [RegimeAssessment] {
        try await reader.history(query)
    }

    package func changes(_ query: SeriesQuery) async throws -> [RegimeChange] {
        try await reader.changes(query)
    }

    package func shadowAnswers(
        _ query: SeriesQuery, onlyDisagreeing: Bool
    ) async throws -> [ShadowAnswer] {
        try await reader.shadowAnswers(query, onlyDisagreeing: onlyDisagreeing)
    }

    package func shadowTally(
        of series: Series, after instant: Timestamp
    ) async throws -> ShadowTally {
        try await reader.shadowTally(of: series, after: instant)
    }

    package func changesAndOverrides(_ query: ChangeQuery) async throws -> [RegimeChange] {
        try await reader.changesAndOverrides(query)
    }

    package func announcements(
        of series: Series, after sequence: Int64, limit: Int
    ) async throws -> [RegimeChange] {
        try await reader.announcements(of: series, after: sequence, limit: limit)
    }

    package func bars(_ query: SeriesQuery) async throws -> [RevisedBar] {
        try await reader.bars(query)
    }

    package func models(of series: Series) async throws -> [StoredModel] {
        try await reader.models(of: series)
    }

    package func model(_ version: ModelVersion) async throws -> StoredModel? {
        try await reader.model(version)
    }

    package func activations(of series: Series) async throws -> [ModelActivation] {
        try await reader.activations(of: series)
    }

    package func commits() -> AsyncStream<Void> { reader.commits() }

    package func ping() async throws { try await reader.ping() }
}
