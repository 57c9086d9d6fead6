package import Market
import Ports

/// Writes the history of many markets, some at a time, each as `Backfill` does; those that the
/// store does not know go side by side where a fixed model allows it.
///
/// A market whose source was written to its end before, and that nobody wrote since, is passed
/// over, so a stopped run goes on where it was. One that cannot be written is told of, and the
/// others go on; only a store that is away ends the run.
package struct UniverseBackfill: Sendable {
    private let backfill: Backfill
    /// Markets written at a time.
    private let concurrency: Int
    /// Told of every series that was written, before the next one of the same place in the run.
    private let written: @Sendable (Series) async -> Void

    package init(
        _ backfill: Backfill, concurrency: Int,
        written: @escaping @Sendable (Series) async -> Void = { _ in }
    ) {
        self.backfill = backfill
        self.concurrency = max(1, concurrency)
        self.written = written
    }

    /// - Parameters:
    ///   - known: what is stored, read shortly before.
    ///   - next: some more members; empty at the end. Called while others are written.
    ///   - progress: bars more, by whichever market; called on any thread.
    ///   - report: each market's outcome as it ends.
    /// - Throws: what `next` throws; `StoreError`.
    package func run(
        _ terms: BackfillTerms, knowing known: KnownSeries,
        next: @escaping @Sendable () throws -> [UniverseMember],
        progress: @escaping @Sendable (Int) -> Void = { _ in },
        report: (MemberOutcome) -> Void
    ) async throws {
        let bulk = BulkBackfill(backfill, terms)
        try await withThrowingTaskGroup(of: Step.self) { group in
            var agenda = UniverseAgenda(concurrency: concurrency, tiles: bulk != nil) {
                known.isNew($0.series) ? $0.series.timeframe.barsPerYear(in: $0.calendar) : nil
            }
            while true {
                for job in agenda.begin() {
                    switch job {
                    case .load:
                        group.addTask { .loaded(try next()) }
                    case .write(let member):
                        let mark = known.mark(of: member.series)
                        group.addTask {
                            .ended(try await write(member, terms, marked: mark, progress))
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
        _ member: UniverseMember, _ terms: BackfillTerms, marked mark: String?,
        _ progress: @Sendable (Int) -> Void
    ) async throws -> MemberOutcome {
        let outcome: MemberOutcome.End
        var remarks: [String] = []
        do {
            let source = try member.open()
            if source.digest == mark {
                // What was written silently may still have to be announced.
                let announced =
                    terms.emitting ? try await backfill.announcePending(of: member.series) : 0
                return MemberOutcome(member.series, .unchanged(announced: announced))
            }
            var seen = 0
            let result = try await backfill.run(
                member.request(source, terms), from: source.pull,
                scanning: terms.splits.rule == .refuse ? member.open().pull : nil,
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
