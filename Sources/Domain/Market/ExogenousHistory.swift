/// One value from outside the market over time, as it became known. What it says is read through
/// a cursor, and in no other way: what was not available at the cursor cannot be had.
///
/// Of each instant that a value is about, later vintages replace earlier ones from when they became
/// known: the latest instant's latest vintage is the value.
///
/// Memory: 16 bytes a value that was the latest one at some time; 24 bytes a reading while it is
/// made.
package struct ExogenousHistory: Sendable {
    package let name: String
    /// How long a value that was not replaced is the present one.
    fileprivate let keptNanoseconds: Int64
    /// Ascending; when each value became known.
    fileprivate var instants: [Timestamp] = []
    fileprivate var values: [Double] = []

    /// A value that was known for longer than this is missing, unless a history says otherwise: it
    /// speaks of another time. Longer than a closure of the exchange has been since 1934.
    package static let daysKept: Int64 = 10
    package static let nanosecondsKept = daysKept * Timestamp.nanosecondsPerDay

    /// A value with the instant it is about and the one at which it could be known.
    package struct Reading: Sendable {
        package var timestamp: Timestamp
        package var availableAt: Timestamp
        /// NaN: nothing was said, and the value before stays the latest.
        package var value: Double

        package init(timestamp: Timestamp, availableAt: Timestamp, value: Double) {
            self.timestamp = timestamp
            self.availableAt = availableAt
            self.value = value
        }
    }

    /// - Parameters:
    ///   - readings: in any order. One that becomes known after a reading about a later instant
    ///     is no news and is left out. Of two that became known about one instant at once, the
    ///     greater counts.
    ///   - delayNanoseconds: by how much later each became known than it says, 0 or more.
    ///   - keptNanoseconds: how long a value that was not replaced is the present one.
    package init(
        name: String, _ readings: some Sequence<Reading>, delayNanoseconds: Int64 = 0,
        keptNanoseconds: Int64 = ExogenousHistory.nanosecondsKept
    ) {
        precondition(delayNanoseconds >= 0, "a value is not known before it is said")
        self.name = name
        self.keptNanoseconds = keptNanoseconds
        let ordered = readings.filter { !$0.value.isNaN }.sorted {
            ($0.availableAt, $0.timestamp, $0.value) < ($1.availableAt, $1.timestamp, $1.value)
        }
        var newest = Timestamp.earliest
        for reading in ordered where reading.timestamp >= newest {
            newest = reading.timestamp
            let (known, isBeyond) = reading.availableAt.nanoseconds.addingReportingOverflow(
                delayNanoseconds)
            instants.append(isBeyond ? .latest : Timestamp(nanoseconds: known))
            values.append(reading.value)
        }
    }

    /// Values that were the latest one at some time.
    package var count: Int { values.count }

    /// Before everything that was ever known.
    package var cursor: ExogenousCursor { ExogenousCursor(of: self) }
}

/// An instant from which a history is read: its value is the latest that was available by then.
/// It moves forward only.
package struct ExogenousCursor: Sendable {
    private let history: ExogenousHistory
    /// Where it stands.
    package private(set) var instant = Timestamp.earliest
    /// Values that were known by then.
    private var known = 0

    fileprivate init(of history: ExogenousHistory) {
        self.history = history
        advance(to: instant)
    }

    package var name: String { history.name }

    /// Moves to an instant; an earlier one than it stands at moves nothing. O(log n).
    package mutating func advance(to instant: Timestamp) {
        guard instant >= self.instant else { return }
        self.instant = instant
        var high = history.instants.count
        while known < high {
            let middle = known + (high - known) / 2
            if history.instants[middle] <= instant { known = middle + 1 } else { high = middle }
        }
    }

    /// The latest value known at the instant; NaN before the first, and when that was known for
    /// longer than values are kept.
    package var value: Double {
        guard known > 0 else { return .nan }
        let (age, isBeyond) = instant.nanoseconds.subtractingReportingOverflow(
            history.instants[known - 1].nanoseconds)
        return isBeyond || age > history.keptNanoseconds ? .nan : history.values[known - 1]
    }
}

/// Gives bars the values from outside the market that were known with them.
package struct ExogenousJoin: Sendable {
    private let histories: [ExogenousHistory]
    private var cursors: [ExogenousCursor]
    /// Bars that found no value, by name.
    package private(set) var missing: [String: Int] = [:]

    package init(_ histories: [ExogenousHistory]) {
        self.histories = histories
        cursors = histories.map(\.cursor)
    }

    package var isEmpty: Bool { histories.isEmpty }

    /// The bar with the latest value of each history that was known when the bar was, never a
    /// later one.
    package mutating func join(_ bar: Bar) -> Bar {
        var bar = bar
        for index in cursors.indices {
            // A bar that came late is no reason to tell the next one what only it could know.
            if bar.availableAt < cursors[index].instant { cursors[index] = histories[index].cursor }
            cursors[index].advance(to: bar.availableAt)
            let (name, value) = (cursors[index].name, cursors[index].value)
            if value.isNaN { missing[name, default: 0] += 1 }
            bar.exogenous[name] = value
        }
        return bar
    }
}
