import Foundation
import TestSupport
import Testing

@testable import Tokens

@Suite("Reading base64url and JSON")
struct ReadingTests {
    @Test("bytes come back, and no other text gives them", arguments: Sweep.seeds(3))
    func base64(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for length in 0..<80 {
            let bytes = (0..<length).map { _ in UInt8(generator.next() >> 56) }
            let text = Array(Workshop.encode(bytes).utf8)
            #expect(Base64URL.decode(text) == bytes)
            guard !text.isEmpty else { continue }
            for letter in UInt8.min...UInt8.max where letter != text.last {
                #expect(Base64URL.decode(text.dropLast() + [letter]) != bytes)
            }
        }
    }

    @Test("texts that are none", arguments: ["A", "AAAAA", "AB", "AAB", "AA==", "A A", "A+", "A/"])
    func noBase64(text: String) {
        #expect(Base64URL.decode(Array(text.utf8)) == nil)
    }

    private func read(_ text: String) throws(JSONFault) -> JSONValue {
        try JSONReader.value(of: Array(text.utf8))
    }

    @Test("every kind of value, and white space around it")
    func values() throws {
        let text = """
             { "a" : [ null , true,false, "x" ,-0, 1.5e+3,0E0 ] , "" : { } , "n":[ ],
            "e":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00é😀" }\t\r\n
            """
        let numbers = ["-0", "1.5e+3", "0E0"].map { JSONValue.number($0) }
        #expect(
            try read(text)
                == .object([
                    "a": .list([.null, .bool(true), .bool(false), .text("x")] + numbers),
                    "": .object([:]), "n": .list([]),
                    "e": .text("\"\\/\u{8}\u{c}\n\r\té😀é😀"),
                ]))
    }

    @Test(
        "what is no JSON, or means two things",
        arguments: [
            "", " ", "{", "}", "[", "[1", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
            "{,}", "{a:1}", "{1:1}", "nul", "truE", "01", "1.", ".5", "+1", "1e", "--1", "-", "0x1",
            "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u+123\"", "\"\\ud800\"",
            "\"\\ud800\\u0041\"", "\"\\udc00\\ud800\"", "\"\\udc00\"", "\"a\nb\"", "1 2", "{} {}",
            "{\"a\":1,\"a\":1}", "[{\"a\":1,\"\\u0061\":2}]", "\u{FEFF}1", "Infinity", "'a'",
        ])
    func faults(text: String) {
        #expect(throws: JSONFault.self) { try read(text) }
    }

    @Test("bytes that are no UTF-8")
    func encoding() {
        let texts: [[UInt8]] = [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0],
        ]
        for bytes in texts {
            #expect(throws: JSONFault.self) { try JSONReader.value(of: bytes) }
        }
    }

    @Test("as deep as may be, and one deeper")
    func depth() throws {
        let limit = JSONReader.depthLimit
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try read(nested(limit)) }
        #expect(throws: JSONFault.self) { try read(nested(limit + 1)) }
        #expect(throws: JSONFault.self) { try read(nested(100_000)) }
        let wide = "[" + Array(repeating: "[]", count: 1_000).joined(separator: ",") + "]"
        #expect(try read(wide).list?.count == 1_000)
    }

    @Test("random bytes are read or refused; Foundation refuses none that are read")
    func random() throws {
        let letters = Array(#"{}[]:,"\ue0123456789.-+Eatrflsn d8"#.utf8)
        for seed in Sweep.seeds(20) {
            var generator = SplitMix64(seed: seed)
            for _ in 0..<500 {
                let length = Int(generator.next() % 24)
                let bytes = (0..<length).map { _ in
                    letters[Int(generator.next() % UInt64(letters.count))]
                }
                guard (try? JSONReader.value(of: bytes)) != nil else { continue }
                let text = String(decoding: bytes, as: UTF8.self)
                // Numbers beyond what Foundation can hold are JSON all the same.
                guard !text.contains(/[eE][+-]?\d{3}/) else { continue }
                #expect(throws: Never.self, "\(text)") {
                    try JSONSerialization.jsonObject(
                        with: Data(bytes), options: .fragmentsAllowed)
                }
            }
        }
    }
}
