import Kernels
import Market
import Regimes
import Trading

/// The numbers behind a strategy, in words: never prose without them.
struct StrategyWording: Sendable {
    let composer: StrategyComposer
    let allocation: Allocation

    private var invested: Int { allocation.targets.count { $0 != 0 } }

    /// What is to be held, in a few words.
    var name: String {
        guard allocation.findings != nil else { return "Keep what is held" }
        guard invested > 0 else { return "All in cash" }
        let symbols = invested == 1 ? "1 symbol" : "\(invested) symbols"
        return "\(percent(1 - allocation.cash)) in \(symbols), \(percent(allocation.cash)) in cash"
    }

    var rationale: String {
        let (regime, market) = (composer.regime.label, composer.series.market.text)
        guard let findings = allocation.findings else {
            guard composer.regime == .unknown else {
                return "none of \(allocation.targets.count) symbols has the "
                    + "\(Allocator.leastReturns) returns that a judgement takes: nothing is traded"
            }
            return "the regime of \(market) is unknown: nothing is traded on what is not known"
        }
        let limits = composer.profile.limits
        var parts = [
            "\(regime) in \(market): \(findings.regimeBars) of \(findings.totalBars) bars",
            "all others count as \(Int(ReturnMoments.priorBars))",
            "\(percent(findings.meanShare)) of the mean return is kept",
            "\(findings.means.count) of \(allocation.targets.count) symbols judged",
        ]
        if findings.means.count > 1 {
            parts.append(
                "mean correlation \(decimal(findings.correlation)), shrunk by "
                    + percent(findings.intensity))
        }
        if invested > 0 {
            parts.append(
                "expected \(signed(findings.mean)) a year at \(percent(findings.volatility)) "
                    + "volatility")
        } else {
            parts.append("nothing is worth its risk and its cost")
        }
        parts.append(
            "\(composer.profile.rawValue): at most \(percent(limits.volatilityTarget)) volatility"
                + (allocation.isAtRiskLimit ? ", reached" : ""))
        parts.append(
            "at most \(percent(limits.longest)) of one symbol"
                + (allocation.isAtGrossLimit ? ", all of the capital used" : ""))
        let horizon = decimal(findings.horizon, 0)
        parts.append("costs spread over \(horizon) bars")
        if let adviser = allocation.adviser {
            parts.append("shares set by \(adviser), within these limits")
        }
        return parts.joined(separator: "; ")
    }

    func rationale(_ column: Int, _ subject: StrategyComposer.Subject) -> String {
        let kept = "what is held is kept"
        guard subject.isKnown else {
            return "no bars of \(composer.series.timeframe) are stored under this name: \(kept)"
        }
        guard subject.price > 0 else { return "it has no recent close: \(kept)" }
        switch allocation.judged[column] {
        case .tooShort(let count):
            return "\(count) returns are known, \(Allocator.leastReturns) are needed: \(kept)"
        case .still: return "its price never moved: \(kept)"
        case .usable: break
        }
        guard let findings = allocation.findings, let place = allocation.place(of: column) else {
            return "the regime is unknown: \(kept)"
        }
        return "expected \(signed(findings.means[place])) a year, volatility "
            + "\(percent(findings.volatilities[place])); \(percent(allocation.held[column])) held, "
            + "\(percent(allocation.targets[column])) wanted"
    }

    private func percent(_ share: Double) -> String { decimal(share * 100, 1) + " %" }

    private func signed(_ share: Double) -> String { (share > 0 ? "+" : "") + percent(share) }

    private func decimal(_ value: Double, _ decimals: Int = 2) -> String {
        FixedPoint.text(value, decimals: decimals)
    }
}
