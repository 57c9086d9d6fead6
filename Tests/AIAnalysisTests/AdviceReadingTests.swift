import Strategies
import TestSupport
import Testing

@testable import AIAnalysis

@Suite("What a model says of a strategy")
struct AdviceReadingTests {
    private func weights(_ text: String) throws -> [String: Double] {
        let advice = try Advice(text)
        return Dictionary(uniqueKeysWithValues: advice.weights.map { ($0.symbol, $0.share) })
    }

    @Test(
        "the object that is meant is found, however it is wrapped",
        arguments: [
            #"{"comment":"fine","weights":{"SPX":0.25}}"#,
            "```json\n{\"comment\": \"fine\", \"weights\": {\"SPX\": 0.25}}\n```\nHope this helps!",
            #"Let me think {about this}. {"comment":"fine","weights":{"SPX":"25 %"},}"#,
            #"{"comment":"x","weights":{"SPX":1}} no: {"comment":"fine","weights":{"SPX":0.25}}"#,
            "<think>" + String(repeating: "{x ", count: 99)
                + #"{"weights":{"SPX":1}}</think>{"comment":"fine","weights":{"SPX":0.25}}"#,
            #"{"note":1} then {"weights":[{"symbol":"SPX","weight":0.25},],"comment":"fine"}"#,
            "<think>{\"a\": </think>\n{\"comment\":\"fine\",\"weights\":{\"SPX\":\"0.25\"}}",
            #"{"weights":{"SPX":2.5e-1},"comment":" fine\u0000\n"}"#,
        ])
    func lenient(text: String) throws {
        #expect(try weights(text) == ["SPX": 0.25])
        #expect(try Advice(text).comment == "fine")
    }

    @Test("a comment alone, or weights alone, are enough; a comment is one line")
    func parts() throws {
        #expect(
            try Advice(#"{"comment":"a\r\n\tb\u2028c\u202Ed \u001b[31m"}"#).comment
                == "a b c d [31m")
        #expect(try Advice(#"{"comment":null,"weights":null}"#) == (try Advice(#"{"weights":{}}"#)))
        #expect(try Advice(#"{"weights":{"A":0}}"#).comment.isEmpty)
    }

    @Test(
        "nonsense is no advice, and says why",
        arguments: [
            ("", "it holds no object"), ("I would buy.", "it holds no object"),
            ("{", "it holds no object"), (#"{"buy":"SPX"}"#, "it holds no object"),
            (#"{"comment":7}"#, "its comment is no text"),
            (#"{"weights":"all"}"#, "its weights are no object"),
            (#"{"weights":{"SPX":"a lot"}}"#, "its weight of SPX is no number"),
            (#"{"weights":{"SPX":null}}"#, "its weight of SPX is no number"),
            (#"{"weights":{"SPX":true}}"#, "its weight of SPX is no number"),
            (#"{"weights":[0.5]}"#, "one of its weights has no symbol"),
            (
                #"{"weights":[{"symbol":"A","weight":1},{"symbol":"A","weight":0}]}"#,
                "it gives a symbol two weights"
            ),
        ])
    func nonsense(text: String, reason: String) {
        let problem = #expect(throws: Advice.Problem.self) { try Advice(text) }
        #expect(problem?.description.hasPrefix(reason) == true)
    }

    @Test("a comment that is too long is no advice")
    func long() throws {
        let most = String(repeating: "é", count: AdviceBounds.commentLength)
        #expect(try Advice("{\"comment\":\"\(most)\"}").comment == most)
        #expect(throws: Advice.Problem.self) { try Advice("{\"comment\":\"\(most)!\"}") }
        let marks = "e" + String(repeating: "\u{301}", count: AdviceBounds.commentLength)
        #expect(throws: Advice.Problem.self) { try Advice("{\"comment\":\"\(marks)\"}") }
    }

    @Test("any bytes end in advice or a reason, in bounded time", arguments: 0..<200)
    func anything(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let words = [
            "{", "}", "[", "]", "\"", "\\", ",", ":", "comment", "weights", "\"weights\":", "0.5",
            "null", "é", "\u{0}", "{\"comment\":\"x\"", " ", "-", "1e999", "%",
        ]
        let text = (0..<Int(generator.unit() * 400)).map { _ in
            words[Int(generator.unit() * Double(words.count))]
        }.joined()
        do {
            let advice = try Advice(text)
            #expect(advice.comment.count <= AdviceBounds.commentLength)
        } catch {
            #expect(!error.description.isEmpty)
        }
        // Braces without end are given up early.
        _ = try? Advice(String(repeating: "{", count: 1 << 16))
    }
}
