/// One value from outside the market over time, as it became known.
///
/// Memory: 16 bytes a value.
package struct ExogenousHistory: Sendable {
    package let name: String
    /// Ascending; when each value became known.
    private var instants: [Timestamp] = []
    private var values: [Double] = []

    /// A value that was known for longer than this is missing: it speaks of another time. Longer
    /// than a closure of the exchange has been since 1934.
    package static let daysKept: Int64 = 10

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
    ///     is no news and is left out.
    ///   - delayNanoseconds: by how much later each became known than it says, 0 or more.
    package init(
        name: String, _ readings: some Sequence<Reading>, delayNanoseconds: Int64 = 0
    ) {
        precondition(delayNanoseconds >= 0, "a value is not known before it is said")
        self.name = name
        let ordered = readings.filter { !$0.value.isNaN }.sorted {
            ($0.availableAt, $0.timestamp) < ($1.availableAt, $1.timestamp)
        }
        var newest = Timestamp(nanoseconds: .min)
        for reading in ordered where reading.timestamp > newest {
            newest = reading.timestamp
            let (known, isBeyond) = reading.availableAt.nanoseconds.addingReportingOverflow(
                delayNanoseconds)
            instants.append(Timestamp(nanoseconds: isBeyond ? .max : known))
            values.append(reading.value)
        }
    }

    package var count: Int { values.count }

    /// The latest value known at an instant; NaN before the first and when it is older than
    /// `daysKept`. O(log n).
    package func value(knownAt instant: Timestamp) -> Double {
        var low = 0
        var high = instants.count
        while low < high {
            let middle = (low + high) / 2
            if instants[middle] <= instant { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return .nan }
        let (age, isBeyond) = instant.nanoseconds.subtractingReportingOverflow(
            instants[low - 1].nanoseconds)
        let limit = ExogenousHistory.daysKept * Timestamp.nanosecondsPerDay
        return isBeyond || age > limit ? .nan : values[low - 1]
    }
}

/// Gives bars the values from outside the market that were known with them.
package struct ExogenousJoin: Sendable {
    private let histories: [ExogenousHistory]
    /// Bars that found no value, by name.
    package private(set) var missing: [String: Int] = [:]

    package init(_ histories: [ExogenousHistory]) {
        self.histories = histories
    }

    package var isEmpty: Bool { histories.isEmpty }

    /// The bar with the latest value of each history that was known when the bar was, never a
    /// later one.
    package mutating func join(_ bar: Bar) -> Bar {
        var bar = bar
        for history in histories {
            let value = history.value(knownAt: bar.availableAt)
            if value.isNaN { missing[history.name, default: 0] += 1 }
            bar.exogenous[history.name] = value
        }
        return bar
    }
}
