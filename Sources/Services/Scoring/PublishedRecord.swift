import Evaluation
import Market
import Ports
import RegimeModels
import Regimes

/// What was published of a series when it was first said, and what its market did, as columns.
///
/// A restatement knows better than whoever acted on the first statement could: to score it would
/// flatter the labels. What the market did is taken as it is known now: a corrected close is what
/// was traded at, and closes before and after a split must be of one kind.
struct PublishedRecord {
    /// Bars that are looked at, the latest: a century of days, fourteen years of an exchange's
    /// hours.
    static let barsLimit = 25_000

    /// Models that are looked at, the latest: a century of refits twice a year.
    static let runsLimit = 200

    /// A model, and the bars that it answered for without a break.
    struct Run {
        let version: ModelVersion
        var bars: Range<Int>
    }

    /// Bars that have an answer.
    let history: MarketHistory
    let path: LabelPath
    /// The latest ones.
    let runs: [Run]
    /// Bars whose answer was restated since; what was said first counts.
    let restated: Int
    /// Whether there are earlier bars.
    let isCut: Bool

    /// - Throws: `StoreError`, `CancellationError`.
    init(of head: SeriesHead, _ reader: any ToldHistory) async throws {
        let series = head.profile.series
        let barsPerYear = head.profile.barsPerYear
        var columns = Columns()
        if let query = PublishedRecord.query(of: head, barsPerYear: barsPerYear) {
            try await columns.read(query, reader)
            columns.cut(to: PublishedRecord.barsLimit)
        }
        history = MarketHistory(
            name: "\(series)", bars: columns.bars, calendar: head.profile.calendar,
            barsPerYear: barsPerYear)
        var path = LabelPath(
            name: PublishedRecord.name, published: columns.answers.map(\.regime),
            probabilities: columns.answers.map(\.probabilities), hasProbabilities: true)
        path.statedConfidence = columns.answers.map(\.confidence)
        self.path = path
        runs = columns.runs.suffix(PublishedRecord.runsLimit)
        restated = columns.answers.count(where: \.isRestated)
        isCut = history.bars.timestamps.first.map { $0 > head.profile.anchor } ?? false
    }

    static let name = "published"

    /// The answers of the latest bars, and perhaps some more; `nil` before the first answer.
    private static func query(of head: SeriesHead, barsPerYear: Double) -> SeriesQuery? {
        guard let last = head.lastAsOf else { return nil }
        let years = Double(barsLimit) * (1 + spare) / barsPerYear
        let span = years * daysPerYear * Double(Timestamp.nanosecondsPerDay)
        // Of weeks so many bars are centuries, more than an instant can count.
        let start = Double(last.nanoseconds) - span
        let anchor = head.profile.anchor
        let first =
            start > Double(anchor.nanoseconds) ? Timestamp(nanoseconds: Int64(start)) : anchor
        return SeriesQuery(
            head.profile.series, range: first..<last.advanced(byNanoseconds: 1))
    }

    /// Some years have a few bars less than the mean.
    private static let spare = 0.05
    private static let daysPerYear = 365.25

    private struct Columns {
        private(set) var answers: [ToldBar] = []
        private var closes: [Double] = []

        mutating func read(_ query: SeriesQuery, _ reader: any ToldHistory) async throws {
            try await reader.forEachTold(.first, query) { told, close in
                answers.append(told)
                closes.append(close ?? .nan)
            }
        }

        mutating func cut(to limit: Int) {
            let excess = max(answers.count - limit, 0)
            answers.removeFirst(excess)
            closes.removeFirst(excess)
        }

        /// Of the prices only the close counts.
        var bars: BarColumns {
            BarColumns(zip(answers, closes).map { Bar(timestamp: $0.asOf, close: $1) })
        }

        var runs: [Run] {
            var runs: [Run] = []
            for (index, answer) in answers.enumerated() where answer.modelVersion != .unfitted {
                if let last = runs.last, last.version == answer.modelVersion,
                    last.bars.upperBound == index
                {
                    runs[runs.count - 1].bars = last.bars.lowerBound..<(index + 1)
                } else {
                    runs.append(Run(version: answer.modelVersion, bars: index..<(index + 1)))
                }
            }
            return runs
        }
    }
}
