import Market
import MarketTiles
import Ports
import RegimeModels
import Synchronization

/// Writes series that the store knows nothing of under a fixed model, up to eight side by side: as
/// `Backfill` does, with the same bits, by columns in place of values.
///
/// Whatever it does not cover it leaves to `Backfill`, which goes on from what is committed.
struct BulkBackfill: Sendable {
    /// Series side by side.
    static let width = 8
    /// A longer source is not held in memory as a whole: 56 bytes a bar.
    static let longestSource = 50_000
    /// Bars of a series in one transaction: some 700 bytes each while they are gathered.
    static let barsPerLoad = 8_192
    /// Of a source, pulled at a time.
    private static let page = 1_024

    /// How a member came out.
    enum End {
        case written(BackfillResult, remarks: [String])
        /// Not here: it is to be written the ordinary way.
        case left
    }

    private let backfill: Backfill
    private let terms: BackfillTerms
    private let model: ModelManifest

    /// `nil` where the terms ask for more than lanes compute.
    init?(_ backfill: Backfill, _ terms: BackfillTerms) {
        let specification = terms.specification
        guard let model = terms.fixedModel, specification.fixedModel == model.modelVersion,
            specification.features == model.classifier.features,
            specification.model == model.classifier.model, specification.calibration == nil,
            terms.range == nil, !terms.bringsExogenous
        else { return nil }
        self.backfill = backfill
        self.terms = terms
        self.model = model
        guard fixedModel(barsPerYear: 1).runsInLanes else { return nil }
    }

    private func fixedModel(barsPerYear: Double) -> FixedModel {
        FixedModel(
            manifest: model, hysteresis: terms.specification.hysteresis,
            barsPerYear: barsPerYear, windowBars: terms.specification.training.windowBars)
    }

    /// Whether nothing of a series is stored that a walk would have to take in.
    static func knowsNothing(_ head: SeriesHead) -> Bool {
        head.lastAsOf == nil && head.writes == 0 && head.source == nil
    }

    /// - Parameters:
    ///   - members: up to `width`, of the same bars per year.
    ///   - ended: each member's end, as soon as it is known.
    /// - Throws: `StoreError`, `CancellationError`.
    func run(
        _ members: [UniverseMember], progress: @Sendable (Int) -> Void,
        ended: (Int, End) async -> Void
    ) async throws {
        var series: [BulkSeries] = []
        for index in members.indices {
            if let begun = try await begin(members[index], index) {
                series.append(begun)
            } else {
                await ended(index, .left)
            }
        }
        guard let first = series.first else { return }
        let classifier = FixedModelClassifier(
            fixedModel(barsPerYear: first.head.profile.barsPerYear),
            adoptions: series.map { $0.adoption(model) })
        while series.contains(where: \.isUnderWay) {
            let (pieces, writers) = classify(series, classifier)
            for place in series.indices where series[place].isUnderWay {
                series[place].writer = writers[place]
                let end = try await write(&series[place], pieces[place], progress)
                if let end { await ended(series[place].index, end) }
            }
        }
    }

    /// The next stretch of each series that is under way.
    private func classify(
        _ series: [BulkSeries], _ classifier: FixedModelClassifier
    ) -> ([BarColumns], [TileAnswerWriter]) {
        let pieces = series.map(\.nextPiece)
        let writers = Mutex(series.map(\.writer))
        classifier.advance(pieces) { answers in
            writers.withLock { writers in
                for market in answers.counts.indices {
                    writers[market].take(answers, market: market, of: pieces[market])
                }
            }
        }
        return (pieces, writers.withLock { $0 })
    }

    /// `nil` where the series is not one for lanes.
    private func begin(_ member: UniverseMember, _ index: Int) async throws -> BulkSeries? {
        do {
            let source = try member.open()
            guard let bars = try read(source, of: member),
                let anchor = bars.timestamps.first
            else { return nil }
            let asked = member.request(source, terms)
            let head = try await backfill.register(asked, anchor: anchor)
            guard BulkBackfill.knowsNothing(head), head.profile.anchor == anchor
            else { return nil }
            try await backfill.keep(model, for: member.series)
            return BulkSeries(
                index: index, digest: source.digest, remarks: source.remarks(), bars: bars,
                head: head,
                writer: TileAnswerWriter(
                    head.profile, terms.specification, model,
                    bars: min(bars.count, BulkBackfill.barsPerLoad)))
        } catch {
            return try left(error)
        }
    }

