/// A place in a trace: the `traceparent` of W3C Trace Context (version 00).
package struct TraceContext: Sendable, Equatable {
    package static let header = "traceparent"

    /// 32 lower-case hexadecimal digits, not all zero.
    package let traceID: String
    /// 16 lower-case hexadecimal digits, not all zero: the caller's span, or one's own.
    package let spanID: String
    /// Two digits; bit 0 says that the trace is recorded.
    package let flags: String

    /// Reads a header's value; `nil` when malformed. Of a later version than 00 only the part that
    /// 00 has is read, as the specification wants it.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff",
            parts[0] != "00" || parts.count == 4, TraceContext.isHexadecimal(parts[0]),
            parts[1].utf8.count == 32, TraceContext.isIdentifier(parts[1]),
            parts[2].utf8.count == 16, TraceContext.isIdentifier(parts[2]),
            parts[3].utf8.count == 2, TraceContext.isHexadecimal(parts[3])
        else { return nil }
        (traceID, spanID, flags) = (String(parts[1]), String(parts[2]), String(parts[3]))
    }

    /// A new trace that nobody records.
    package init(using generator: inout some RandomNumberGenerator) {
        traceID = TraceContext.digits(&generator) + TraceContext.digits(&generator)
        spanID = TraceContext.digits(&generator)
        flags = "00"
    }

    private init(traceID: String, spanID: String, flags: String) {
        (self.traceID, self.spanID, self.flags) = (traceID, spanID, flags)
    }

    /// A span of the same trace.
    package func child(using generator: inout some RandomNumberGenerator) -> TraceContext {
        TraceContext(
            traceID: traceID, spanID: TraceContext.digits(&generator), flags: flags)
    }

    /// The header's value.
    package var text: String { "00-\(traceID)-\(spanID)-\(flags)" }

    private static func digits(_ generator: inout some RandomNumberGenerator) -> String {
        let text = String(UInt64.random(in: 1...UInt64.max, using: &generator), radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    private static func isIdentifier(_ text: Substring) -> Bool {
        isHexadecimal(text) && text.utf8.contains { $0 != UInt8(ascii: "0") }
    }

    private static func isHexadecimal(_ text: Substring) -> Bool {
        text.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
        }
    }
}
