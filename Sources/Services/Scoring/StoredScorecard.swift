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
    package init(
        of head: SeriesHead, _ reader: any RegimeReader & ToldHistory
    ) async throws {
        let models = try await reader.models(of: head.profile.series)
        let timeline = try? SpecificationTimeline(canonicalJSON: head.profile.specification)
        self.init(
            try await PublishedRecord(of: head, reader), of: head.profile.series,
            horizon: timeline?.current.calibration?.horizonBars ?? StoredScorecard.horizonBars,
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
        guard let whole = evaluate([bars]).first else { return [] }
        var published = Row(over: bars, said: bars, of: record.path, history)
        published.subject = PublishedRecord.name
        published.addEarnings(whole.cards[0])
        published.compare(whole.cards[0], with: whole.cards[1])
        published.addConfidence(record.path, in: bars, horizon: horizon)
        var held = Row(over: bars, said: bars, of: reference, history)
        held.subject = "buy_and_hold"
        held.addEarnings(whole.cards[1])
        return [published, held] + modelRows(bars)
    }

    /// A model is judged by the bars that its own labels earned, which begin and end by the delay
    /// of the strategy later than they do.
    private func modelRows(_ bars: Range<Int>) -> [Row] {
        let earned = record.runs.map { earnings(of: $0.bars, in: bars) }
        var periods = evaluate(earned.filter { !$0.isEmpty })[...]
        return zip(record.runs, earned).map { run, earned in
            let said = run.bars.clamped(to: bars)
            var row = Row(over: earned, said: said, of: record.path, history)
            row.subject = "model"
            if !earned.isEmpty, let period = periods.popFirst() {
                row.addEarnings(period.cards[0])
                row.compare(period.cards[0], with: period.cards[1])
            }
            row.addConfidence(record.path, in: said, horizon: horizon)
            row.modelVersion = run.version.text
            if let kind = kinds[run.version] { row.kind = kind }
            row.activeFrom = history.bars.timestamps[run.bars.lowerBound].rfc3339
            row.activeThrough = history.bars.timestamps[run.bars.upperBound - 1].rfc3339
            return row
        }
    }

    private func evaluate(_ stretches: [Range<Int>]) -> [PeriodEvaluation] {
        evaluator.evaluate(history, paths, over: stretches, drawingFrom: barsWithIntervals)
    }

    /// The bars that labels earned, of those that are summed up.
    private func earnings(of labels: Range<Int>, in bars: Range<Int>) -> Range<Int> {
        ((labels.lowerBound + lag)..<(labels.upperBound + lag)).clamped(to: bars)
    }

    /// Bars from a label to the first one that it earns.
    private var lag: Int { settings.strategy.delayBars + 1 }

    /// Bars below which a row has no intervals.
    private var barsWithIntervals: Int {
        settings.bootstrap.map {
            Int((StoredScorecard.blocksNeeded * $0.meanBlockBars).rounded(.up))
        } ?? 0
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
                "\(record.restated) answers were restated since: what was said first counts, "
                    + "which is all that could have been acted on")
        }
        guard let bootstrap = settings.bootstrap else { return notes }
        let lengths = [bars.count] + record.runs.map { earnings(of: $0.bars, in: bars).count }
        if lengths.contains(where: { $0 < barsWithIntervals }) {
            notes.append(
                "rows of fewer than \(barsWithIntervals) bars have no intervals: there is too "
                    + "little to draw from")
        }
        if lengths.contains(where: { bootstrap.isShort($0) && $0 >= barsWithIntervals }) {
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
            + "\(lag) bars later: send more bars"
    }
}
