package import Market
package import Ports

/// What is known of the proof of each series, and which series should be verified next: decisions
/// alone, without a store and without a clock.
///
/// A series is due when nothing is known of it, when a later day of its market has closed, and when
/// it was restated, which takes back what was verified. One that is being written is left alone
/// until it is quiet from one look to the next, but for `patience` looks at the most.
package struct ProofLedger: Sendable {
    /// Looks for which a series that is being written is left alone.
    package static let patience = 5

    /// One verification that should be made.
    package struct Target: Sendable, Equatable {
        package let series: Series
        /// The last bar to compare: of a day that has closed.
        package let through: Timestamp
        /// The head's `writes` when it was decided.
        package let writes: Int64
    }

    /// What came of a target.
    package enum Finding: Sendable, Equatable {
        /// The store says what the live path says.
        case proven
        /// It does not; the first difference.
        case differs(AssessmentDifference)
        /// There are differences, and somebody wrote meanwhile: it is looked at once more.
        case unsettled
    }

    private struct Entry {
        /// Among all series, by name.
        var place: Int
        var lastAsOf: Timestamp
        var writes: Int64
        /// The last bar of the days that have closed.
        var closed: Timestamp
        var isRestated = false
        var isQuiet = true
        /// Looks for which it was due and not quiet.
        var looksWaited = 0
        var outcome: Outcome?
        /// Differences that may come from somebody's writing.
        var suspicion: [AssessmentDifference] = []
        /// Counts verifications over all series: the one longest ago has the least.
        var turn = 0

        var isDue: Bool {
            guard let outcome else { return true }
            return isRestated || !suspicion.isEmpty || closed > outcome.through
        }

        var isReady: Bool { isDue && (isQuiet || looksWaited >= ProofLedger.patience) }
    }

    private struct Outcome {
        var through: Timestamp
        /// Answers that were compared; `nil` when it could not be verified.
        var bars: Int?
        var differences = 0
        var first: AssessmentDifference?
    }

    private var entries: [Series: Entry] = [:]
    private var turns = 0

    package init() {}

    // MARK: - Looking

    /// Takes over where all series stand; one that is gone is forgotten.
    ///
    /// - Parameter heads: ordered by name.
    package mutating func look(at heads: [SeriesHead], now: Timestamp) {
        var seen: [Series: Entry] = [:]
        seen.reserveCapacity(heads.count)
        var ends: [SessionCalendar: Timestamp] = [:]
        for calendar in SessionCalendar.allCases {
            ends[calendar] = ProofLedger.end(ofClosedDays: calendar, at: now)
        }
        for (place, head) in heads.enumerated() {
            guard let lastAsOf = head.lastAsOf, let end = ends[head.profile.calendar] else {
                continue
            }
            let series = head.profile.series
            let closed = min(lastAsOf, end)
            var entry =
                entries[series]
                ?? Entry(place: place, lastAsOf: lastAsOf, writes: head.writes, closed: closed)
            entry.place = place
            entry.isQuiet = entry.writes == head.writes
            // More was written, and no later bar: what was there is another.
            if !entry.isQuiet, entry.lastAsOf == lastAsOf { entry.isRestated = true }
            (entry.lastAsOf, entry.writes, entry.closed) = (lastAsOf, head.writes, closed)
            entry.looksWaited = entry.isDue && !entry.isQuiet ? entry.looksWaited + 1 : 0
            seen[series] = entry
        }
        entries = seen
    }

    /// When the last day that is over ended. Of a market whose sessions nobody knows every day
    /// counts as one.
    static func end(ofClosedDays calendar: SessionCalendar, at now: Timestamp) -> Timestamp {
        calendar.latestCompletedSession(at: now)?.close ?? Timestamp(clamping: now.utcDate)
    }

    /// What to verify next: of the series that are ready, the one that was verified longest ago.
    package func next() -> Target? {
        let ready = entries.lazy.filter(\.value.isReady)
        let chosen = ready.min { one, other in
            (one.value.turn, one.value.place) < (other.value.turn, other.value.place)
        }
        return chosen.map { series, entry in
            Target(series: series, through: entry.closed, writes: entry.writes)
        }
    }

    // MARK: - Outcomes

    /// - Parameter writes: the series' after the verification; `nil` when it is gone.
    @discardableResult
    package mutating func took(
        _ report: VerificationReport, of target: Target, writes: Int64?
    ) -> Finding {
        guard var entry = entries[target.series] else { return .proven }
        let isSettled =
            report.differences.isEmpty || writes == target.writes
            || report.differences == entry.suspicion
        guard isSettled else {
            entry.suspicion = report.differences
            settle(&entry, of: target, entry.outcome)
            return .unsettled
        }
        entry.suspicion = []
        let first = report.differences.min { $0.asOf < $1.asOf }
        let outcome = Outcome(
            through: target.through, bars: report.answers, differences: report.differenceCount,
            first: first)
        settle(&entry, of: target, outcome)
        return first.map { .differs($0) } ?? .proven
    }

    /// The series cannot be verified, and asking again is of no use before it is due again.
    package mutating func gaveUp(_ target: Target) {
        guard var entry = entries[target.series] else { return }
        entry.suspicion = []
        settle(&entry, of: target, Outcome(through: target.through))
    }

    private mutating func settle(_ entry: inout Entry, of target: Target, _ outcome: Outcome?) {
        turns += 1
        entry.turn = turns
        entry.outcome = outcome
        entry.isRestated = false
        // Whatever was written meanwhile, the next look tells.
        entry.isQuiet = entry.suspicion.isEmpty
        entry.looksWaited = 0
        entries[target.series] = entry
    }

    // MARK: - Telling

    /// All of it in numbers.
    package struct Tally: Sendable, Equatable {
        /// Series of which the last closed day is verified, whatever was found.
        package var series = 0
        /// Series that are due.
        package var pending = 0
        /// Series that cannot be verified.
        package var failed = 0
        /// Answers that were compared.
        package var bars = 0
        package var differences = 0
        /// The earliest of all differences that stand.
        package var first: AssessmentDifference?
    }

    package var tally: Tally {
        var tally = Tally()
        for entry in entries.values {
            if entry.isDue { tally.pending += 1 }
            guard let outcome = entry.outcome, !entry.isRestated else { continue }
            guard let bars = outcome.bars else {
                tally.failed += 1
                continue
            }
            if !entry.isDue { tally.series += 1 }
            tally.bars += bars
            tally.differences += outcome.differences
        }
        tally.first = earliestDifference
        return tally
    }

    private var earliestDifference: AssessmentDifference? {
        let standing = entries.values.compactMap { entry in
            entry.isRestated ? nil : entry.outcome?.first.map { (entry.place, $0) }
        }
        return standing.min { ($0.1.asOf, $0.0) < ($1.1.asOf, $1.0) }?.1
    }

    /// The last verified bar of some series, the first ones by name; `nil` for one of which nothing
    /// is verified, or no more.
    package func verifiedThrough(limit: Int) -> [(series: Series, through: Timestamp?)] {
        entries.sorted { $0.value.place < $1.value.place }.prefix(limit).map { series, entry in
            let isVerified = entry.outcome?.bars != nil && !entry.isRestated
            return (series, isVerified ? entry.outcome?.through : nil)
        }
    }
}
