package import Market
package import Regimes

extension Samples {
    /// An order of «ada», made at an instant and good for some seconds.
    package static func order(
        _ regime: Regime, at instant: Timestamp, seconds: Int64 = 3_600,
        series: Series = Samples.series, user: String = "ada", reason: String = "a rate decision"
    ) -> OverrideOrder {
        do {
            return try OverrideOrder(
                series: series, regime: regime, userID: user, reason: reason, madeAt: instant,
                expiresAt: instant.advanced(bySeconds: seconds))
        } catch {
            preconditionFailure("not an order: \(error)")
        }
    }
}
