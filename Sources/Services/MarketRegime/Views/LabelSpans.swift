import Market
import Ports
import Regimes

/// A label as long as it was published.
struct LabelSpan: Equatable {
    let regime: Regime
    let start: Timestamp
}

extension PublishedLabels {
    /// What was published over the range, each label until the next one starts: the filter's, and
    /// from an override's bar until the one of its end the override's.
    ///
    /// - Parameter standingUntil: where an override that stands was over; `nil`: it is not.
    func spans(over range: Range<Timestamp>, standingUntil: Timestamp?) -> [LabelSpan] {
        let start = max(range.lowerBound, wholeFrom ?? range.lowerBound)
        let stretches = overrides.map { override in
            (regime: override.regime, from: override.asOf, to: override.end ?? standingUntil)
        }
        let turns = Set(
            steps.map(\.asOf) + stretches.map(\.from) + stretches.compactMap(\.to) + [start])
        var (step, stretch) = (-1, -1)
        var spans: [LabelSpan] = []
        for turn in turns.filter({ start <= $0 && $0 < range.upperBound }).sorted() {
            while step + 1 < steps.count, steps[step + 1].asOf <= turn { step += 1 }
            // One ends before the next begins.
            while stretch + 1 < stretches.count, stretches[stretch + 1].from <= turn {
                stretch += 1
            }
            var regime = step >= 0 ? steps[step].regime : nil
            if stretch >= 0, stretches[stretch].to.map({ turn < $0 }) ?? true {
                regime = stretches[stretch].regime
            }
            guard let regime, regime != spans.last?.regime else { continue }
            spans.append(LabelSpan(regime: regime, start: turn))
        }
        return spans
    }
}
