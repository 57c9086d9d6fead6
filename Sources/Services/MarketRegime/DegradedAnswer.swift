import Contracts
import Market
import Regimes

/// What to answer when the latest completed session is missing.
enum DegradedAnswer {
    /// - Throws: UNAVAILABLE under `FAIL`.
    static func apply(
        _ policy: Bloasis_MarketRegime_DegradedPolicy,
        to current: Bloasis_MarketRegime_RegimeResponse, staleness: Staleness
    ) throws(RPCFault) -> Bloasis_MarketRegime_RegimeResponse {
        guard case .stale(let since) = staleness else { return current }
        switch policy {
        case .fail:
            throw .unavailable(
                "the answer as of \(current.asOf) is stale since \(since): send the missing bars, "
                    + "or ask with on_degraded LAST_KNOWN")
        case .conservative:
            let riskier = Regime.highVolatility
            guard let known = Regime(rawValue: current.regime), known.riskLevel < riskier.riskLevel
            else { return current }
            var cautious = current
            cautious.regime = riskier.label
            cautious.riskLevel = riskier.riskLevel.rawValue
            cautious.confidence = current.probabilities[riskier.label] ?? 0
            cautious.sayUncalibrated()
            cautious.previousRegime = known.label
            cautious.since = since.rfc3339
            cautious.trigger = Trigger.fallbackDefault.rawValue
            cautious.reasoning =
                "stale since \(since): the riskier of \(known) and high_volatility"
            return cautious
        case .unspecified, .lastKnown, .UNRECOGNIZED:
            return current
        }
    }
}
