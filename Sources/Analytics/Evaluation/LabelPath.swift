package import RegimeModels
package import Regimes

/// The labels that one candidate would have published over a history, each from the bars up to its
/// own.
package struct LabelPath: Sendable {
    package let name: String
    /// `unknown` until the candidate has answered.
    package let published: [Regime]
    /// Label probabilities; all on `unknown` until the candidate has answered.
    package let probabilities: [RegimeProbabilities]
    /// Bars for which the published label has stood, its first one included.
    package let dwell: [Int]
    /// Whether the probabilities claim to be any: an average of prices claims nothing.
    package let hasProbabilities: Bool
    /// Bars for which a label cannot be left, its first one included.
    package let minimumDwell: Int
    /// Per bar, what the candidate says its confidence is; `nil`: the probability of the published
    /// label.
    package var statedConfidence: [Double]?

    package init(
        name: String, published: [Regime], probabilities: [RegimeProbabilities],
        hasProbabilities: Bool, minimumDwell: Int = 0
    ) {
        precondition(published.count == probabilities.count, "one answer per bar")
        self.name = name
        self.published = published
        self.probabilities = probabilities
        self.hasProbabilities = hasProbabilities
        self.minimumDwell = minimumDwell
        var dwell: [Int] = []
        for (index, regime) in published.enumerated() {
            let continues = index > 0 && published[index - 1] == regime
            dwell.append(continues ? dwell[index - 1] + 1 : 1)
        }
        self.dwell = dwell
    }

    /// Runs label probabilities through a hysteresis.
    package init(
        name: String, _ probabilities: [RegimeProbabilities?], _ parameters: HysteresisParameters
    ) {
        var hysteresis = Hysteresis(parameters)
        let published = probabilities.map { value -> Regime in
            guard let value else { return .unknown }
            return hysteresis.advance(value, raw: value.mode)
        }
        self.init(
            name: name, published: published, probabilities: probabilities.map { $0 ?? .unknown },
            hasProbabilities: true, minimumDwell: parameters.minimumDwellBars)
    }

    /// The first bar with an answer; `count` without any.
    package var firstKnown: Int { published.firstIndex { $0 != .unknown } ?? published.count }

    /// The probability of the published label; 0 while it is `unknown`.
    func probability(at bar: Int) -> Double {
        published[bar] == .unknown ? 0 : probabilities[bar][published[bar]]
    }

    /// What is said of the published label: its probability, or the candidate's own number.
    package func confidence(at bar: Int) -> Double {
        statedConfidence?[bar] ?? probability(at: bar)
    }

    /// Changes of the published label in a range of bars, the first answer not counted.
    package func changes(in range: Range<Int>) -> Int {
        range.count { bar in
            bar > 0 && published[bar - 1] != .unknown && published[bar] != published[bar - 1]
        }
    }

    /// Equally weighted mean of several models' label probabilities; `nil` where one has none.
    ///
    /// Averaging the forecasts of misspecified models loses little against the best of them, which
    /// nobody knows beforehand (Hoeting et al. 1999; Timmermann 2006, section 3).
    package static func mean(_ members: [[RegimeProbabilities?]]) -> [RegimeProbabilities?] {
        guard let first = members.first else { return [] }
        let weight = 1 / Double(members.count)
        return first.indices.map { bar in
            let present = members.compactMap { $0[bar] }
            guard present.count == members.count else { return nil }
            return RegimeProbabilities(
                summing: present.flatMap { member in
                    Regime.allCases.map { ($0, min(member[$0] * weight, 1)) }
                })
        }
    }
}
