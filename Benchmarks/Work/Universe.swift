import Kernels
import Market
import MarketTiles
import RegimeModels

/// Thousands of daily markets, made by resampling the samples' returns with a seed, and classified
/// under one fixed model in groups, as a backfill does.
package struct Universe {
    private static let barsPerYear = 252.0
    private static let adoption = 600
    private static let seed: UInt64 = 20_260_201

    package let markets: Int
    package let bars: Int
    package let threads: Int
    /// Markets at a time: what is read ahead of them bounds a backfill's memory.
    private let group = 128

    package init(markets: Int, bars: Int, threads: Int) {
        self.markets = markets
        self.bars = bars
        self.threads = threads
    }

    /// Seconds that the classification takes, the making of the markets left out; `nil` where the
    /// samples are too short for a model.
    ///
    /// - Parameters:
    ///   - usesLanes: `false`: bar by bar.
    ///   - now: seconds of a clock.
    package func seconds(
        _ samples: Samples, usesLanes: Bool, now: () -> Double
    ) -> Double? {
        guard let manifest = ClassificationWork.model(samples.bars(of: 0)) else { return nil }
        let model = FixedModel(
            manifest: manifest, hysteresis: manifest.classifier.hysteresis,
            barsPerYear: Universe.barsPerYear, windowBars: 2520, usesLanes: usesLanes)
        var total = 0.0
        for first in stride(from: 0, to: markets, by: group) {
            let columns = (first..<min(first + group, markets)).map { market(samples, $0) }
            let start = now()
            FixedModelClassifier(model, adoptions: columns.map { _ in Universe.adoption })
                .advance(columns, threads: threads) { _ in }
            total += now() - start
        }
        return total
    }

    private func market(_ samples: Samples, _ index: Int) -> BarColumns {
        var generator = SeededGenerator(seed: Universe.seed, run: index)
        var close = 100.0
        return BarColumns(
            (0..<bars).map { bar in
                let drawn = Int(generator.unit() * Double(samples.returns.count))
                close *= VectorMath.exp(samples.returns[drawn] / 100)
                let instant = Int64(bar) * Timestamp.nanosecondsPerDay
                return Bar(timestamp: Timestamp(nanoseconds: instant), close: close)
            })
    }
}
