import Terminal
import TestSupport
import Testing

@Suite("Bytes as somebody reads them")
struct ByteTextTests {
    @Test(
        "are text where they are UTF-8 without control characters",
        arguments: ["", "a", "{\"key\": \"ключ\"}", "a\n\tb\r\n", "\n"])
    func text(_ text: String) {
        #expect(ByteText.text(Array(text.utf8)) == text)
    }

    @Test(
        "are no text otherwise",
        arguments: [[0xFF], [0xC3], [0x61, 0x00], [0x1B, 0x5B], [0x7F], [0xC2, 0x85]] as [[UInt8]])
    func noText(_ bytes: [UInt8]) {
        #expect(ByteText.text(bytes) == nil)
    }

    @Test("have sixteen a line, as digits and as characters")
    func dump() {
        #expect(ByteText.dump([]).isEmpty)
        let lines = ByteText.dump([0x00, 0x41] + [UInt8](repeating: 0xFE, count: 15))
        #expect(
            lines == [
                "00000000  00 41 fe fe fe fe fe fe fe fe fe fe fe fe fe fe  .A..............",
                "00000010  fe                                               .",
            ])
    }

    @Test("are the same bytes again when they are read", arguments: Sweep.seeds(20))
    func hexadecimal(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let bytes = (0..<Int.random(in: 0...100, using: &generator)).map { _ in
            UInt8.random(in: .min ... .max, using: &generator)
        }
        let text = ByteText.hexadecimal(bytes)
        let pairs = stride(from: 0, to: text.count, by: 2).map { start in
            let first = text.index(text.startIndex, offsetBy: start)
            return UInt8(text[first...].prefix(2), radix: 16)
        }
        #expect(pairs == bytes)
    }
}
