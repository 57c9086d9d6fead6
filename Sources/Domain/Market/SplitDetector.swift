/// Tells a split that prices are not adjusted for from a market that moved.
///
/// The rule, of a bar against the closes, ranges, shares and money of up to `window` bars before
/// it, where σ is the median of their close-to-close moves as for a normal distribution:
/// 1. The close fell, or rose, by 6 σ or more, counted as 1 − (lower ÷ higher), and by three
///    tenths.
/// 2. The new price (the open where there is one, since a split happens overnight, else the close)
///    is off the old close times a common ratio by no more than a usual move: by 2 σ where the
///    volume or the range is known, 1¼ σ by the open alone, ¾ σ by the close alone.
/// 3. From open to close the market moved by 4 σ at the most.
/// 4. From low to high it moved by 2½ times the usual at the most: the whole bar stands on the new
///    footing. A crash is wide, a split is not.
/// 5. The volume is the usual one, ⅓ to 2½ times the median, in shares or in money. A crash is
///    traded at many times the usual, a split is not; whether the volume was adjusted by the
///    vendor is not known, so either measure will do.
///
/// Where bars are missing before this one, a split may have been at any of them, and they may have
/// been refused for it: then 1 alone decides, as long as the step is more than the market would
/// have made in that time on its own, 3 σ times the root of the bars. So a refusal lasts, whoever
/// asks and however often he was started anew, until the prices are back, a bar on the new footing
/// is taken, or so much time went by that the step says nothing any more: of a halving, some
/// seventy sessions at a σ of 2 %, seventeen at 4 %.
///
/// What it cannot tell is let pass: ratios below 2 without a volume (a profit warning takes a third
/// off a share and is no split), splits in a series of fewer than `leastMoves` bars or whose prices
/// mostly stand still, those in a market whose σ is above an eighth or so, and small dividends.
/// By the close alone it misses a split whose day brought a move of its own above ¾ σ, about one
/// in two: a wider band would take as many more real halvings for splits.
package struct SplitDetector: Sendable {
    package static let window = 60
    package static let leastMoves = 20
    /// A move from which on a bar is looked at more closely; below it nothing is common.
    static let leastStep = 1.3
    static let sigmasOfJump = 6.0
    static let sigmasOfSession = 4.0
    /// What a market does on its own over many bars.
    static let sigmasOfWalk = 3.0
    static let usualVolume = 1.0 / 3...2.5
    static let usualRanges = 2.5
    static let sigmasWithEvidence = 2.0
    static let sigmasByOpen = 1.25
    static let sigmasByClose = 0.75
    /// Ratios below are seen by the volume alone.
    static let leastFactorWithoutVolume = 2.0
    /// Prices are rounded: no σ is less.
    static let leastSigma = 0.005
    /// The median of the absolute value of a normal variable is its deviation over this.
    private static let deviationPerMedian = 1.4826

    private let timeframe: Timeframe
    private let calendar: SessionCalendar
    private var moves = RecentValues()
    private var ranges = RecentValues()
    private var shares = RecentValues()
    private var money = RecentValues()
    private var last: Taken?

    private struct Taken: Sendable {
        let close: Double
        let timestamp: Timestamp
    }

    package init(timeframe: Timeframe = .daily, calendar: SessionCalendar) {
        self.timeframe = timeframe
        self.calendar = calendar
    }

    /// What is wrong with the step to this bar, the next of its series; `nil`: nothing is, and the
    /// bar is part of what the next ones are judged by.
    ///
    /// A suspected bar leaves no trace: what is said of the next one depends on the bars that were
    /// taken alone.
    package mutating func suspicion(at bar: Bar) -> SuspectedSplit? {
        guard bar.close > 0, bar.close.isFinite else { return nil }
        guard let last, let suspect = split(at: bar, after: last) else {
            accept(bar)
            return nil
        }
        return suspect
    }

    /// Takes a bar for good without a question.
    package mutating func accept(_ bar: Bar) {
        guard bar.close > 0, bar.close.isFinite else { return }
        if let last { moves.append(SplitDetector.step(bar.close, last.close) - 1) }
        if let range = SplitDetector.range(of: bar) { ranges.append(range) }
        if bar.volume > 0 {
            shares.append(bar.volume)
            money.append(bar.volume * bar.close)
        }
        last = Taken(close: bar.close, timestamp: bar.timestamp)
    }

    private func split(at bar: Bar, after last: Taken) -> SuspectedSplit? {
        let jump = SplitDetector.step(bar.close, last.close)
        guard jump >= SplitDetector.leastStep, moves.count >= SplitDetector.leastMoves else {
            return nil
        }
        let median = moves.median * SplitDetector.deviationPerMedian
        guard median > 0, 1 - 1 / jump >= SplitDetector.sigmasOfJump * median else { return nil }
        let isGap = calendar.lacksBars(
            between: last.timestamp, and: bar.timestamp, timeframe: timeframe)
        if isGap, 1 - 1 / jump < SplitDetector.sigmasOfWalk * median * walk(to: bar, from: last) {
            return nil
        }
        let price = !isGap && bar.open > 0 ? bar.open : bar.close
        let bounds = isGap ? Bounds.any : bounds(of: bar, max(median, SplitDetector.leastSigma))
        let ratios = price < last.close ? SplitRatio.forward : SplitRatio.reverse
        let nearest =
            ratios.filter { max($0.factor, 1 / $0.factor) >= bounds.leastFactor }
            .map { (ratio: $0, miss: SplitDetector.step(price * $0.factor, last.close) - 1) }
            .min { $0.miss < $1.miss }
        guard let nearest, nearest.miss <= bounds.miss else { return nil }
        return SuspectedSplit(
            timestamp: bar.timestamp, ratio: nearest.ratio, previousClose: last.close,
            previous: last.timestamp, close: bar.close, isAfterMissingBars: isGap)
    }

    /// By how many times its deviation a market spreads over the time between two bars.
    private func walk(to bar: Bar, from last: Taken) -> Double {
        let nanoseconds = Double(bar.timestamp.nanoseconds) - Double(last.timestamp.nanoseconds)
        let years = nanoseconds / Double(Timestamp.nanosecondsPerDay) / 365.25
        return (years * timeframe.barsPerYear(in: calendar)).squareRoot()
    }

    /// How near to a ratio the price must be, and to which.
    private struct Bounds {
        var miss: Double
        var leastFactor: Double

        static let any = Bounds(miss: .infinity, leastFactor: 1)
        static let none = Bounds(miss: -1, leastFactor: 1)
    }

    private func bounds(of bar: Bar, _ sigma: Double) -> Bounds {
        let isTradedAsUsual = isTradedAsUsual(bar)
        let isAsWideAsUsual = isAsWideAsUsual(bar)
        guard isTradedAsUsual != false, isAsWideAsUsual != false else { return .none }
        if bar.open > 0,
            SplitDetector.step(bar.close, bar.open) - 1 > SplitDetector.sigmasOfSession * sigma
        {
            return .none
        }
        let tolerance =
            if isTradedAsUsual == true || isAsWideAsUsual == true {
                SplitDetector.sigmasWithEvidence
            } else if bar.open > 0 {
                SplitDetector.sigmasByOpen
            } else {
                SplitDetector.sigmasByClose
            }
        return Bounds(
            miss: tolerance * sigma,
            leastFactor: isTradedAsUsual == true ? 1 : SplitDetector.leastFactorWithoutVolume)
    }

    /// `nil` where it is not known.
    private func isTradedAsUsual(_ bar: Bar) -> Bool? {
        guard bar.volume > 0, shares.count >= SplitDetector.leastMoves else { return nil }
        return SplitDetector.usualVolume.contains(bar.volume / shares.median)
            || SplitDetector.usualVolume.contains(bar.volume * bar.close / money.median)
    }

    /// `nil` where it is not known.
    private func isAsWideAsUsual(_ bar: Bar) -> Bool? {
        guard let range = SplitDetector.range(of: bar), ranges.count >= SplitDetector.leastMoves
        else { return nil }
        let usual = ranges.median
        return usual > 0 ? range <= SplitDetector.usualRanges * usual : nil
    }

    /// How much of the low the high is above it; `nil` where they are not known.
    private static func range(of bar: Bar) -> Double? {
        bar.low > 0 && bar.high.isFinite && bar.high >= bar.low ? bar.high / bar.low - 1 : nil
    }

    /// How many times the lower of two prices the higher is.
    private static func step(_ price: Double, _ other: Double) -> Double {
        max(price / other, other / price)
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
