package import Contracts
import Evaluation
import Market
package import Ports
import RegimeModels
import Regimes

/// What the published labels of a series were worth, by the strategy and the figures of
/// `evaluate`.
package struct StoredScorecard {
    package typealias Card = Bloasis_MarketRegime_GetScorecardResponse
    typealias Row = Bloasis_MarketRegime_ScorecardRow

    /// Bars ahead at which a label must still hold, where its calibration does not say.
    static let horizonBars = EvaluationSettings().horizon
    /// Mean blocks of the bootstrap below which there is no interval.
    static let blocksNeeded = 2.0

    let record: PublishedRecord
    let series: Series
    let horizon: Int
    /// By version; none of a model that this program cannot read.
    let kinds: [ModelVersion: String]
    private let settings: EvaluationSettings
    private let reference: LabelPath

    /// - Throws: `StoreError`, `CancellationError`.
    package init(of head: SeriesHead, _ reader: any RegimeReader) async throws {
        let models = try await reader.models(of: head.profile.series)
        let specification = try? RegimeSpecification(canonicalJSON: head.profile.specification)
        self.init(
            try await PublishedRecord(of: head, reader), of: head.profile.series,
            horizon: specification?.calibration?.horizonBars ?? StoredScorecard.horizonBars,
            kinds: Dictionary(
                models.compactMap { model in
                    (try? ModelManifest(json: model.manifest)).map {
                        (model.version, $0.classifier.model.rawValue)
                    }
                }, uniquingKeysWith: { $1 }), EvaluationSettings())
    }

    init(
        _ record: PublishedRecord, of series: Series, horizon: Int,
        kinds: [ModelVersion: String], _ settings: EvaluationSettings
    ) {
        self.record = record
        self.series = series
        self.horizon = horizon
        self.kinds = kinds
        self.settings = settings
        reference = Candidate.buyAndHold.path(over: record.history, walks: [:])
    }

    package var message: Card {
        var message = Card()
        message.market = series.market.text
        message.timeframe = "\(series.timeframe)"
        message.rule = settings.strategy.rule
        message.horizonBars = Int32(clamping: horizon)
        let bars = evaluator.bars(of: history, paths)
        message.bars = Int32(clamping: bars.count)
        message.notes = notes(bars)
        guard let first = bars.first, let last = bars.last else { return message }
        message.from = history.bars.timestamps[first].rfc3339
        message.through = history.bars.timestamps[last].rfc3339
        message.rows = rows(bars)
        message.labels = LabelReturns.all(of: record.path, history, in: bars).map {
            Bloasis_MarketRegime_LabelOutcome($0, of: bars.count)
        }
        return message
    }

    private var history: MarketHistory { record.history }
    private var paths: [LabelPath] { [record.path, reference] }
    private var evaluator: Evaluator { Evaluator(settings) }

    private func rows(_ bars: Range<Int>) -> [Row] {
        guard let whole = evaluator.evaluate(history, paths, over: [bars]).first else { return [] }
        var published = Row(whole.cards[0], over: bars, of: record.path)
        published.subject = PublishedRecord.name
        published.compare(whole.cards[0], with: reference.name)
        published.addConfidence(record.path, in: bars, horizon: horizon)
        var held = Row(whole.cards[1], over: bars, of: reference)
        held.subject = "buy_and_hold"
        return ([published, held] + modelRows(bars)).map { row in
            var row = row
            if isTooShort(Int(row.bars)) { row.clearIntervals() }
            return row
        }
    }

    private func modelRows(_ bars: Range<Int>) -> [Row] {
        let stretches = record.runs.map { $0.bars.clamped(to: bars) }
        var periods = evaluator.evaluate(history, paths, over: stretches.filter { !$0.isEmpty })[
            ...]
        return zip(record.runs, stretches).map { run, stretch in
            var row = Row()
            if !stretch.isEmpty, let period = periods.popFirst() {
                row = Row(period.cards[0], over: stretch, of: record.path)
                row.compare(period.cards[0], with: reference.name)
                row.addConfidence(record.path, in: stretch, horizon: horizon)
            }
            row.subject = "model"
            row.bars = Int32(clamping: stretch.count)
            row.modelVersion = run.version.text
            if let kind = kinds[run.version] { row.kind = kind }
            row.activeFrom = history.bars.timestamps[run.bars.lowerBound].rfc3339
            row.activeThrough = history.bars.timestamps[run.bars.upperBound - 1].rfc3339
            return row
        }
    }

    private func isTooShort(_ bars: Int) -> Bool {
        guard let bootstrap = settings.bootstrap else { return true }
        return Double(bars) < StoredScorecard.blocksNeeded * bootstrap.meanBlockBars
    }

    // MARK: What is missing

    private func notes(_ bars: Range<Int>) -> [String] {
        guard !bars.isEmpty else { return [absence] }
        var notes: [String] = []
        if record.isCut {
            notes.append(
                "only the latest \(history.count) bars are looked at, since "
                    + "\(history.bars.timestamps[0])")
        }
        if record.restated > 0 {
            notes.append(
                "\(record.restated) answers were restated since, and count as they stand now, "
                    + "which nobody could have acted on")
        }
        guard let bootstrap = settings.bootstrap else { return notes }
        let lengths = [bars.count] + record.runs.map { $0.bars.clamped(to: bars).count }
        if lengths.contains(where: isTooShort) {
            notes.append(
                "rows of fewer than "
                    + "\(Int(StoredScorecard.blocksNeeded * bootstrap.meanBlockBars)) bars have no "
                    + "intervals: there is too little to draw from")
        }
        if lengths.contains(where: { bootstrap.isShort($0) && !isTooShort($0) }) {
            let wanted = StationaryBootstrap.blocksWanted * Int(bootstrap.meanBlockBars)
            notes.append(
                "intervals of rows of fewer than \(wanted) bars are too narrow by some points of a "
                    + "hundred")
        }
        return notes
    }

    /// Why nothing is summed up.
    private var absence: String {
        let known = record.path.firstKnown
        guard history.count > 0 else {
            return "no bar has an answer yet: backfill it, or send bars"
        }
        guard known < history.count else {
            return "no label is known in \(history.count) bars: a model answers after its warm-up, "
                + "send more bars"
        }
        return
            "the first label is known at bar \(known + 1) of \(history.count), and a trade comes "
            + "\(settings.strategy.delayBars + 1) bars later: send more bars"
    }
}
