import Indicators
import Market
package import RegimeModels
import Regimes

/// Something whose labels are put to the test.
package struct Candidate: Sendable {
    /// One model of an average, or the only one.
    package struct Member: Sendable {
        /// What is fitted; variants that differ in what comes after share a walk.
        package var specification: RegimeSpecification
        /// Bars that state probabilities are moved ahead before they are mapped to labels.
        package var horizon = 0

        package init(specification: RegimeSpecification) {
            self.specification = specification
        }

        /// The specification of the walk: with the default hysteresis, taxonomy and confidence,
        /// which the walk does not depend on.
        package var walk: RegimeSpecification {
            var walk = specification
            walk.hysteresis = RegimeSpecification.standard.hysteresis
            walk.taxonomy = RegimeSpecification.standard.taxonomy
            walk.calibration = RegimeSpecification.standard.calibration
            return walk
        }

        func probabilities(_ walks: [String: ModelWalk]) -> [RegimeProbabilities?] {
            guard let recorded = walks[walk.canonicalJSON] else { return [] }
            let isOwn = specification.taxonomy == walk.taxonomy
            return recorded.probabilities(
                taxonomy: isOwn ? nil : specification.taxonomy, horizon: horizon)
        }
    }

    enum Kind: Sendable {
        case buyAndHold
        /// Risk-on while the close is above its mean of so many bars.
        case movingAverage(bars: Int)
        /// The mean of the members' label probabilities; the first one's hysteresis and
        /// calibration.
        case models([Member])
    }

    package let name: String
    let kind: Kind

    /// A feature of its models that no bar has by itself.
    package var exogenousFeature: String? {
        guard case .models(let members) = kind else { return nil }
        return members.flatMap(\.specification.features).first {
            (try? Feature(name: $0))?.exogenousName != nil
        }
    }

    init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }

    package static let buyAndHold = Candidate(name: "buy-and-hold", kind: .buyAndHold)

    package static func movingAverage(bars: Int) -> Candidate {
        Candidate(name: "sma\(bars)", kind: .movingAverage(bars: bars))
    }

    package static func models(_ name: String, _ members: [Member]) -> Candidate {
        precondition(!members.isEmpty, "an average needs a member")
        return Candidate(name: name, kind: .models(members))
    }

    /// What must be walked before `path(over:walks:)`.
    package var walks: [RegimeSpecification] {
        guard case .models(let members) = kind else { return [] }
        return members.map(\.walk)
    }

    /// The labels it would have published.
    ///
    /// - Parameter walks: by the canonical text of their specification; all of `self.walks`.
    package func path(
        over history: MarketHistory, walks: [String: ModelWalk]
    ) -> LabelPath {
        switch kind {
        case .buyAndHold:
            return constantPath(over: history)
        case .movingAverage(let bars):
            return movingAveragePath(over: history, bars: bars)
        case .models(let members):
            let each = members.map { $0.probabilities(walks) }
            let specification = members[0].specification
            var path = LabelPath(name: name, LabelPath.mean(each), specification.hysteresis)
            if let plan = specification.calibration {
                path.statedConfidence = path.calibratedConfidence(horizon: plan.horizonBars) {
                    specification.isRefitDue(
                        previous: $0 > 0 ? history.dates[$0 - 1] : nil, current: history.dates[$0])
                }
            }
            return path
        }
    }

    private func constantPath(over history: MarketHistory) -> LabelPath {
        let regimes = [Regime](repeating: .normalBull, count: history.count)
        return LabelPath(
            name: name, published: regimes,
            probabilities: regimes.map { RegimeProbabilities(concentratedOn: $0) },
            hasProbabilities: false)
    }

    /// `normal_bull` above the mean of the last closes, else `normal_bear`; a bar without a close
    /// keeps the label before.
    private func movingAveragePath(over history: MarketHistory, bars: Int) -> LabelPath {
        var recent: [Double] = []
        var next = 0
        var label = Regime.unknown
        let regimes = history.bars.close.map { close -> Regime in
            guard close.isFinite else { return label }
            if recent.count < bars { recent.append(close) } else { recent[next] = close }
            next = (next + 1) % bars
            guard recent.count == bars else { return label }
            // Summed anew, so that no rounding outlives its bar.
            label = close > recent.reduce(0, +) / Double(bars) ? .normalBull : .normalBear
            return label
        }
        return LabelPath(
            name: name, published: regimes,
            probabilities: regimes.map { RegimeProbabilities(concentratedOn: $0) },
            hasProbabilities: false)
    }
}
