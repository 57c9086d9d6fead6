package import Market
import Ports
package import RegimeModels

/// One market of a universe, ready to be read.
package struct UniverseMember: Sendable {
    package let series: Series
    package let calendar: SessionCalendar
    /// Reads the source, and names its bars and how they are to be written: the same digest, the
    /// same work.
    package let open: @Sendable () throws -> MemberSource

    package init(
        series: Series, calendar: SessionCalendar,
        open: @escaping @Sendable () throws -> MemberSource
    ) {
        self.series = series
        self.calendar = calendar
        self.open = open
    }
}

/// The bars of a market, and what was noticed while they were read.
package struct MemberSource {
    package let digest: String
    package let pull: Backfill.Source
    /// Asked for when the last bar was pulled.
    package let remarks: () -> [String]

    package init(
        digest: String, pull: @escaping Backfill.Source, remarks: @escaping () -> [String]
    ) {
        self.digest = digest
        self.pull = pull
        self.remarks = remarks
    }
}

/// What all markets of a universe are written with.
package struct UniverseRequest: Sendable {
    package var specification: RegimeSpecification
    /// The wall clock: each market's corrections are known from when they are written.
    package var now: @Sendable () -> Timestamp
    package var range: Range<Timestamp>?
    package var emitting: Bool
    package var bringsExogenous: Bool
    package var splits: SplitPolicy
    /// A model fitted before, of which the specification speaks.
    package var fixedModel: ModelManifest?
    /// Markets written at a time.
    package var concurrency: Int

    package init(
        specification: RegimeSpecification, now: @escaping @Sendable () -> Timestamp,
        range: Range<Timestamp>? = nil, emitting: Bool = false, bringsExogenous: Bool = false,
        splits: SplitPolicy = .refuse,
        fixedModel: ModelManifest? = nil, concurrency: Int
    ) {
        self.specification = specification
        self.now = now
        self.range = range
        self.emitting = emitting
        self.bringsExogenous = bringsExogenous
        self.splits = splits
        self.fixedModel = fixedModel
        self.concurrency = max(1, concurrency)
    }

    func backfill(of member: UniverseMember, _ source: MemberSource) -> BackfillRequest {
        BackfillRequest(
            series: member.series, calendar: member.calendar, specification: specification,
            now: now, range: range, emitting: emitting,
            bringsExogenous: bringsExogenous, splits: splits,
            fixedModel: fixedModel, completing: source.digest)
    }
}

/// Writes the history of many markets, some at a time, each as `Backfill` does; those that the
/// store does not know go side by side where a fixed model allows it.
///
/// A market whose source was written to its end before, and that nobody wrote since, is passed
/// over, so a stopped run goes on where it was. One that cannot be written is told of, and the
/// others go on; only a store that is away ends the run.
package struct UniverseBackfill: Sendable {
    private let backfill: Backfill
    /// Told of every series that was written, before the next one of the same place in the run.
    private let written: @Sendable (Series) async -> Void

    package init(
        _ backfill: Backfill, written: @escaping @Sendable (Series) async -> Void = { _ in }
    ) {
        self.backfill = backfill
        self.written = written
    }

    /// - Parameters:
    ///   - next: some more members; empty at the end. Called while others are written.
    ///   - progress: bars more, by whichever market; called on any thread.
    ///   - report: each market's outcome as it ends.
    /// - Throws: what `next` throws; `StoreError`.
    package func run(
        _ request: UniverseRequest, next: @escaping @Sendable () throws -> [UniverseMember],
        progress: @escaping @Sendable (Int) -> Void = { _ in },
        report: (MemberOutcome) -> Void
    ) async throws {
        let known = try await KnownSeries(backfill.reader.heads())
        let bulk = BulkBackfill(backfill, request)
        try await withThrowingTaskGroup(of: Step.self) { group in
            var agenda = UniverseAgenda(concurrency: request.concurrency, tiles: bulk != nil) {
                known.isNew($0.series) ? $0.series.barsPerYear(in: $0.calendar) : nil
            }
            while true {
                for job in agenda.begin() {
                    switch job {
                    case .load:
                        group.addTask { .loaded(try next()) }
                    case .write(let member):
                        let mark = known.marks[member.series]
                        group.addTask {
                            .ended(try await write(member, request, marked: mark, progress))
                        }
                    case .writeTile(let members):
                        group.addTask { try await write(members, through: bulk, progress) }
                    }
                }
                guard let step = try await group.next() else { return }
                switch step {
                case .loaded(let members): agenda.take(members)
                case .ended(let outcome):
                    agenda.takeEnd()
                    report(outcome)
                case .tileEnded(let outcomes, let left):
                    agenda.takeTileEnd(left)
                    for outcome in outcomes { report(outcome) }
                }
            }
        }
    }

    /// What was stored when the run began.
    private struct KnownSeries {
        /// Digests of the sources that were written to their ends, and nobody wrote since.
        private(set) var marks: [Series: String] = [:]
        private var answered: Set<Series> = []

        init(_ heads: [SeriesHead]) {
            for head in heads {
                let series = head.profile.series
                if head.source?.writes == head.writes { marks[series] = head.source?.digest }
                if !BulkBackfill.knowsNothing(head) { answered.insert(series) }
            }
        }

        func isNew(_ series: Series) -> Bool { !answered.contains(series) }
    }

    /// Side by side; what cannot be is left to be written alone.
    private func write(
        _ members: [UniverseMember], through bulk: BulkBackfill?,
        _ progress: @Sendable (Int) -> Void
    ) async throws -> Step {
        guard let bulk else { return .tileEnded([], left: members) }
        var outcomes: [MemberOutcome] = []
        var left: [UniverseMember] = []
        try await bulk.run(members, progress: progress) { index, end in
            let member = members[index]
            switch end {
            case .left: left.append(member)
            case .written(let result, let remarks):
                await written(member.series)
                outcomes.append(
                    MemberOutcome(member.series, .written(result), remarks: remarks))
            }
        }
        return .tileEnded(outcomes, left: left)
    }

    private func write(
        _ member: UniverseMember, _ request: UniverseRequest, marked mark: String?,
        _ progress: @Sendable (Int) -> Void
    ) async throws -> MemberOutcome {
        let outcome: MemberOutcome.End
        var remarks: [String] = []
        do {
            let source = try member.open()
            if source.digest == mark {
                // What was written silently may still have to be announced.
                let announced =
                    request.emitting ? try await backfill.announcePending(of: member.series) : 0
                return MemberOutcome(member.series, .unchanged(announced: announced))
            }
            var seen = 0
            let result = try await backfill.run(
                request.backfill(of: member, source), from: source.pull,
                progress: { done in
                    progress(max(done.bars - seen, 0))
                    seen = done.bars
                })
            remarks = source.remarks()
            outcome = .written(result)
        } catch let error as StoreError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            outcome = .failed("\(error)")
        }
        // Also what came before a failure is committed.
        await written(member.series)
        return MemberOutcome(member.series, outcome, remarks: remarks)
    }

    private enum Step: Sendable {
        case loaded([UniverseMember])
        case ended(MemberOutcome)
        case tileEnded([MemberOutcome], left: [UniverseMember])
    }
}
