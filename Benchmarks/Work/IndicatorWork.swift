import Indicators
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

/// Mean, downside deviation and Sortino ratio with three half-lives, for each market in turn.
struct WeightedWork: Workload {
    private static let features = [5, 20, 60].flatMap { halfLife in
        ["ewm_mean_\(halfLife)", "downside_deviation_\(halfLife)", "sortino_\(halfLife)"]
    }.compactMap { try? Feature(name: $0) }

    private let markets: [BarColumns]
    private var found: [[[Double]]] = []

    init(_ samples: Samples, markets: Range<Int>) {
        self.markets = markets.map(samples.bars)
    }

    mutating func run() {
        found = markets.map {
            IndicatorEngine.columns(
                of: $0, features: WeightedWork.features, barsPerYear: barsPerYear)
        }
    }

    func result() -> [Double] { found.flatMap { $0.flatMap(\.self) } }
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
