/// Days and ranges of days, some with a time of day, found by binary search.
///
/// Written as text, one occasion a line: dates or `first/last` ranges, a time `HH:MM` where there
/// is one, then the occasion, for the reader only. Order is free. A line that cannot be read is a
/// mistake in the program and stops it.
struct SpecialDays: Sendable {
    private struct Range: Sendable {
        let first: CivilDate
        let last: CivilDate
        /// Seconds of the day; 0 when the line gives no time.
        let secondsOfDay: Int
    }

    private let ranges: [Range]

    init(_ text: String) {
        let ranges = text.split(separator: "\n").flatMap(SpecialDays.ranges(inLine:))
            .sorted { $0.first < $1.first }
        for (earlier, later) in zip(ranges, ranges.dropFirst()) {
            precondition(earlier.last < later.first, "\(later.first) is said twice")
        }
        self.ranges = ranges
    }

    func contains(_ date: CivilDate) -> Bool {
        value(on: date) != nil
    }

    /// The time given for a date, in seconds of the day.
    func value(on date: CivilDate) -> Int? {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].last < date { low = middle + 1 } else { high = middle }
        }
        guard low < ranges.count, ranges[low].first <= date else { return nil }
        return ranges[low].secondsOfDay
    }

    /// A date that the program itself spells out.
    static func day(_ iso: some StringProtocol) -> CivilDate {
        guard let date = CivilDate(iso: iso) else { preconditionFailure("\(iso) is no date") }
        return date
    }

    private static func ranges(inLine line: Substring) -> [Range] {
        let words = line.split(separator: " ")
        let dates = words.prefix { $0.utf8.count >= 10 && $0.first?.isNumber == true }
        precondition(!dates.isEmpty, "no date in «\(line)»")
        let seconds = words.dropFirst(dates.count).first.flatMap(secondsOfDay) ?? 0
        return dates.map { word in
            let ends = word.split(separator: "/")
            guard let first = ends.first, let last = ends.last else {
                preconditionFailure("«\(word)» is no range")
            }
            return Range(first: day(first), last: day(last), secondsOfDay: seconds)
        }
    }

    /// Seconds of the day from `HH:MM`; `nil` for another word.
    private static func secondsOfDay(_ word: Substring) -> Int? {
        let fields = word.split(separator: ":")
        guard fields.count == 2, let hour = Int(fields[0]), let minute = Int(fields[1]) else {
            return nil
        }
        return hour * 3600 + minute * 60
    }
}
