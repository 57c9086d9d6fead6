package import Market
package import Regimes

extension Bloasis_MarketRegime_SaveRegimeRequest {
    /// The order of the request.
    ///
    /// - Parameters:
    ///   - defaultMarket: the market when the request names none.
    ///   - now: the wall clock.
    /// - Throws: `RPCFault` INVALID_ARGUMENT naming the field.
    package func order(
        defaultMarket: MarketName, at now: Timestamp
    ) throws(RPCFault) -> OverrideOrder {
        let series = try RequestReading.series(
            market: market, timeframe: timeframe, defaultMarket: defaultMarket)
        let regime = try readRegime()
        let expiresAt = try readExpiry()
        do {
            return try OverrideOrder(
                series: series, regime: regime, userID: userID, reason: reason,
                madeAt: now.roundedUpToMicrosecond, expiresAt: expiresAt)
        } catch {
            throw .invalidArgument("\(error)")
        }
    }

    private func readRegime() throws(RPCFault) -> Regime {
        do {
            return try Regime(label: RequestReading.excerpt(regime), among: Regime.known)
        } catch {
            throw .invalidArgument("\(error)")
        }
    }

    private func readExpiry() throws(RPCFault) -> Timestamp {
        guard !expiresAt.isEmpty else {
            throw .invalidArgument(
                "expires_at is missing: say until when, as in 2018-12-31T21:00:00Z")
        }
        guard let instant = Timestamp(rfc3339: expiresAt) else {
            throw .invalidArgument(
                "expires_at: '\(RequestReading.excerpt(expiresAt))' is not an instant: use "
                    + "RFC 3339 with an offset, as in 2018-12-31T21:00:00Z")
        }
        return instant
    }
}
