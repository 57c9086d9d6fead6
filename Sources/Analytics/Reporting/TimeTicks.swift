package import Market

/// Marks of an axis of bars: the first bar of each year, month, day, hour or minute.
///
/// Bars stand side by side whatever time lies between them, so that nights and weekends take no
/// room. The finest unit is taken whose marks are no more than asked for.
package struct TimeTicks: Sendable {
    package struct Tick: Sendable, Equatable {
        /// The bar's number.
        package let bar: Int
        package let label: String
    }

    /// Columns that the widest label takes: `03-15 14:30`.
    package static let labelWidth = 11

    /// A number that is new where a mark may stand, finest first.
    private enum Unit: CaseIterable {
        case minutes1, minutes5, minutes15, minutes30, hours1, hours3, hours6, hours12
        case days1, days2, days5, days10
        case months1, months3, months6, years1, years2, years5, years10, years20, years50

        func number(of timestamp: Timestamp) -> Int {
            let day = timestamp.utcDate
            let minute = Int(
                timestamp.nanosecondsOfUTCDay / (60 * Timestamp.nanosecondsPerSecond))
            let minutes = day.daysSinceEpoch * 1440 + minute
            let month = day.year * 12 + day.month - 1
            return switch self {
            case .minutes1: minutes
            case .minutes5: TimeTicks.quotient(minutes, 5)
            case .minutes15: TimeTicks.quotient(minutes, 15)
            case .minutes30: TimeTicks.quotient(minutes, 30)
            case .hours1: TimeTicks.quotient(minutes, 60)
            case .hours3: TimeTicks.quotient(minutes, 180)
            case .hours6: TimeTicks.quotient(minutes, 360)
            case .hours12: TimeTicks.quotient(minutes, 720)
            case .days1: day.daysSinceEpoch
            case .days2: TimeTicks.quotient(day.daysSinceEpoch, 2)
            case .days5: TimeTicks.quotient(day.daysSinceEpoch, 5)
            case .days10: TimeTicks.quotient(day.daysSinceEpoch, 10)
            case .months1: month
            case .months3: month / 3
            case .months6: month / 6
            case .years1: day.year
            case .years2: day.year / 2
            case .years5: day.year / 5
            case .years10: day.year / 10
            case .years20: day.year / 20
            case .years50: day.year / 50
            }
        }

        func label(_ timestamp: Timestamp) -> String {
            let day = timestamp.utcDate.iso
            return switch self {
            case .minutes1, .minutes5, .minutes15, .minutes30, .hours1, .hours3, .hours6, .hours12:
                day.dropFirst(5) + " " + timestamp.rfc3339.dropFirst(11).prefix(5)
            case .days1, .days2, .days5, .days10: day
            case .months1, .months3, .months6: String(day.prefix(7))
            default: String(day.prefix(4))
            }
        }
    }

    package let ticks: [Tick]

    /// - Parameters:
    ///   - timestamps: ascending.
    ///   - limit: marks at the most; with fewer than two bars, or where even the coarsest unit has
    ///     more, there are none.
    package init(_ timestamps: [Timestamp], limit: Int) {
        var chosen: [Tick] = []
        for unit in Unit.allCases {
            guard let ticks = TimeTicks.ticks(of: unit, timestamps, limit: limit) else { continue }
            // Of units with the same marks the coarsest has the shortest words.
            guard chosen.isEmpty || ticks.map(\.bar) == chosen.map(\.bar) else { break }
            chosen = ticks
        }
        ticks = chosen
    }

    /// `nil` when there are more than wanted, or none.
    private static func ticks(
        of unit: Unit, _ timestamps: [Timestamp], limit: Int
    ) -> [Tick]? {
        guard var last = timestamps.first.map(unit.number) else { return nil }
        var ticks: [Tick] = []
        for (bar, timestamp) in timestamps.enumerated().dropFirst() {
            let number = unit.number(of: timestamp)
            guard number != last else { continue }
            last = number
            guard ticks.count < limit else { return nil }
            ticks.append(Tick(bar: bar, label: unit.label(timestamp)))
        }
        return ticks.isEmpty ? nil : ticks
    }

    private static func quotient(_ value: Int, _ divisor: Int) -> Int {
        value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
    }
}
