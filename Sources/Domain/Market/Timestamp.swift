/// An instant: nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Covers 1677-09-21 to 2262-04-11. Arithmetic that would leave that range traps.
package struct Timestamp: Hashable, Sendable {
    package let nanoseconds: Int64

    package static let nanosecondsPerSecond: Int64 = 1_000_000_000
    package static let nanosecondsPerMicrosecond: Int64 = 1_000
    package static let nanosecondsPerDay: Int64 = 86_400 * nanosecondsPerSecond

    package static let earliest = Timestamp(nanoseconds: .min)
    package static let latest = Timestamp(nanoseconds: .max)

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Seconds since the epoch; `nil` when outside the range.
    package init?(secondsSinceEpoch seconds: Int64) {
        let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(
            by: Timestamp.nanosecondsPerSecond)
        guard !overflow else { return nil }
        self.nanoseconds = nanoseconds
    }

    /// Wall-clock time of a day at an offset from UTC; `nil` when outside the range.
    ///
    /// - Parameters:
    ///   - secondsOfDay: 0 … 86,400 (24:00 is the next day's midnight).
    ///   - utcOffsetSeconds: positive east of Greenwich.
    package init?(
        _ date: CivilDate, secondsOfDay: Int = 0, nanosecond: Int = 0, utcOffsetSeconds: Int = 0
    ) {
        let seconds = Int128(date.daysSinceEpoch) * 86_400 + Int128(secondsOfDay - utcOffsetSeconds)
        let sum = seconds * Int128(Timestamp.nanosecondsPerSecond) + Int128(nanosecond)
        guard let nanoseconds = Int64(exactly: sum) else { return nil }
        self.nanoseconds = nanoseconds
    }

    /// Wall-clock time of a day at an offset from UTC; outside the range, its nearest end.
    package init(clamping date: CivilDate, secondsOfDay: Int = 0, utcOffsetSeconds: Int = 0) {
        let exact = Timestamp(
            date, secondsOfDay: secondsOfDay, utcOffsetSeconds: utcOffsetSeconds)
        self = exact ?? (date.daysSinceEpoch < 0 ? .earliest : .latest)
    }

    /// The UTC day this instant lies in.
    package var utcDate: CivilDate {
        CivilDate(
            daysSinceEpoch: CivilDate.floorDivide(
                Int(nanoseconds), by: Int(Timestamp.nanosecondsPerDay)))
    }

    /// Nanoseconds since UTC midnight, 0 … 86,399,999,999,999.
    package var nanosecondsOfUTCDay: Int64 {
        Int64(CivilDate.floorModulo(Int(nanoseconds), Int(Timestamp.nanosecondsPerDay)))
    }

    package var isWholeMicrosecond: Bool {
        nanoseconds.isMultiple(of: Timestamp.nanosecondsPerMicrosecond)
    }

    /// The first whole microsecond not before it; the last there is when none follows.
    package var roundedUpToMicrosecond: Timestamp {
        let unit = Timestamp.nanosecondsPerMicrosecond
        let rest = nanoseconds % unit
        guard rest != 0 else { return self }
        let down = nanoseconds - rest
        guard rest > 0 else { return Timestamp(nanoseconds: down) }
        let (up, overflows) = down.addingReportingOverflow(unit)
        return Timestamp(nanoseconds: overflows ? down : up)
    }

    package func advanced(byNanoseconds distance: Int64) -> Timestamp {
        Timestamp(nanoseconds: nanoseconds + distance)
    }

    package func advanced(bySeconds distance: Int64) -> Timestamp {
        advanced(byNanoseconds: distance * Timestamp.nanosecondsPerSecond)
    }
}

extension Timestamp: Comparable {
    package static func < (lhs: Timestamp, rhs: Timestamp) -> Bool {
        lhs.nanoseconds < rhs.nanoseconds
    }
}

// MARK: - RFC 3339

extension Timestamp: CustomStringConvertible {
    package var description: String { rfc3339 }

    /// RFC 3339 in UTC with `Z`; a fraction only when there is one, without trailing zeros.
    package var rfc3339: String {
        let nanosecondsOfDay = Int(nanosecondsOfUTCDay)
        let perSecond = Int(Timestamp.nanosecondsPerSecond)
        let seconds = nanosecondsOfDay / perSecond
        var bytes = Array(utcDate.iso.utf8)
        bytes.reserveCapacity(bytes.count + "T00:00:00.123456789Z".utf8.count)
        bytes.append(UInt8(ascii: "T"))
        DecimalDigits.append(seconds / 3600, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        DecimalDigits.append(seconds / 60 % 60, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        DecimalDigits.append(seconds % 60, width: 2, to: &bytes)
        let fraction = nanosecondsOfDay % perSecond
        if fraction != 0 {
            bytes.append(UInt8(ascii: "."))
            DecimalDigits.append(fraction, width: 9, to: &bytes)
            while bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
        }
        bytes.append(UInt8(ascii: "Z"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Parses RFC 3339 (`2018-12-31T21:00:00Z`, `…T16:00:00.5-05:00`); `nil` for anything else.
    ///
    /// The offset is mandatory: a time without one is not an instant.
    package init?(rfc3339 text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, "Tt ".utf8.contains(bytes[10]),
            let date = CivilDate(iso: String(decoding: bytes[0..<10], as: UTF8.self)),
            let seconds = Timestamp.clockSeconds(bytes[11..<19])
        else { return nil }
        var index = 19
        var nanosecond = 0
        if bytes[index] == UInt8(ascii: ".") {
            let end = bytes[(index + 1)...].firstIndex { !(48...57).contains($0) } ?? bytes.count
            let digits = bytes[(index + 1)..<end]
            guard digits.count <= 9, let value = DecimalDigits.value(of: digits) else { return nil }
            nanosecond = (digits.count..<9).reduce(value) { partial, _ in partial * 10 }
            index = end
        }
        guard let offset = Timestamp.utcOffset(bytes[index...]) else { return nil }
        self.init(
            date, secondsOfDay: seconds, nanosecond: nanosecond, utcOffsetSeconds: offset)
    }

    /// Seconds of the day from `HH:MM:SS`.
    private static func clockSeconds(_ bytes: ArraySlice<UInt8>) -> Int? {
        let start = bytes.startIndex
        guard bytes.count == 8, bytes[start + 2] == UInt8(ascii: ":"),
            bytes[start + 5] == UInt8(ascii: ":"),
            let hour = DecimalDigits.value(of: bytes[start..<(start + 2)]), hour < 24,
            let minute = DecimalDigits.value(of: bytes[(start + 3)..<(start + 5)]), minute < 60,
            let second = DecimalDigits.value(of: bytes[(start + 6)..<(start + 8)]), second < 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    /// Seconds east of Greenwich from `Z`, `+HH:MM` or `-HH:MM`.
    private static func utcOffset(_ bytes: ArraySlice<UInt8>) -> Int? {
        if bytes.elementsEqual("Z".utf8) || bytes.elementsEqual("z".utf8) { return 0 }
        let start = bytes.startIndex
        guard bytes.count == 6, bytes[start + 3] == UInt8(ascii: ":"),
            let hours = DecimalDigits.value(of: bytes[(start + 1)..<(start + 3)]), hours < 24,
            let minutes = DecimalDigits.value(of: bytes[(start + 4)...]), minutes < 60
        else { return nil }
        switch bytes[start] {
        case UInt8(ascii: "+"): return hours * 3600 + minutes * 60
        case UInt8(ascii: "-"): return -(hours * 3600 + minutes * 60)
        default: return nil
        }
    }
}
