// MARK: - Times

extension StampParser {
    static func parseTime(
        _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int, into stamp: inout WrittenStamp
    ) throws(StampFault) {
        var end = end
        while position < end, RecordReader.isBlank(bytes[end - 1]) { end -= 1 }
        skipBlanks(bytes, &position, end)
        let digits = digitRun(bytes, position, end)
        let first = number(bytes, position, digits)
        position += digits
        var hour = first
        var minute = 0
        var second = 0
        var needsHalf = false
        switch digits {
        case 6:
            (hour, minute, second) = (first / 10_000, first / 100 % 100, first % 100)
        case 3, 4:
            (hour, minute) = (first / 100, first % 100)
        case 1, 2:
            let colon = UInt8(ascii: ":")
            if position < end, bytes[position] == colon {
                minute = try number(bytes, &position, end, after: colon, digits: 2...2)
                if position < end, bytes[position] == colon {
                    second = try number(bytes, &position, end, after: colon, digits: 2...2)
                }
            } else {
                needsHalf = true
            }
        default: throw .unreadable
        }
        stamp.nanosecond = try fraction(bytes, &position, end)
        if let afternoon = half(bytes, &position, end) {
            guard (1...12).contains(hour) else { throw .noSuchTime }
            hour = hour % 12 + (afternoon ? 12 : 0)
        } else if needsHalf {
            throw .unreadable
        }
        guard minute < 60, second < 60, hour < 24 || hour == 24 && minute + second == 0 else {
            throw .noSuchTime
        }
        stamp.secondsOfDay = hour * 3600 + minute * 60 + second
        skipBlanks(bytes, &position, end)
        guard position < end else { return }
        stamp.utcOffset = try offset(bytes, &position, end)
        stamp.format.hasOffset = true
        guard position == end else { throw .unreadable }
    }

    /// Nanoseconds of a `.5` or `,5`; digits after the ninth are dropped.
    private static func fraction(
        _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int
    ) throws(StampFault) -> Int {
        guard position < end,
            bytes[position] == UInt8(ascii: ".") || bytes[position] == UInt8(ascii: ",")
        else { return 0 }
        position += 1
        let digits = digitRun(bytes, position, end)
        guard digits > 0 else { throw .unreadable }
        var value = number(bytes, position, min(digits, 9))
        for _ in min(digits, 9)..<9 { value *= 10 }
        position += digits
        return value
    }

    /// Whether `AM` or `PM` follows, after a blank or a `-` or nothing: `true` for PM.
    private static func half(
        _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int
    ) -> Bool? {
        var ahead = position
        if ahead < end, bytes[ahead] == UInt8(ascii: "-") || RecordReader.isBlank(bytes[ahead]) {
            ahead += 1
        }
        guard ahead + 1 < end, bytes[ahead + 1] | 0x20 == UInt8(ascii: "m") else { return nil }
        let letter = bytes[ahead] | 0x20
        guard letter == UInt8(ascii: "a") || letter == UInt8(ascii: "p") else { return nil }
        position = ahead + 2
        return letter == UInt8(ascii: "p")
    }

    /// Seconds east of Greenwich from `Z`, `UTC`, `GMT`, `±HH`, `±HHMM` or `±HH:MM`.
    private static func offset(
        _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int
    ) throws(StampFault) -> Int {
        let sign = bytes[position]
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
            for name in ["Z", "UTC", "GMT"] where matches(bytes, position, end, name) {
                position = end
                return 0
            }
            throw .unreadable
        }
        position += 1
        let digits = digitRun(bytes, position, end)
        guard digits == 2 || digits == 4 else { throw .unreadable }
        let value = number(bytes, position, digits)
        position += digits
        var (hours, minutes) = digits == 4 ? (value / 100, value % 100) : (value, 0)
        if digits == 2, position < end {
            minutes = try number(
                bytes, &position, end, after: UInt8(ascii: ":"), digits: 2...2)
        }
        guard hours <= 18, minutes < 60 else { throw .noSuchTime }
        hours = hours * 3600 + minutes * 60
        return sign == UInt8(ascii: "-") ? -hours : hours
    }

    private static func matches(
        _ bytes: Span<UInt8>, _ position: Int, _ end: Int, _ name: String
    ) -> Bool {
        guard end - position == name.utf8.count else { return false }
        var index = position
        for byte in name.utf8 {
            guard bytes[index] & 0xdf == byte else { return false }
            index += 1
        }
        return true
    }
}

// MARK: - Digits

extension StampParser {
    static func digitRun(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var position = start
        while position < end, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        return position - start
    }

    /// The value of `count` digits, at most 19 of them and the first of those below 9.
    static func number(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> Int {
        var value = 0
        for index in start..<(start + count) {
            value = value &* 10 &+ Int(bytes[index] &- UInt8(ascii: "0"))
        }
        return value
    }

    /// A separator and as many digits as allowed.
    static func number(
        _ bytes: Span<UInt8>, _ position: inout Int, _ end: Int, after separator: UInt8,
        digits allowed: ClosedRange<Int>
    ) throws(StampFault) -> Int {
        guard position < end, bytes[position] == separator else { throw .unreadable }
        let digits = digitRun(bytes, position + 1, end)
        guard allowed.contains(digits) else { throw .unreadable }
        let value = number(bytes, position + 1, digits)
        position += 1 + digits
        return value
    }

    static func skipBlanks(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) {
        while position < end, RecordReader.isBlank(bytes[position]) { position += 1 }
    }
}
