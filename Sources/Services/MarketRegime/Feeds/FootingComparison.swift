import Market

/// The closes of stored bars beside those that a vendor tells of the same bars now.
struct FootingComparison {
    struct Pair {
        let timestamp: Timestamp
        let stored: Double
        let told: Double

        var ratio: Double { told / stored }
    }

    /// Two closes may differ by so much, relatively, and still be the same one: vendors compute
    /// with four to six digits of their factors.
    static let roundingTolerance = 1e-4
    /// A vendor that corrects a bar corrects that bar; off by one factor are two of them only when
    /// the vendor applied it.
    static let leastPairs = 2
    /// Vendors round prices to these. An adjusted close of a few dollars is off by a thousandth
    /// then, and two bars of one factor show it only to that.
    static let priceSteps = [0.01, 0.001, 0.0001]

    /// A price is rounded by half a step, and a hair for the arithmetic.
    static let roundedSteps = 0.501

    /// Ascending.
    let pairs: [Pair]
    private let step: Double

    init(_ told: [Bar], known: [Bar]) {
        let closes = Dictionary(known.map { ($0.timestamp, $0.close) }, uniquingKeysWith: { $1 })
        pairs = told.compactMap { bar in
            guard let stored = closes[bar.timestamp], stored > 0, bar.close > 0 else { return nil }
            return Pair(timestamp: bar.timestamp, stored: stored, told: bar.close)
        }.sorted { $0.timestamp < $1.timestamp }
        let pairs = pairs
        step =
            FootingComparison.priceSteps.first { step in
                pairs.allSatisfy { FootingComparison.isMultiple($0.told, of: step) }
            } ?? 0
    }

    /// The oldest of `leastPairs` neighbours that are off by one factor; `nil`: none are.
    var firstOffByOneFactor: Pair? {
        pairs.indices.dropLast(FootingComparison.leastPairs - 1).lazy.map { first in
            pairs[first..<(first + FootingComparison.leastPairs)]
        }.first(where: areOffByOneFactor)?.first
    }

    private func areOffByOneFactor(_ pairs: ArraySlice<Pair>) -> Bool {
        guard let ratio = pairs.first?.ratio else { return false }
        return pairs.allSatisfy { pair in
            let tolerance = tolerance(of: pair)
            return abs(pair.ratio - 1) > tolerance && abs(pair.ratio / ratio - 1) <= 2 * tolerance
        }
    }

    /// What rounding alone can do to a ratio.
    private func tolerance(of pair: Pair) -> Double {
        max(
            FootingComparison.roundingTolerance,
            FootingComparison.roundedSteps * step * (1 / pair.told + 1 / pair.stored))
    }

    private static func isMultiple(_ price: Double, of step: Double) -> Bool {
        let count = price / step
        // What vendors send as 32 bits is off in the eighth digit.
        return abs(count - count.rounded()) <= 1e-7 * count + 1e-6
    }
}
