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
    /// When the sources were brought, by the wall clock.
    package var broughtAt: Timestamp
    package var range: Range<Timestamp>?
    package var emitting: Bool
    package var bringsExogenous: Bool
    package var splits: SplitPolicy
    /// A model fitted before, of which the specification speaks.
    package var fixedModel: ModelManifest?
    /// Markets written at a time.
    package var concurrency: Int

    package init(
        specification: RegimeSpecification, broughtAt: Timestamp,
        range: Range<Timestamp>? = nil, emitting: Bool = false, bringsExogenous: Bool = false,
        splits: SplitPolicy = .refuse,
        fixedModel: ModelManifest? = nil, concurrency: Int
    ) {
        self.specification = specification
        self.broughtAt = broughtAt
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
            broughtAt: broughtAt, range: range, emitting: emitting,
            bringsExogenous: bringsExogenous, splits: splits,
            fixedModel: fixedModel, completing: source.digest)
    }
}

/// Writes the history of many markets, some at a time, each as `Backfill` does.
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
        var marks: [Series: String] = [:]
        for head in try await backfill.reader.heads() where head.source?.writes == head.writes {
            marks[head.profile.series] = head.source?.digest
        }
        try await withThrowingTaskGroup(of: Step.self) { group in
            var agenda = Agenda(limit: request.concurrency)
            while true {
                for job in agenda.begin() {
                    switch job {
                    case .load:
                        group.addTask { .loaded(try next()) }
                    case .write(let member):
                        let mark = marks[member.series]
                        group.addTask {
                            .ended(try await write(member, request, marked: mark, progress))
                        }
                    }
                }
                guard let step = try await group.next() else { return }
                switch step {
                case .loaded(let members): agenda.take(members)
                case .ended(let outcome):
                    agenda.takeEnd()
                    report(outcome)
                }
            }
        }
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
    }

    /// What to begin next: members as long as there is room, and more of them before they run out.
    private struct Agenda {
        enum Job {
            case load
            case write(UniverseMember)
        }

        let limit: Int
        private var waiting: ArraySlice<UniverseMember> = []
        private var active = 0
        private var isLoading = false
        private var isExhausted = false

        init(limit: Int) { self.limit = limit }

        mutating func begin() -> [Job] {
            var jobs: [Job] = []
            while active < limit, let member = waiting.popFirst() {
                active += 1
                jobs.append(.write(member))
            }
            if !isLoading, !isExhausted, waiting.count < limit {
                isLoading = true
                jobs.append(.load)
            }
            return jobs
        }

        mutating func take(_ members: [UniverseMember]) {
            isLoading = false
            isExhausted = members.isEmpty
            waiting += members
        }

        mutating func takeEnd() { active -= 1 }
    }
}
