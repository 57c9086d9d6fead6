import Contracts
import Ports
import TestSupport
import Testing

private let traceDigits = "4bf92f3577b34da6a3ce929d0e0e4736"

@Suite("What comes with a call")
struct CallContextTests {
    @Test("a traceparent is read and written as it was")
    func trace() throws {
        let text = "00-\(traceDigits)-00f067aa0ba902b7-01"
        let context = try #require(TraceContext(text))
        #expect(context.traceID == traceDigits && context.spanID == "00f067aa0ba902b7")
        #expect(context.text == text)
        var generator = SplitMix64(seed: 1)
        let child = context.child(using: &generator)
        #expect(child.traceID == traceDigits && child.spanID != context.spanID)
        #expect(TraceContext(child.text) == child && child.text.hasSuffix("-01"))
        let other = TraceContext(using: &generator)
        #expect(TraceContext(other.text) == other && other.traceID != traceDigits)
        #expect(TraceContext("cc-\(traceDigits)-00f067aa0ba902b7-01-later") != nil)
    }

    @Test(
        "what is no traceparent is none",
        arguments: [
            "", "00", "00-\(traceDigits)-00f067aa0ba902b7",
            "00-\(traceDigits)-00f067aa0ba902b7-01-more",
            "ff-\(traceDigits)-00f067aa0ba902b7-01",
            "00-\(traceDigits.uppercased())-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-\(traceDigits)-0000000000000000-01", "00-\(traceDigits)-00f067aa0ba902b7-0g",
            "00-\(traceDigits.dropLast())-00f067aa0ba902b7-01",
        ])
    func noTrace(text: String) {
        #expect(TraceContext(text) == nil)
    }

    @Test("a timeout is digits and a unit")
    func timeout() {
        #expect(CallTimeout.read("250m") == .milliseconds(250))
        #expect(CallTimeout.read("1H") == .seconds(3_600))
        #expect(CallTimeout.read("99999999n") == .nanoseconds(99_999_999))
        #expect(CallTimeout.read("99999999H") == .seconds(604_800), "a week at the most")
        for text in ["", "5", "S", "-1S", "+1S", "1.5S", "100000000S", "1s"] {
            #expect(CallTimeout.read(text) == nil, "\(text)")
        }
    }

    @Test("a timeout is written in whole milliseconds, not below what it is")
    func writtenTimeout() {
        for (time, text) in [
            (Duration.zero, "0m"), (.nanoseconds(1), "1m"), (.milliseconds(1), "1m"),
            (.microseconds(1_001), "2m"), (.seconds(30), "30000m"), (.seconds(-5), "0m"),
            (.milliseconds(99_999_999), "99999999m"), (.seconds(1_000_000), "99999999m"),
        ] {
            #expect(CallTimeout.text(time) == text)
        }
        #expect(CallTimeout.read(CallTimeout.text(.seconds(30))) == .seconds(30))
    }
}
