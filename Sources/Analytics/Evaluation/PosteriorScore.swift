package import Regimes

/// The label probabilities of a bar and the label that was published some bars later.
package struct PosteriorForecast: Sendable, Equatable {
    /// Σ (p(l) − 1 where l is the label that came)² over all labels, 0 … 2.
    package let error: Double
    package let outcome: Regime

    package init(_ probabilities: RegimeProbabilities, outcome: Regime) {
        self.outcome = outcome
        error = Regime.allCases.reduce(0) { sum, label in
            let distance = probabilities[label] - (label == outcome ? 1 : 0)
            return sum + distance * distance
        }
    }
}

extension LabelPath {
    /// Bars of a range whose label, and the one `horizon` bars later in it, are known.
    func forecastBars(horizon: Int, in range: Range<Int>) -> [Int] {
        range.dropLast(horizon).filter {
            published[$0] != .unknown && published[$0 + horizon] != .unknown
        }
    }

    /// All label probabilities of each bar against the label published `horizon` bars later.
    package func posteriorForecasts(horizon: Int, in range: Range<Int>) -> [PosteriorForecast] {
        forecastBars(horizon: horizon, in: range).map {
            PosteriorForecast(probabilities[$0], outcome: published[$0 + horizon])
        }
    }
}

/// The Brier score of a posterior: of all its probabilities, not of the published label's alone.
package struct PosteriorScore: Sendable, Equatable {
    package let count: Int
    /// Mean error over the bars (Brier 1950, several classes): 0 is best, 2 worst.
    package let brier: Double
    /// The same of always stating how often each label came: 1 − Σ shares².
    package let baseBrier: Double
    /// 1 − `brier` ÷ `baseBrier`; `nil` when one label came throughout.
    package let skill: Double?

    /// `nil` without a forecast.
    package init?(_ forecasts: [PosteriorForecast]) {
        guard !forecasts.isEmpty else { return nil }
        var counts: [Regime: Int] = [:]
        for forecast in forecasts { counts[forecast.outcome, default: 0] += 1 }
        let total = Double(forecasts.count)
        count = forecasts.count
        brier = forecasts.reduce(0) { $0 + $1.error } / total
        // In the order of the labels: sums of a dictionary's values have no fixed order.
        baseBrier =
            1
            - Regime.allCases.reduce(0) { sum, label in
                let share = Double(counts[label] ?? 0) / total
                return sum + share * share
            }
        skill = baseBrier > 0 ? 1 - brier / baseBrier : nil
    }
}
