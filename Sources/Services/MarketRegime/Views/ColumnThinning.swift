package import Market
package import Ports
package import Regimes

/// One point of a drawing: the last bar that it stands for, and the closes of all of them.
package struct ColumnPoint: Sendable {
    package let asOf: Timestamp
    /// NaN where the bar has none.
    package let close: Double
    /// Lowest and highest close of its bars; NaN where none has one.
    package private(set) var low: Double
    package private(set) var high: Double
    package let regime: Regime
    package let confidence: Double
    package let kind: ConfidenceKind
    package let probabilities: RegimeProbabilities
    /// Bars that it stands for.
    package private(set) var bars = 1

    package init(_ told: ToldBar, close: Double?) {
        asOf = told.asOf
        self.close = close.flatMap { $0.isFinite ? $0 : nil } ?? .nan
        low = self.close
        high = self.close
        regime = told.regime
        confidence = told.confidence
        kind = told.confidenceKind
        probabilities = told.probabilities
    }

    /// The point of earlier bars and of this one's: it says what this one says.
    func joined(to earlier: ColumnPoint) -> ColumnPoint {
        var joined = self
        joined.bars += earlier.bars
        // Of a number and NaN these give the number.
        joined.low = Double.minimum(earlier.low, low)
        joined.high = Double.maximum(earlier.high, high)
        return joined
    }
}

/// Thins any number of bars to so many points in one pass: while there are too many, neighbours
/// are joined in pairs. At any time it has at most two points for each that is wanted.
package struct ColumnThinning: Sendable {
    package let limit: Int
    package private(set) var bars = 0
    /// A power of two; every point but the last stands for so many.
    package private(set) var barsPerPoint = 1
    private var points: [ColumnPoint] = []

    /// - Parameter limit: points at the most, 1 or more.
    package init(to limit: Int) {
        self.limit = max(limit, 1)
    }

    package mutating func append(_ point: ColumnPoint) {
        bars += 1
        if let last = points.last, last.bars < barsPerPoint {
            points[points.count - 1] = point.joined(to: last)
            return
        }
        if points.count == 2 * limit { halve() }
        points.append(point)
    }

    /// Thins what is left and gives it, oldest first.
    package mutating func finish() -> [ColumnPoint] {
        while points.count > limit { halve() }
        return points
    }

    private mutating func halve() {
        barsPerPoint *= 2
        points = stride(from: 0, to: points.count, by: 2).map { index in
            index + 1 < points.count ? points[index + 1].joined(to: points[index]) : points[index]
        }
    }
}
