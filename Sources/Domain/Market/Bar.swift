/// One bar of a series, stamped at its close.
///
/// A value that the source left blank is NaN: missing stays missing and is never replaced.
package struct Bar: Sendable {
    /// The bar's close, a whole microsecond: no store keeps more.
    package var timestamp: Timestamp
    package var open: Double
    package var high: Double
    package var low: Double
    package var close: Double
    package var volume: Double
    /// When the bar could first be known, a whole microsecond; never before its close.
    package var availableAt: Timestamp
    /// Values from outside the market that were known by then.
    package var exogenous: ExogenousValues

    package init(
        timestamp: Timestamp, open: Double = .nan, high: Double = .nan, low: Double = .nan,
        close: Double, volume: Double = .nan, availableAt: Timestamp? = nil,
        exogenous: ExogenousValues = ExogenousValues()
    ) {
        self.timestamp = timestamp
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
        self.availableAt = max(timestamp, availableAt?.roundedUpToMicrosecond ?? timestamp)
        self.exogenous = exogenous
    }

    /// Prices and volume in column order: open, high, low, close, volume.
    package var values: [Double] { [open, high, low, close, volume] }

    /// Whether two bars say the same, bit for bit, `availableAt` aside; two missing values agree.
    package func saysTheSame(as other: Bar) -> Bool {
        timestamp == other.timestamp
            && zip(values, other.values).allSatisfy { mine, theirs in
                mine.bitPattern == theirs.bitPattern || (mine.isNaN && theirs.isNaN)
            }
            && exogenous == other.exogenous
    }
}

extension Bar {
    /// The bar as a correction of what was said about its timestamp before: known from when it was
    /// brought, unless its source says when it could be known, which then is later than the close.
    ///
    /// - Parameter instant: when it was brought, by the wall clock.
    package func asCorrection(broughtAt instant: Timestamp) -> Bar {
        guard availableAt == timestamp else { return self }
        return known(from: instant)
    }

    /// The bar as a correction of another one: known from when it was brought, unless its source
    /// says an instant later than that bar's. A source that adds the same delay to every close says
    /// nothing about the correction.
    package func asCorrection(of earlier: Bar, broughtAt instant: Timestamp) -> Bar {
        availableAt > earlier.availableAt ? self : known(from: instant)
    }

    private func known(from instant: Timestamp) -> Bar {
        var bar = self
        bar.availableAt = max(availableAt, instant.roundedUpToMicrosecond)
        return bar
    }
}

extension Bar {
    /// How far ahead of a clock a bar may become known: clocks differ.
    package static let clockToleranceSeconds: Int64 = 60

    /// Whether a bar that is known only later than `now`, clocks' differences aside, was given: a
    /// look ahead, and it would keep every live bar from being classified.
    package func isFromTheFuture(at now: Timestamp) -> Bool {
        availableAt > now.advanced(bySeconds: Bar.clockToleranceSeconds)
    }
}

/// A bar as the store keeps it: the same timestamp again is the next revision.
package struct RevisedBar: Sendable {
    package var bar: Bar
    /// 1 for the first version of this timestamp.
    package var revision: Int

    package init(bar: Bar, revision: Int) {
        self.bar = bar
        self.revision = revision
    }
}

// MARK: - What a bar must not be

/// Why a bar is impossible.
package enum BarFault: Error, Equatable, Sendable {
    case finerThanMicroseconds
    case notFinite(column: String)
    case notPositive(column: String)
    case negativeVolume
    case highBelowLow
    case outsideRange(column: String)
    case tooManyExogenous
    case exogenousName(String)
}

extension BarFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .finerThanMicroseconds: "timestamp is finer than a microsecond: round it"
        case .notFinite(let column): "\(column) is not a finite number"
        case .notPositive(let column): "\(column) must be greater than zero"
        case .negativeVolume: "volume is negative"
        case .highBelowLow: "high is below low"
        case .outsideRange(let column): "\(column) lies outside low … high"
        case .tooManyExogenous:
            "more than \(ExogenousValues.countLimit) exogenous values in one bar"
        case .exogenousName(let name):
            "'\(name)' cannot name an exogenous value: use a letter and up to "
                + "\(ExogenousValues.nameLengthLimit - 1) of a–z 0–9 _"
        }
    }
}

extension BarFault {
    /// The bar's column that is at fault.
    package var column: String {
        switch self {
        case .notFinite(let column), .notPositive(let column), .outsideRange(let column): column
        case .finerThanMicroseconds: "timestamp"
        case .negativeVolume: "volume"
        case .highBelowLow: "high"
        case .tooManyExogenous, .exogenousName: "exogenous"
        }
    }
}

extension Bar {
    /// The first thing wrong with this bar, or `nil`. Missing values (NaN) are not wrong.
    ///
    /// Open and close outside low … high are let pass by up to one part in a million: vendors round
    /// the four prices separately.
    package var fault: BarFault? {
        if !timestamp.isWholeMicrosecond { return .finerThanMicroseconds }
        for (column, price) in [("open", open), ("high", high), ("low", low), ("close", close)]
        where !price.isNaN {
            if price.isInfinite { return .notFinite(column: column) }
            if price <= 0 { return .notPositive(column: column) }
        }
        if volume.isInfinite { return .notFinite(column: "volume") }
        if volume < 0 { return .negativeVolume }
        // A missing value compares false, so what is there is still checked against the other.
        if high < low { return .highBelowLow }
        for (column, price) in [("open", open), ("close", close)] where !price.isNaN {
            if price > high * (1 + 1e-6) || price < low * (1 - 1e-6) {
                return .outsideRange(column: column)
            }
        }
        return exogenous.fault
    }
}
