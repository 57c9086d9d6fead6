import Market
import TestSupport

/// One way of writing a table of bars.
struct Dialect {
    enum Dates: CaseIterable {
        case iso, slashes, compact, american, isoMidnight, unixSeconds, unixMilliseconds, twoColumns
    }

    var delimiter = ","
    var newline = "\n"
    var quotesEverything = false
    var hasMark = false
    var isGzip = false
    var isNewestFirst = false
    var hasFinalNewline = true
    var dates = Dates.iso
    /// The order of the columns open, high, low, close, volume, and where others stand between.
    var order = ["open", "high", "low", "close", "volume"]

    static func random(using generator: inout SplitMix64) -> Dialect {
        var dialect = Dialect()
        dialect.delimiter = [",", ";", "\t"].randomElement(using: &generator) ?? ","
        dialect.newline = ["\n", "\r\n", "\r"].randomElement(using: &generator) ?? "\n"
        dialect.quotesEverything = Bool.random(using: &generator)
        dialect.hasMark = Bool.random(using: &generator)
        dialect.isGzip = Bool.random(using: &generator)
        dialect.isNewestFirst = Bool.random(using: &generator)
        dialect.hasFinalNewline = Bool.random(using: &generator)
        dialect.dates = Dates.allCases.randomElement(using: &generator) ?? .iso
        dialect.order = (dialect.order + ["note"]).shuffled(using: &generator)
        return dialect
    }

    func write(_ bars: [Bar], days: [CivilDate]) -> [UInt8] {
        var lines = [line((dates == .twoColumns ? ["Date", "Time"] : ["Time stamp"]) + order)]
        for (bar, day) in zip(bars, days) {
            let cells: [String: Double] = [
                "open": bar.open, "high": bar.high, "low": bar.low, "close": bar.close,
                "volume": bar.volume,
            ]
            let values = order.map { name in
                cells[name].map { $0.isNaN ? "" : "\($0)" } ?? note
            }
            lines.append(line(stamp(day) + values))
        }
        if isNewestFirst { lines = [lines[0]] + lines.dropFirst().reversed() }
        let text = lines.joined(separator: newline) + (hasFinalNewline ? newline : "")
        let bytes = (hasMark ? [0xef, 0xbb, 0xbf] : []) + Array(text.utf8)
        return isGzip ? storedGzip(bytes) : bytes
    }

    private var note: String { quotesEverything ? "a \"\"b\"\"\(delimiter)\n" : "ab" }

    private func line(_ cells: [String]) -> String {
        cells.map { quotesEverything ? "\"\($0)\"" : $0 }.joined(separator: delimiter)
    }

    private func stamp(_ day: CivilDate) -> [String] {
        let month = DecimalDigits.padded(day.month, to: 2)
        let ofMonth = DecimalDigits.padded(day.day, to: 2)
        switch dates {
        case .iso: return [day.iso]
        case .slashes: return ["\(day.year)/\(day.month)/\(day.day)"]
        case .compact: return ["\(day.year)\(month)\(ofMonth)"]
        case .american: return ["\(day.month)/\(day.day)/\(day.year)"]
        case .isoMidnight: return ["\(day.iso)T00:00:00.000"]
        case .unixSeconds: return ["\(day.daysSinceEpoch * 86_400)"]
        case .unixMilliseconds: return ["\(day.daysSinceEpoch * 86_400_000)"]
        case .twoColumns: return [day.iso, "00:00"]
        }
    }
}

/// A gzip member whose blocks are stored, not compressed (RFC 1951, section 3.2.4).
func storedGzip(_ bytes: [UInt8]) -> [UInt8] {
    var member: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
    var start = 0
    repeat {
        let end = min(start + 0xffff, bytes.count)
        let length = UInt16(end - start)
        member += [end == bytes.count ? 1 : 0, UInt8(length & 0xff), UInt8(length >> 8)]
        member += [UInt8(~length & 0xff), UInt8(~length >> 8)] + bytes[start..<end]
        start = end
    } while start < bytes.count
    for word in [crc32(bytes), UInt32(truncatingIfNeeded: bytes.count)] {
        member += (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
    }
    return member
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
    var register: UInt32 = 0xffff_ffff
    for byte in bytes {
        register ^= UInt32(byte)
        for _ in 0..<8 { register = register >> 1 ^ (register & 1 == 1 ? 0xedb8_8320 : 0) }
    }
    return ~register
}
