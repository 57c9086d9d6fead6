/// A place in a trace: the `traceparent` of W3C Trace Context (version 00).
package struct TraceContext: Sendable, Equatable {
    package static let header = "traceparent"

    /// The trace's two halves, not both zero.
    private let trace: (high: UInt64, low: UInt64)
    /// The caller's span, or one's own; not zero.
    private let span: UInt64
    /// Bit 0 says that the trace is recorded.
    private let flags: UInt8

    /// Reads a header's value; `nil` when malformed. Of a later version than 00 only the part that
    /// 00 has is read, as the specification wants it.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff",
            parts[0] != "00" || parts.count == 4, HexadecimalDigits.read(parts[0]) != nil,
            parts[1].utf8.count == 32,
            let high = HexadecimalDigits.read(parts[1].prefix(16)),
            let low = HexadecimalDigits.read(parts[1].suffix(16)), high != 0 || low != 0,
            parts[2].utf8.count == 16, let span = HexadecimalDigits.read(parts[2]), span != 0,
            parts[3].utf8.count == 2, let flags = HexadecimalDigits.read(parts[3])
        else { return nil }
        self.init((high, low), span, UInt8(flags))
    }

    /// A new trace that nobody records.
    package init(using generator: inout some RandomNumberGenerator) {
        let high: UInt64 = generator.next()
        let low = UInt64.random(in: 1...UInt64.max, using: &generator)
        self.init((high, low), UInt64.random(in: 1...UInt64.max, using: &generator), 0)
    }

    private init(_ trace: (high: UInt64, low: UInt64), _ span: UInt64, _ flags: UInt8) {
        (self.trace, self.span, self.flags) = (trace, span, flags)
    }

    /// A span of the same trace.
    package func child(using generator: inout some RandomNumberGenerator) -> TraceContext {
        TraceContext(trace, UInt64.random(in: 1...UInt64.max, using: &generator), flags)
    }

    /// 32 lower-case hexadecimal digits.
    package var traceID: String {
        HexadecimalDigits.text(trace.high) + HexadecimalDigits.text(trace.low)
    }

    /// 16 lower-case hexadecimal digits.
    package var spanID: String { HexadecimalDigits.text(span) }

    /// The header's value.
    package var text: String {
        "00-\(traceID)-\(spanID)-\(flags < 16 ? "0" : "")\(String(flags, radix: 16))"
    }

    package static func == (lhs: TraceContext, rhs: TraceContext) -> Bool {
        lhs.trace == rhs.trace && lhs.span == rhs.span && lhs.flags == rhs.flags
    }
}

/// Numbers in lower-case hexadecimal digits.
private enum HexadecimalDigits {
    private static let digits = Array("0123456789abcdef".utf8)

    /// 16 digits.
    static func text(_ number: UInt64) -> String {
        String(
            decoding: stride(from: 60, through: 0, by: -4).lazy.map {
                digits[Int(number >> UInt64($0) & 15)]
            }, as: UTF8.self)
    }

    /// Of up to 16 digits; `nil` for anything else.
    static func read(_ text: Substring) -> UInt64? {
        var number: UInt64 = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                number = number << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"):
                number = number << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }
}
