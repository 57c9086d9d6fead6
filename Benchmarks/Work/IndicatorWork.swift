import Indicators
import Kernels
import Market

extension Samples {
    /// A market's closes as daily bars.
    func bars(of market: Int) -> BarColumns {
        let day = Timestamp.nanosecondsPerDay
        return BarColumns(
            closes(of: market).enumerated().map { index, close in
                Bar(timestamp: Timestamp(nanoseconds: Int64(index) * day), close: close)
            })
    }
}

private let barsPerYear = 252.0

/// Mean, downside deviation and Sortino ratio with three half-lives: a table of closes, a row for
/// each bar and eight markets side by side, to a table of features in the same order, which is kept
/// from one run to the next.
struct WeightedWork: Workload {
    private static let halfLives = [5, 20, 60]

    private let markets: Int
    private let bars: Int
    /// Per eight markets, bar by bar their closes.
    private let closes: [[Double]]
    private let features: [LaneRows]

    init(_ samples: Samples, markets: Range<Int>) {
        let columns = markets.map(samples.closes)
        let lanes = ExponentialTile.lanes
        self.markets = columns.count
        let bars = columns.first?.count ?? 0
        self.bars = bars
        closes = stride(from: 0, to: columns.count, by: lanes).map { first in
            (0..<(bars * lanes)).map { index in
                let market = first + index % lanes
                return market < columns.count ? columns[market][index / lanes] : .nan
            }
        }
        features = closes.map { _ in LaneRows(count: bars * ExponentialTile.columns) }
    }

    mutating func run() {
        for index in closes.indices {
            var tile = ExponentialTile(halfLives: WeightedWork.halfLives)
            tile.advance(closes: closes[index], into: features[index])
        }
    }

    func result() -> [Double] {
        let (lanes, columns) = (ExponentialTile.lanes, ExponentialTile.columns)
        return (0..<markets).flatMap { market in
            (0..<columns).flatMap { column in
                (0..<bars).map { bar in
                    features[market / lanes][bar * columns + column, market % lanes]
                }
            }
        }
    }
}

/// Every indicator there is, bar by bar.
struct LiveIndicators: LiveWork {
    private let bars: [Bar]
    private let fresh: IndicatorEngine

    init(_ samples: Samples) {
        let columns = samples.bars(of: 0)
        bars = (0..<columns.count).map { columns[$0] }
        fresh = IndicatorEngine(
            features: Feature.names.compactMap { try? Feature(name: $0) },
            barsPerYear: barsPerYear)
    }

    var barCount: Int { bars.count }

    mutating func run(bars count: Int) {
        var engine = fresh
        for bar in bars.prefix(count) { _ = engine.advance(with: bar) }
    }
}
