package import Regimes

/// The numbers behind a label, in words: never prose without them.
package enum Reasoning {
    /// One line: the published label with its probability, the raw one when it differs, the state,
    /// and the indicators that the labels were decided by, with what changed since the bar before.
    package static func text(
        _ step: FilterStep, before: FilterStep?, published: Regime, taxonomy: TaxonomyParameters
    ) -> String {
        var parts = ["\(published) \(percent(step.probabilities[published]))"]
        if step.rawRegime != published {
            parts.append("raw \(step.rawRegime) \(percent(step.probabilities[step.rawRegime]))")
        }
        if let state = step.state {
            var text = "state \(state) of \(step.stateProbabilities.count) at "
            text += percent(step.stateProbabilities[state])
            if let earlier = before?.stateProbabilities, earlier.count > state {
                text += " (bar before: \(percent(earlier[state])))"
            }
            parts.append(text)
        }
        parts += indicators(step.context)
        if step.inputMissing { parts.append("input missing: predicted, not observed") }
        return parts.joined(separator: "; ")
    }

    private static func indicators(_ context: MarketContext) -> [String] {
        let unit = context.longRunVolatility
        return [
            "volatility \(percent(context.volatility)) (rank \(percent(context.volatilityRank)))",
            "drawdown \(percent(context.drawdown)) (\(decimal(context.drawdown / unit)) long-run "
                + "volatilities)",
            "price \(percent(context.trend, signed: true)) from its 200-bar mean",
            "12-1 momentum \(percent(context.momentum, signed: true))",
        ]
    }

    private static func percent(_ value: Double, signed: Bool = false) -> String {
        let text = FixedPoint.text(value * 100, decimals: 1)
        return (signed && value > 0 ? "+" : "") + text + (value.isFinite ? " %" : "")
    }

    private static func decimal(_ value: Double) -> String { FixedPoint.text(value, decimals: 2) }
}

/// Decimal texts with a fixed number of places, the same on every machine.
enum FixedPoint {
    /// Rounded half away from zero; «n/a» for what is not a number, or too large to be one of use.
    static func text(_ value: Double, decimals: Int) -> String {
        let scale = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
        let scaled = (value * scale).rounded(.toNearestOrAwayFromZero)
        guard scaled.isFinite, scaled.magnitude < 1e15 else { return "n/a" }
        let units = Int(scaled.magnitude)
        let whole = units / Int(scale)
        let digits = String(units % Int(scale))
        let fraction = String(repeating: "0", count: max(decimals - digits.count, 0)) + digits
        let sign = scaled < 0 ? "-" : ""
        return decimals == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(fraction)"
    }
}
