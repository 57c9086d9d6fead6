/// How much time one bar covers: a count of minutes, hours, days or weeks, as in `1m`, `4h`, `1d`.
package struct Timeframe: Hashable, Sendable {
    package enum Unit: Character, Sendable, CaseIterable {
        case minute = "m"
        case hour = "h"
        case day = "d"
        case week = "w"

        package var seconds: Int64 {
            switch self {
            case .minute: 60
            case .hour: 3600
            case .day: 86_400
            case .week: 604_800
            }
        }
    }

    package let count: Int
    package let unit: Unit

    package static let countLimit = 999

    package static let daily = Timeframe(count: 1, unit: .day)
    package static let hourly = Timeframe(count: 1, unit: .hour)
    package static let minutely = Timeframe(count: 1, unit: .minute)

    private init(count: Int, unit: Unit) {
        self.count = count
        self.unit = unit
    }

    /// Parses `1d`, `4h`, `15m`; `nil` for anything else or a count outside 1 … 999.
    package init?(_ text: some StringProtocol) {
        guard let last = text.last, let unit = Unit(rawValue: last),
            let count = DecimalDigits.value(of: Array(text.utf8.dropLast())[...]),
            (1...Timeframe.countLimit).contains(count)
        else { return nil }
        self.init(count: count, unit: unit)
    }

    /// Length of one bar.
    package var nanoseconds: Int64 {
        Int64(count) * unit.seconds * Timestamp.nanosecondsPerSecond
    }

    /// Bars of a day or longer are stamped at a session's close, shorter ones at their own.
    package var isIntraday: Bool { unit == .minute || unit == .hour }

    /// Bars a year of a market that keeps a calendar.
    package func barsPerYear(in calendar: SessionCalendar) -> Double {
        barsPerYear(alwaysOpen: calendar != .nyse)
    }

    /// Bars a year of an exchange with 252 sessions of 6.5 hours, or of a market that never closes.
    package func barsPerYear(alwaysOpen: Bool) -> Double {
        let daysPerYear = alwaysOpen ? 365.25 : 252
        let hoursPerDay = alwaysOpen ? 24.0 : 6.5
        switch unit {
        case .minute: return daysPerYear * hoursPerDay * 60 / Double(count)
        case .hour: return daysPerYear * hoursPerDay / Double(count)
        case .day: return daysPerYear / Double(count)
        case .week: return daysPerYear / Double(count) / (alwaysOpen ? 7 : 5)
        }
    }
}

extension Timeframe: CustomStringConvertible {
    package var description: String { "\(count)\(unit.rawValue)" }
}
