import Contracts
package import Market
package import Ports
import RegimeModels
import Regimes

/// Writes a series' history walk-forward: the live path, fed from a source of bars.
///
/// Stored bars and the source's are merged by time, the source's winning where they differ, and run
/// through `MarketRegimeState` from the series' anchor. What the store already says is left alone,
/// so a second run writes nothing and a killed one goes on where it stopped: each chunk is one
/// transaction, and the state is a function of the bars.
package struct Backfill: Sendable {
    /// Pulls up to a number of the source's bars, ascending; empty at its end.
    package typealias Source = (Int) throws -> [Bar]

    /// Of bars that are at hand.
    package static func source(of bars: [Bar]) -> Source {
        var rest = bars[...]
        return { limit in
            defer { rest = rest.dropFirst(limit) }
            return Array(rest.prefix(limit))
        }
    }

    /// Walks over the bars before a backfill gives way to others that write the same series.
    static let passLimit = 20

    package let journal: any RegimeJournal
    package let reader: any RegimeReader

    /// Threads that a fit runs on.
    package let threads: Int

    package init(journal: any RegimeJournal, reader: any RegimeReader, threads: Int = 1) {
        self.journal = journal
        self.reader = reader
        self.threads = threads
    }

    /// - Parameters:
    ///   - source: called until it answers an empty array.
    ///   - scan: the same bars once more: looked at as a whole before the first is written. `nil`:
    ///     what looks like an unadjusted split is met in its chunk, with those before it written.
    ///   - progress: called after each chunk.
    /// - Throws: `BackfillError`, `JournalError`, `StoreError`, and what the source throws.
    package func run(
        _ request: BackfillRequest, from source: Source, scanning scan: Source? = nil,
        progress: (BackfillProgress) -> Void = { _ in }
    ) async throws -> BackfillResult {
        if let scan { try await self.scan(request, from: scan) }
        // Bars at or after the range's end are not read: they would be stored without an answer.
        let end = request.terms.range?.upperBound ?? Timestamp(nanoseconds: .max)
        func pull() throws -> [Bar] {
            try source(request.chunkSize).filter { $0.timestamp < end }
        }
        var first = try pull()
        let head = try await register(request, anchor: first.first?.timestamp)
        if let model = request.terms.fixedModel { try await keep(model, for: request.series) }
        var result = BackfillResult(head: head)
        try await pass(request, into: &result, progress: progress) {
            defer { first = [] }
            return first.isEmpty ? try pull() : first
        }
        // What another process wrote behind this pass was not merged into it: once more over what
        // is stored now, until nobody interferes. Each pass finds most of it said already.
        var passes = 1
        while result.isDisturbed {
            guard passes < Backfill.passLimit else { throw BackfillError.contended(request.series) }
            passes += 1
            result.startOver()
            try await pass(request, into: &result, progress: progress) { [] }
        }
        if let range = request.terms.range, result.barsInRange == 0 {
            throw BackfillError.emptyRange(request.series, range)
        }
        if let digest = request.completing { try await complete(digest, of: request.series) }
        if request.terms.emitting {
            result.take(announced: try await announcePending(of: request.series))
        }
        return result
    }

    /// One walk over the merged bars from the anchor to their end.
    private func pass(
        _ request: BackfillRequest, into result: inout BackfillResult,
        progress: (BackfillProgress) -> Void, pull: () throws -> [Bar]
    ) async throws {
        guard let head = try await reader.head(of: request.series) else {
            throw JournalError.unknownSeries(request.series)
        }
        result.beginPass(writes: head.writes)
        var knownModels = try await Replay(reader: reader).knownModels(of: request.series)
        if let model = request.terms.fixedModel { knownModels[model.fitKey] = model }
        var state = MarketRegimeState(
            profile: head.profile,
            timeline: try SpecificationTimeline(canonicalJSON: head.profile.specification),
            knownModels: knownModels,
            trigger: .backfill, threads: threads)
        var bars = StoredBars(
            reader: reader, series: request.series, from: head.profile.anchor,
            keepingExogenous: !request.terms.bringsExogenous, now: request.terms.now)
        var splits = SplitGuard(
            request.series, in: head.profile.calendar, request.terms.splits)
        while true {
            let chunk = try await bars.next(limit: request.chunkSize, pull: pull)
            if chunk.isEmpty { break }
            for merged in chunk { try splits.check(merged.bar, isNew: merged.isNew) }
            try await write(chunk, into: &state, of: request, to: &result)
            progress(BackfillProgress(bars: result.work.bars, lastAsOf: state.lastAsOf))
        }
        result.barsBeforeAnchor += bars.barsBeforeAnchor
        result.endPass(writes: try await reader.head(of: request.series)?.writes)
    }

    /// Stores a model before it answers: whoever continues the series finds it.
    func keep(_ model: ModelManifest, for series: Series) async throws {
        guard try await reader.models(of: series).allSatisfy({ $0.version != model.version })
        else { return }
        var batch = JournalBatch(series: series, expecting: .anyHead, announcing: false)
        batch.models = [StoredModel(model, of: series)]
        _ = try await journal.record(batch)
    }

    private func complete(_ digest: String, of series: Series) async throws {
        guard let head = try await reader.head(of: series),
            head.source != SourceMark(digest: digest, writes: head.writes)
        else { return }
        var batch = JournalBatch(
            series: series, expecting: .head(lastAsOf: head.lastAsOf, writes: head.writes),
            announcing: false)
        batch.completing = digest
        do {
            _ = try await journal.record(batch)
        } catch JournalError.headMoved {
            // Somebody wrote meanwhile: the next run looks again.
        }
    }

    /// - Parameter anchor: the first bar, from which a new series begins.
    func register(
        _ request: BackfillRequest, anchor: Timestamp?
    ) async throws -> SeriesHead {
        if let head = try await reader.head(of: request.series) {
            guard head.profile.calendar == request.calendar else {
                throw BackfillError.calendarConflict(
                    request.series, registered: head.profile.calendar, asked: request.calendar)
            }
            // What was promoted since goes on answering, also where what the series began with is
            // configured still.
            let begun = try? SpecificationTimeline(canonicalJSON: head.profile.specification)
            guard begun?.specifications.contains(request.terms.specification) ?? false else {
                throw BackfillError.specificationConflict(
                    request.series,
                    differences: begun?.current.differences(from: request.terms.specification)
                        ?? ["it cannot be read by this version"])
            }
            return head
        }
        guard let anchor else { throw BackfillError.noBars(request.series) }
        return try await journal.register(
            SeriesProfile(
                series: request.series, calendar: request.calendar, anchor: anchor,
                specification: request.terms.specification.canonicalJSON))
    }

    /// Runs one chunk through the state and writes what the store does not say yet.
    private func write(
        _ bars: [MergedBar], into state: inout MarketRegimeState, of request: BackfillRequest,
        to result: inout BackfillResult
    ) async throws {
        guard let first = bars.first, let last = bars.last else { return }
        let known = try await knownAnswers(
            request.series, from: first.bar.timestamp, through: last.bar.timestamp)
        var batch = JournalBatch(series: request.series, expecting: .anyHead, announcing: false)
        for merged in bars {
            for effect in state.process(merged.bar) {
                switch effect {
                case .adopt(let model, let activation):
                    batch.models.append(model)
                    batch.activations.append(activation)
                case .keep(let model):
                    batch.models.append(model)
                case .record(let record):
                    result.take(record.assessment)
                    let asOf = record.assessment.asOf
                    let isWanted = request.terms.range.map { $0.contains(asOf) } ?? true
                    let isKnown = known.says(record)
                    if isWanted { result.barsInRange += 1 }
                    if isWanted, !isKnown { batch.records.append(record) }
                case .keepLate(let bar):
                    batch.lateBars.append(bar)
                case .reportFitFailure(let instant, let failure):
                    result.fitFailures.append((instant, failure))
                }
            }
            if merged.isNew { batch.bars.append(merged.bar) }
        }
        // Models alone are no news: they are written again with what they are needed for.
        let isNews = !(batch.records.isEmpty && batch.bars.isEmpty && batch.lateBars.isEmpty)
        if isNews { result.take(try await journal.record(batch)) }
    }

    private func knownAnswers(
        _ series: Series, from first: Timestamp, through last: Timestamp
    ) async throws -> KnownAnswers {
        try await KnownAnswers(
            reader, SeriesQuery(series, range: first..<last.advanced(byNanoseconds: 1)))
    }

    /// Changes announced in one transaction.
    private static let announcementPage = 500

    /// Announces all that was stored silently and is to be announced; gives how many changes.
    package func announcePending(of series: Series) async throws -> Int {
        var count = 0
        while true {
            let announced = try await journal.announcePending(
                series, limit: Backfill.announcementPage)
            if announced.isEmpty { return count }
            count += announced.count
        }
    }
}

/// What the store says of a chunk already.
private struct KnownAnswers {
    private let assessments: [Timestamp: RegimeAssessment]
    private let shadows: [Timestamp: ShadowAnswer]

    init(_ reader: any RegimeReader, _ query: SeriesQuery) async throws {
        assessments = Dictionary(
            try await reader.history(query).map { ($0.asOf, $0) }, uniquingKeysWith: { $1 })
        shadows = Dictionary(
            try await reader.shadowAnswers(query, onlyDisagreeing: false)
                .map { ($0.asOf, $0) }, uniquingKeysWith: { $1 })
    }

    func says(_ record: JournalRecord) -> Bool {
        let asOf = record.assessment.asOf
        return assessments[asOf].map(record.assessment.saysTheSame) ?? false
            && record.shadow.map { shadow in shadows[asOf].map(shadow.saysTheSame) ?? false }
                ?? true
    }
}

package struct BackfillProgress: Sendable {
    package let bars: Int
    package let lastAsOf: Timestamp?
}
