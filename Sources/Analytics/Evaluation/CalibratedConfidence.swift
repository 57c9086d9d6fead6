package import Market
import RegimeModels
import Regimes

extension LabelPath {
    /// The probability, stated at each bar, that the published label still holds `horizon` bars
    /// later, calibrated anew at the first bar of each half-year on all that was known by then;
    /// the probability of the published label until that is enough. Nothing at a bar depends on a
    /// later one.
    package func calibratedConfidence(
        horizon: Int, dates: [CivilDate]
    ) -> [Double] {
        calibratedConfidence(horizon: horizon) { bar in
            bar > 0 && LabelPath.half(of: dates[bar]) != LabelPath.half(of: dates[bar - 1])
        }
    }

    /// The same, calibrated anew wherever it is due.
    func calibratedConfidence(horizon: Int, isDue: (_ bar: Int) -> Bool) -> [Double] {
        var calibrator = ConfidenceCalibrator(horizon: horizon, minimumDwell: minimumDwell)
        return published.indices.map { bar in
            // Where outcomes make no calibration, the one before them stays.
            if isDue(bar) { try? calibrator.refit() }
            let probability = probability(at: bar)
            let isKnown = published[bar] != .unknown
            return calibrator.advance(
                published: published[bar], probability: isKnown ? probability : nil,
                dwell: dwell[bar]) ?? probability
        }
    }

    private static func half(of date: CivilDate) -> Int {
        let (year, month, _) = date.parts
        return year * 2 + (month > 6 ? 1 : 0)
    }
}
