import Kernels
import Regimes

/// A probability that was stated and what came of it.
package struct Forecast: Sendable, Equatable {
    package let probability: Double
    package let happened: Bool

    package init(probability: Double, happened: Bool) {
        self.probability = probability
        self.happened = happened
    }
}

extension LabelPath {
    /// Whether the published label of a bar is the published label `horizon` bars later, against
    /// `confidence`. Both bars lie in the range.
    ///
    /// - Parameter confidence: per bar of the path; `nil`: the probability of the published label.
    package func persistenceForecasts(
        horizon: Int, in range: Range<Int>, confidence: [Double]? = nil
    ) -> [Forecast] {
        forecastBars(horizon: horizon, in: range).map { bar in
            Forecast(
                probability: confidence?[bar] ?? self.confidence(at: bar),
                happened: published[bar + horizon] == published[bar])
        }
    }
}

/// How well stated probabilities agree with what happened.
package struct Reliability: Sendable, Equatable {
    package struct Bin: Sendable, Equatable {
        package let lower: Double
        package let upper: Double
        package let count: Int
        /// Mean of the stated probabilities.
        package let stated: Double
        /// Share that happened.
        package let observed: Double
        /// Of `observed`, see `Reliability.addIntervals`.
        package internal(set) var interval: ClosedRange<Double>?
    }

    package static let binCount = 10
    /// A stated 0 or 1 counts as this far from it in the logarithmic score.
    package static let logarithmFloor = 1e-6

    /// Bins of equal width that hold a forecast, lowest first.
    package private(set) var bins: [Bin]
    package let count: Int
    /// Share that happened.
    package let baseRate: Double
    /// Mean squared error of the probability (Brier 1950), 0 is best.
    package let brier: Double
    /// 1 − Brier ÷ that of always stating the base rate; above 0 is better than that. `nil` when
    /// the base rate is 0 or 1: nothing can be better than it.
    package let brierSkill: Double?
    /// Mean ln of the probability given to what happened, 0 is best (Good 1952).
    package let logScore: Double
    /// The same of always stating the base rate.
    package let baseLogScore: Double
    /// Mean distance of stated from observed over the bins, weighted by their counts.
    package let calibrationError: Double

    /// `nil` without a forecast.
    package init?(_ forecasts: [Forecast]) {
        guard !forecasts.isEmpty else { return nil }
        let total = Double(forecasts.count)
        count = forecasts.count
        let base = Double(forecasts.count(where: \.happened)) / total
        baseRate = base
        brier =
            forecasts.reduce(0) {
                let error = $1.probability - ($1.happened ? 1 : 0)
                return $0 + error * error
            } / total
        let uncertainty = base * (1 - base)
        brierSkill = uncertainty > 0 ? 1 - brier / uncertainty : nil
        logScore =
            forecasts.reduce(0) {
                $0 + Reliability.logarithm($1.happened ? $1.probability : 1 - $1.probability)
            } / total
        baseLogScore =
            base * Reliability.logarithm(base) + (1 - base) * Reliability.logarithm(1 - base)
        bins = Reliability.bins(forecasts)
        calibrationError =
            bins.reduce(0) { $0 + abs($1.stated - $1.observed) * Double($1.count) } / total
    }

    private static func logarithm(_ probability: Double) -> Double {
        VectorMath.log(min(max(probability, logarithmFloor), 1 - logarithmFloor))
    }

    /// The bin of a probability, 0 ..< `binCount`.
    static func bin(of probability: Double) -> Int {
        min(max(Int(probability * Double(binCount)), 0), binCount - 1)
    }

    /// Gives each bin the wider of two intervals at either end: Wilson's, for a bin with few
    /// forecasts of one outcome resamples to itself, and the bootstrap's, for forecasts of
    /// neighbouring bars depend on each other.
    ///
    /// - Parameter replicates: of each of the `binCount` bins, the shares observed.
    mutating func addIntervals(_ replicates: [[Double]]) {
        for index in bins.indices {
            let happened = Int((bins[index].observed * Double(bins[index].count)).rounded())
            guard let share = SmallSamples.share(happened, of: bins[index].count) else { continue }
            let drawn = replicates[
                Reliability.bin(of: bins[index].lower + 0.5 / Double(Reliability.binCount))]
            guard !drawn.isEmpty else { continue }
            let resampled = BootstrapInterval(estimate: bins[index].observed, replicates: drawn)
            bins[index].interval =
                min(share.lowerBound, resampled.lower)...max(share.upperBound, resampled.upper)
        }
    }

    private static func bins(_ forecasts: [Forecast]) -> [Bin] {
        var sums = [(count: Int, stated: Double, happened: Int)](
            repeating: (0, 0, 0), count: binCount)
        for forecast in forecasts {
            let bin = bin(of: forecast.probability)
            sums[bin].count += 1
            sums[bin].stated += forecast.probability
            sums[bin].happened += forecast.happened ? 1 : 0
        }
        return sums.enumerated().compactMap { index, sum in
            guard sum.count > 0 else { return nil }
            let total = Double(sum.count)
            return Bin(
                lower: Double(index) / Double(binCount),
                upper: Double(index + 1) / Double(binCount), count: sum.count,
                stated: sum.stated / total, observed: Double(sum.happened) / total)
        }
    }
}
