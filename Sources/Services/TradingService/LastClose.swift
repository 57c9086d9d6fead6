package import Market
package import Ports
package import Trading

/// What something that is held is worth.
enum LastClose {
    /// How far back it may be, or five bars where these are longer.
    static let days = 14
}

extension RegimeReader {
    /// The last close of a symbol up to an instant, as it was known; `nil` without a recent one.
    package func lastClose(
        of symbol: Symbol, _ timeframe: Timeframe, through asOf: Timestamp, knownAt: Timestamp
    ) async throws -> DecimalNumber? {
        guard let market = MarketName(symbol.text) else { return nil }
        let days = Int64(LastClose.days) * 86_400 * Timestamp.nanosecondsPerSecond
        let first = asOf.advanced(byNanoseconds: -max(days, 5 * timeframe.nanoseconds))
        let bars = try await everyBar(
            of: Series(market: market, timeframe: timeframe),
            in: first..<asOf.advanced(byNanoseconds: 1), knownAt: knownAt)
        return bars.last.flatMap { DecimalNumber(approximating: $0.close) }
    }
}
