import Market

/// How the dates of a file are written; held from the first row to the last.
struct StampFormat: Equatable {
    enum DateStyle: Equatable {
        /// 2018-12-31, 2018/12/31
        case yearFirst(separator: UInt8)
        /// 20181231
        case compact
        /// 12/31/2018, 12-31-18
        case monthFirst(separator: UInt8)
        /// A count since 1970 of seconds, or of 10⁻³, 10⁻⁶ or 10⁻⁹ seconds.
        case unix(perSecond: Int64)
    }

    var date: DateStyle
    var hasTime: Bool
    var hasOffset: Bool

    var isUnix: Bool { if case .unix = date { true } else { false } }
}

/// A date and time as a file writes it, not yet an instant.
struct WrittenStamp: Equatable {
    var format: StampFormat
    var date: CivilDate
    /// 0 … 86,400; 24:00 is the next day's midnight.
    var secondsOfDay = 0
    var nanosecond = 0
    /// Seconds east of Greenwich, when written.
    var utcOffset = 0

    var isMidnight: Bool { secondsOfDay == 0 && nanosecond == 0 }
}

/// Reads dates and times in the forms that market data comes in.
///
/// `2018-12-31`, `2018/12/31`, `20181231`, `12/31/2018`, `1/2/18` (years 70–99 are 19xx), each
/// alone or followed by `T` or blanks and a time: `17:00`, `17:00:30.250`, `1700`, `170030`,
/// `9:30 AM`, `09-AM`; a time may end with `Z`, `UTC`, `+02`, `-0500` or `-05:00`. Or Unix time in
/// seconds, milli-, micro- or nanoseconds by its number of digits.
enum StampParser {
    /// Years whose every instant a `Timestamp` can hold, with room for a bar's length.
    static let years = 1700...2200

    /// Reads the field `range` of `bytes`, which must not be blank.
    static func parse(
        _ bytes: Span<UInt8>, _ range: Range<Int>, clock: Range<Int>? = nil
    ) throws(StampFault) -> WrittenStamp {
        var position = range.lowerBound
        let end = range.upperBound
        let leading = digitRun(bytes, position, end)
        if position + leading == end, leading >= 9 {
            return try parseDigits(bytes, range)
        }
        var stamp = try parseDate(bytes, &position, end, leadingDigits: leading)
        if let clock, position == end {
            stamp.format.hasTime = true
            var position = clock.lowerBound
            try parseTime(bytes, &position, clock.upperBound, into: &stamp)
            return stamp
        }
        guard position < end else { return stamp }
        let separator = bytes[position]
        guard separator | 0x20 == UInt8(ascii: "t") || separator == UInt8(ascii: " ") else {
            throw .unreadable
        }
        position += 1
        skipBlanks(bytes, &position, end)
        stamp.format.hasTime = true
        try parseTime(bytes, &position, end, into: &stamp)
        return stamp
    }

    static func looksLikeStamp(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty else { return false }
        do throws(StampFault) {
            _ = try parse(bytes.span, bytes.indices)
            return true
        } catch {
            return error != .unreadable
        }
    }
}

/// What is wrong with a written date or time.
enum StampFault: Error, Equatable {
    case unreadable
    case noSuchTime
    case dayFirst
    case outOfRange
    case skippedByClock
}

// MARK: - Dates

extension StampParser {
    private static func parseDate(
        _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int, leadingDigits: Int
    ) throws(StampFault) -> WrittenStamp {
        let first = number(bytes, position, leadingDigits)
        position += leadingDigits
        if leadingDigits == 8 {
            return try stamp(.compact, first / 10_000, first / 100 % 100, first % 100)
        }
        guard leadingDigits == 4 || leadingDigits == 1 || leadingDigits == 2, position < end else {
            throw .unreadable
        }
        let separator = bytes[position]
        guard separator == UInt8(ascii: "-") || separator == UInt8(ascii: "/") else {
            throw .unreadable
        }
        let second = try number(bytes, &position, end, after: separator, digits: 1...2)
        if leadingDigits == 4 {
            let day = try number(bytes, &position, end, after: separator, digits: 1...2)
            return try stamp(.yearFirst(separator: separator), first, second, day)
        }
        let start = position
        let third = try number(bytes, &position, end, after: separator, digits: 2...4)
        let yearDigits = position - start - 1
        guard yearDigits != 3 else { throw .unreadable }
        if first > 12, first <= 31, second <= 12 { throw .dayFirst }
        let year = yearDigits == 4 ? third : third < 70 ? 2000 + third : 1900 + third
        return try stamp(.monthFirst(separator: separator), year, first, second)
    }

    private static func stamp(
        _ style: StampFormat.DateStyle, _ year: Int, _ month: Int, _ day: Int
    ) throws(StampFault) -> WrittenStamp {
        guard let date = CivilDate(year: year, month: month, day: day) else { throw .noSuchTime }
        guard years.contains(year) else { throw .outOfRange }
        return WrittenStamp(
            format: StampFormat(date: style, hasTime: false, hasOffset: false), date: date)
    }

    /// Nine digits or more: Unix time, or a date and time without separators.
    private static func parseDigits(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(StampFault) -> WrittenStamp {
        if range.count == 14 {
            let date = number(bytes, range.lowerBound, 8)
            if years.contains(date / 10_000), (1...12).contains(date / 100 % 100) {
                var stamp = try stamp(.compact, date / 10_000, date / 100 % 100, date % 100)
                stamp.format.hasTime = true
                var position = range.lowerBound + 8
                try parseTime(bytes, &position, range.upperBound, into: &stamp)
                return stamp
            }
        }
        guard range.count <= 18 || range.count == 19 && bytes[range.lowerBound] <= 0x38 else {
            throw .unreadable
        }
        let count = Int64(number(bytes, range.lowerBound, range.count))
        let perSecond: Int64
        switch range.count {
        case 9...11: perSecond = 1
        case 12...14: perSecond = 1000
        case 15...17: perSecond = 1_000_000
        default: perSecond = 1_000_000_000
        }
        let seconds = count / perSecond
        let day = CivilDate(daysSinceEpoch: Int(seconds / 86_400))
        guard day < CivilDate(daysSinceEpoch: (years.upperBound - 1970) * 365) else {
            throw .outOfRange
        }
        return WrittenStamp(
            format: StampFormat(
                date: .unix(perSecond: perSecond), hasTime: true, hasOffset: true),
            date: day, secondsOfDay: Int(seconds % 86_400),
            nanosecond: Int(count % perSecond * (1_000_000_000 / perSecond)))
    }
}
