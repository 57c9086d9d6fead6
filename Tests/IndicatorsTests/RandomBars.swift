import Market
import TestSupport

/// A random walk of daily bars; some values missing, as the seed has it.
enum RandomBars {
    static func make(_ count: Int, seed: UInt64, missingShare: Double = 0) -> [Bar] {
        var generator = SplitMix64(seed: seed)
        var close = 100.0
        return (0..<count).map { index in
            let open = close * (1 + 0.003 * generator.normal())
            close *= 1 + 0.012 * generator.normal()
            let high = max(open, close) * (1 + 0.004 * generator.unit())
            let low = min(open, close) * (1 - 0.004 * generator.unit())
            func kept(_ value: Double) -> Double {
                generator.unit() < missingShare ? .nan : value
            }
            let instant = Timestamp(nanoseconds: Int64(index + 1) * Timestamp.nanosecondsPerDay)
            return Bar(
                timestamp: instant, open: kept(open), high: kept(high), low: kept(low),
                close: kept(close), volume: kept(1e6),
                exogenous: [
                    "vix": kept(20 + generator.unit()), "term_spread": kept(generator.normal()),
                    "credit_spread": kept(1 + generator.unit()),
                ])
        }
    }
}