    /// All bars of a source; `nil` where it is empty, too long, or not what lanes compute.
    private func read(_ source: MemberSource, of member: UniverseMember) throws -> BarColumns? {
        var columns = BarColumns()
        var splits = SplitGuard(member.series, in: member.calendar, terms.splits)
        while true {
            let page = try source.pull(BulkBackfill.page)
            if page.isEmpty { return columns.isEmpty ? nil : columns }
            guard columns.count + page.count <= BulkBackfill.longestSource else { return nil }
            try splits.check(page)
            for bar in page {
                let isNext = columns.timestamps.last.map { $0 < bar.timestamp } ?? true
                guard isNext, bar.exogenous.isEmpty else { return nil }
                columns.append(bar)
            }
        }
    }

    /// Writes what was gathered of a series; its end, if this is it.
    private func write(
        _ series: inout BulkSeries, _ piece: BarColumns, _ progress: @Sendable (Int) -> Void
    ) async throws -> End? {
        guard !series.writer.hasAnsweredEarly else {
            series.leave()
            return .left
        }
        do {
            let receipt = try await backfill.journal.load(series.load(piece, model))
            series.take(receipt)
            progress(piece.count)
            guard !series.isUnderWay else { return nil }
            if terms.emitting {
                series.result.take(
                    announced: try await backfill.announcePending(of: series.head.profile.series))
            }
            return .written(series.result, remarks: series.remarks)
        } catch {
            series.leave()
            return try left(error) ?? .left
        }
    }

    /// Only a store that is away, and who stops the run, are not met again by the ordinary way.
    private func left<Value>(_ error: any Error) throws -> Value? {
        if error is StoreError || error is CancellationError { throw error }
        return nil
    }
}

/// One series on its way into the store.
private struct BulkSeries {
    /// Among the members.
    let index: Int
    let digest: String
    let remarks: [String]
    private(set) var head: SeriesHead
    var writer: TileAnswerWriter
    var result: BackfillResult
    private var bars: BarColumns
    private var written = 0

    init(
        index: Int, digest: String, remarks: [String], bars: BarColumns, head: SeriesHead,
        writer: TileAnswerWriter
    ) {
        self.index = index
        self.digest = digest
        self.remarks = remarks
        self.bars = bars
        self.head = head
        self.writer = writer
        result = BackfillResult(head: head)
        result.beginPass(writes: head.writes)
    }

    var isUnderWay: Bool { written < bars.count }

    /// The bar that a walk adopts the model at if it is a complete one.
    func adoption(_ model: ModelManifest) -> Int {
        bars.timestamps.firstIndex { $0 > model.trainedThrough } ?? .max
    }

    /// Empty once all is written.
    var nextPiece: BarColumns {
        let end = min(written + BulkBackfill.barsPerLoad, bars.count)
        if written == 0, end == bars.count { return bars }
        return BarColumns((written..<end).lazy.map { bars[$0] })
    }

    func load(_ piece: BarColumns, _ model: ModelManifest) -> SeriesLoad {
        let isLast = written + piece.count == bars.count
        let models =
            writer.activations.isEmpty
            ? [] : [StoredModel(model, of: head.profile.series)]
        return SeriesLoad(
            lastAsOf: head.lastAsOf, writes: head.writes, bars: piece, answers: writer.answers,
            changes: writer.changes, models: models, activations: writer.activations,
            completing: isLast ? digest : nil)
    }

    mutating func take(_ receipt: JournalReceipt) {
        result.take(writer.answers)
        result.take(receipt)
        head = receipt.head
        written += writer.answers.count
        writer.clear(before: min(bars.count - written, BulkBackfill.barsPerLoad))
    }

    /// Others write it.
    mutating func leave() {
        bars = BarColumns()
        written = 0
        writer.clear(before: 0)
    }
}
