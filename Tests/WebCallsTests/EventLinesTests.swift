import TestSupport
import Testing

@testable import WebCalls

@Suite("Server-Sent Events from bytes")
struct EventLinesTests {
    private func read(_ text: String) throws -> [EventLines.Event] {
        var lines = EventLines()
        return try lines.take(Array(text.utf8))
    }

    private func event(_ data: String, kind: String = "message") -> EventLines.Event {
        EventLines.Event(kind: kind, data: Array(data.utf8))
    }

    @Test("an event is its data's lines, of its kind, once a blank line ended it")
    func events() throws {
        let text = "retry: 2000\n\nid: 8\nevent: regime-change\ndata: {}\n\n: heartbeat\n\n"
        #expect(try read(text) == [event("{}", kind: "regime-change")])
        #expect(try read("data: a\ndata:b\ndata:  c\n\n") == [event("a\nb\n c")])
        #expect(try read("data\n\ndata:\n\n") == [event(""), event("")])
        #expect(try read("data: a: b\n\ndata : x\n\n") == [event("a: b")])
        #expect(try read("event: error\n\ndata: x\n\n") == [event("x")], "a kind alone is nothing")
        #expect(try read("event: a\nevent: b\ndata: x\n\n") == [event("x", kind: "b")])
        #expect(try read("data: x\n").isEmpty, "it is not ended")
        #expect(try read("\n\n\r\r\n\r\n").isEmpty)
    }

    @Test("a line ends with a line feed, a return, or both", arguments: ["\n", "\r", "\r\n"])
    func ends(end: String) throws {
        let lines = ["event: x", "data: 1", "data: 2", "", "data: 3", "", ""]
        let expected = [event("1\n2", kind: "x"), event("3")]
        #expect(try read(lines.joined(separator: end)) == expected)
    }

    @Test("a byte-order mark is passed over, at the beginning only")
    func mark() throws {
        #expect(try read("\u{FEFF}data: a\n\n\u{FEFF}data: b\n\n") == [event("a")])
    }

    /// Law: however bytes come, the same events come of them.
    @Test("any way of cutting the bytes gives the same events", arguments: 0..<300 as Range<UInt64>)
    func cut(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let pieces = [
            "data: ", "data:", "data", "event: ", "id: 1", ":", "\n", "\n\n", "\r", "\r\n",
            "\r\r\n", "é", "👩‍🚀", "x", " ", "\u{FEFF}", "retry: 5\n", "data: {\"a\":1}\n\n",
        ]
        let text = (0..<40).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
        let bytes = Array(text.utf8)
        var (whole, cut) = (EventLines(), EventLines())
        let expected = try whole.take(bytes)
        var events: [EventLines.Event] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 0...min(rest.count, 7), using: &generator)
            events += try cut.take(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        #expect(events == expected, "\(text.debugDescription)")
    }

    @Test("an event has so many bytes at the most, in one line or in many")
    func limit() throws {
        let limit = EventLines.eventLimitBytes
        let field = "data:"
        let longest = String(repeating: "x", count: limit - field.utf8.count)
        #expect(try read(field + longest + "\n\n") == [event(longest)])
        #expect(throws: EventLines.TooLong.self) { try read(field + longest + "x") }
        let half = String(repeating: "y", count: limit / 2)
        let halves = field + half + "\n" + field + half
        #expect(throws: EventLines.TooLong.self) { try read(halves) }
        #expect(throws: EventLines.TooLong.self) { try read(":" + longest + "xxxxx") }
        var lines = EventLines()
        for _ in 0..<3 {
            let events = try lines.take(Array((field + half + "\n\n").utf8))
            #expect(events == [event(half)], "each event has a limit of its own")
        }
    }
}
