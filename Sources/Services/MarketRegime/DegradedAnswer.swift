import Contracts
import Regimes

/// What to answer when the latest completed session is missing.
enum DegradedAnswer {
    /// - Throws: UNAVAILABLE under `FAIL`.
    static func apply(
        _ policy: Bloasis_MarketRegime_DegradedPolicy, to current: RegimeAssessment,
        staleness: Staleness
    ) throws(RPCFault) -> RegimeAssessment {
        guard case .stale(let since) = staleness else { return current }
        switch policy {
        case .fail:
            throw .unavailable(
                "the answer as of \(current.asOf) is stale since \(since): send the missing bars, "
                    + "or ask with on_degraded LAST_KNOWN")
        case .conservative:
            guard current.regime.riskLevel < Regime.highVolatility.riskLevel else {
                return current
            }
            var cautious = current
            cautious.regime = .highVolatility
            cautious.previousRegime = current.regime
            cautious.since = since
            cautious.trigger = .fallbackDefault
            cautious.reasoning =
                "stale since \(since): the riskier of \(current.regime) and high_volatility"
            return cautious
        case .unspecified, .lastKnown, .UNRECOGNIZED:
            return current
        }
    }
}
