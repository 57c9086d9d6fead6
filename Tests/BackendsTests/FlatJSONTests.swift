import TestSupport
import Testing

@testable import Backends

@Suite("Numbers and texts by name, as JSON")
struct FlatJSONTests {
    @Test("random doubles come back bit for bit", arguments: 1...5 as ClosedRange<UInt64>)
    func numbers(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let numbers = (0..<500).map { ("n\($0)", Double(bitPattern: generator.next())) }
        let read = try FlatJSON.numbers(FlatJSON.text(numbers: numbers), column: "x")
        try #require(read.count == numbers.count)
        for (mine, theirs) in zip(numbers, read) {
            #expect(mine.0 == theirs.0)
            #expect(mine.1.bitPattern == theirs.1.bitPattern || (mine.1.isNaN && theirs.1.isNaN))
        }
    }

    @Test("the text is plain JSON a person can read")
    func plain() {
        let text = FlatJSON.text(numbers: [
            ("a", 0.1), ("b", -0.0), ("c", .nan), ("d", -.infinity), ("e \"\\\n", 1e300),
        ])
        #expect(
            text == #"{"a":0.1,"b":-0.0,"c":null,"d":"-Infinity","e \"\\\u000a":1e+300}"#)
        #expect(FlatJSON.text(numbers: []) == "{}")
        #expect(FlatJSON.text(strings: [("k", "ü\t")]) == "{\"k\":\"ü\\u0009\"}")
    }

    @Test(
        "anything else is a fault that names its column",
        arguments: [
            "", "{", "}", "[]", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":x}", "{\"a\":1,}",
            "{\"a\":\"big\"}", "{a:1}", "{\"a\":1\"b\":2}", "{\"\\x\":1}", "{\"\\u00g0\":1}",
        ])
    func faults(text: String) {
        #expect { try FlatJSON.numbers(text, column: "indicators") } throws: { error in
            (error as? UnreadableRow)?.column == "indicators"
        }
    }
}
