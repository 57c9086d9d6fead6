/// Tells a split that prices are not adjusted for from a market that moved.
///
/// The rule, of a bar against the closes, shares and money of up to `window` bars before it, where
/// σ is the median of their close-to-close moves as for a normal distribution:
/// 1. The close fell, or rose, by 6 σ or more, counted as 1 − (lower ÷ higher).
/// 2. The new price (the open where there is one, since a split happens overnight, else the close)
///    is off the old close times a common ratio by no more than a usual move: by 2.5 σ where the
///    volume is known, 1 σ by the open alone, ¾ σ by the close alone.
/// 3. From open to close the market moved by 4 σ at the most.
/// 4. The volume is the usual one, ⅓ to 3 times the median, in shares or in money. A crash is
///    traded at many times the usual, a split is not; whether the volume was adjusted by the
///    vendor is not known, so either measure will do.
///
/// What it cannot tell is let pass: ratios below 2 without a volume (a profit warning takes a third
/// off a share and is no split), splits in a series of fewer than `leastMoves` bars or whose prices
/// mostly stand still, those in a market whose σ is above an eighth or so, and small dividends.
/// By the close alone it misses a split whose day brought a move of its own above ¾ σ: about one
/// in two. Without a volume a crash to within that of a half, a third … is taken for a split.
package struct SplitDetector: Sendable {
    package static let window = 60
    package static let leastMoves = 20
    /// A move from which on a bar is looked at more closely; below it nothing is common.
    static let leastStep = 1.3
    static let sigmasOfJump = 6.0
    static let sigmasOfSession = 4.0
    static let usualVolume = 1.0 / 3...3
    /// Ratios below are seen by the volume alone.
    static let leastFactorWithoutVolume = 2.0
    /// Prices are rounded: no σ is less.
    static let leastSigma = 0.005
    /// The median of the absolute value of a normal variable is its deviation over this.
    private static let deviationPerMedian = 1.4826

    private var moves = RecentValues()
    private var shares = RecentValues()
    private var money = RecentValues()
    private var lastClose: Double?
    private var held: SuspectedSplit?

    package init() {}

    /// What is wrong with the step to this bar, the next of its series; `nil`: nothing is, and the
    /// bar is part of what the next ones are judged by.
    ///
    /// A suspected bar leaves no trace but this: until a bar is nearer to the old footing than to
    /// the new one, those after it are part of the same suspicion.
    package mutating func suspicion(at bar: Bar) -> SuspectedSplit? {
        guard bar.close > 0, bar.close.isFinite else { return nil }
        if let held, SplitDetector.isNearerToNew(bar.close, held) { return held }
        held = lastClose.flatMap { split(at: bar, after: $0) }
        if held == nil { accept(bar) }
        return held
    }

    /// Takes a bar for good without a question.
    package mutating func accept(_ bar: Bar) {
        guard bar.close > 0, bar.close.isFinite else { return }
        held = nil
        if let lastClose { moves.append(SplitDetector.step(bar.close, lastClose) - 1) }
        if bar.volume > 0 {
            shares.append(bar.volume)
            money.append(bar.volume * bar.close)
        }
        lastClose = bar.close
    }

    private func split(at bar: Bar, after last: Double) -> SuspectedSplit? {
        let jump = SplitDetector.step(bar.close, last)
        guard jump >= SplitDetector.leastStep, moves.count >= SplitDetector.leastMoves else {
            return nil
        }
        let median = moves.median * SplitDetector.deviationPerMedian
        guard median > 0, 1 - 1 / jump >= SplitDetector.sigmasOfJump * median else { return nil }
        let sigma = max(median, SplitDetector.leastSigma)
        let trade = isTradedAsUsual(bar)
        if trade == false { return nil }
        if bar.open > 0,
            SplitDetector.step(bar.close, bar.open) - 1 > SplitDetector.sigmasOfSession * sigma
        {
            return nil
        }
        let price = bar.open > 0 ? bar.open : bar.close
        let tolerance = trade == true ? 2.5 : bar.open > 0 ? 1 : 0.75
        let least = trade == true ? 1 : SplitDetector.leastFactorWithoutVolume
        let ratios = price < last ? SplitRatio.forward : SplitRatio.reverse
        let nearest =
            ratios.filter { max($0.factor, 1 / $0.factor) >= least }
            .map { (ratio: $0, miss: SplitDetector.step(price * $0.factor, last) - 1) }
            .min { $0.miss < $1.miss }
        guard let nearest, nearest.miss <= tolerance * sigma else { return nil }
        return SuspectedSplit(
            timestamp: bar.timestamp, ratio: nearest.ratio, previousClose: last, close: bar.close)
    }

    /// `nil` where it is not known.
    private func isTradedAsUsual(_ bar: Bar) -> Bool? {
        guard bar.volume > 0, shares.count >= SplitDetector.leastMoves else { return nil }
        return SplitDetector.usualVolume.contains(bar.volume / shares.median)
            || SplitDetector.usualVolume.contains(bar.volume * bar.close / money.median)
    }

    /// How many times the lower of two prices the higher is.
    private static func step(_ price: Double, _ other: Double) -> Double {
        max(price / other, other / price)
    }

    private static func isNearerToNew(_ close: Double, _ split: SuspectedSplit) -> Bool {
        step(close, split.close) < step(close, split.previousClose)
    }
}

/// The last values of a column.
private struct RecentValues: Sendable {
    private var values: [Double] = []
    private var next = 0

    var count: Int { values.count }

    mutating func append(_ value: Double) {
        if values.count < SplitDetector.window {
            values.append(value)
        } else {
            values[next] = value
            next = (next + 1) % SplitDetector.window
        }
    }

    /// The mean of the two in the middle. Precondition: not empty.
    var median: Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2)
            ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}
