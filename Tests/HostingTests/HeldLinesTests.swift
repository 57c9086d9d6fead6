import Testing

@testable import Hosting

@Suite("Log lines that wait for a terminal")
struct HeldLinesTests {
    private func held(_ texts: [String]) -> HeldLines {
        var lines = HeldLines()
        for text in texts { lines.append(Array(text.utf8)[...]) }
        return lines
    }

    private func text(_ lines: HeldLines) -> String { String(decoding: lines.text, as: UTF8.self) }

    @Test("they come out as they went in, however they came together")
    func order() {
        #expect(text(held([])) == "")
        #expect(text(held(["one\ntwo\n", "three\n"])) == "one\ntwo\nthree\n")
        #expect(text(held(["no newline"])) == "no newline")
    }

    @Test("of more than the limit the latest are kept, and the others are counted")
    func limit() {
        let limit = HeldLines.limit
        let full = held((0..<limit).map { "\($0)\n" })
        #expect(full.dropped == 0 && text(full).hasPrefix("0\n1\n"))
        let over = held([(0..<(limit + 2)).map { "\($0)\n" }.joined()])
        #expect(over.dropped == 2)
        #expect(
            text(over).hasPrefix(
                "2 earlier log lines are left out: too many to be held\n2\n3\n"))
        #expect(text(over).hasSuffix("\n\(limit + 1)\n"))
    }

    @Test("of long lines no more bytes are kept than the limit")
    func bytes() {
        let half = String(repeating: "x", count: HeldLines.limitBytes / 2 - 1) + "\n"
        #expect(held([half, half]).dropped == 0)
        let over = held([half, half, "z\n"])
        #expect(over.dropped == 1 && text(over).hasSuffix("x\nz\n"))
        #expect(held([String(repeating: "x", count: HeldLines.limitBytes + 1)]).dropped == 1)
    }
}
