import Contracts
import Ports
import Testing
import WebCalls

@testable import LanguageModels

/// What each API says, word for word as its documentation has it.
enum Wire {
    static let message = """
        {"id":"msg_01XFDUDYJgAACzvnptvVoYEL","type":"message","role":"assistant",\
        "model":"claude-sonnet-4-5-20250929","content":[{"type":"text","text":"Hello!"},\
        {"type":"text","text":" Bye."}],"stop_reason":"end_turn","stop_sequence":null,\
        "usage":{"input_tokens":12,"cache_creation_input_tokens":3,"cache_read_input_tokens":5,\
        "output_tokens":6}}
        """

    static let messageEvents = [
        """
        event: message_start
        data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant",\
        "content":[],"model":"claude-sonnet-4-5-20250929","stop_reason":null,\
        "stop_sequence":null,"usage":{"input_tokens":25,"output_tokens":1}}}
        """,
        """
        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}
        """,
        "event: ping\ndata: {\"type\": \"ping\"}",
        """
        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}
        """,
        """
        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta",\
        "thinking":"not for you"}}
        """,
        """
        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"!"}}
        """,
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}",
        """
        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},\
        "usage":{"output_tokens":15}}
        """,
        "event: message_stop\ndata: {\"type\":\"message_stop\"}",
    ]

    static let overloaded =
        #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#

    static let completion = """
        {"id":"chatcmpl-1","object":"chat.completion","created":1741569952,"model":"fingpt-mt",\
        "choices":[{"index":0,"message":{"role":"assistant","content":"Hello!","refusal":null},\
        "logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,\
        "completion_tokens":10,"total_tokens":29}}
        """

    static func chunk(_ delta: String, reason: String = "null") -> String {
        """
        data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"fingpt-mt",\
        "choices":[{"index":0,"delta":\(delta),"logprobs":null,"finish_reason":\(reason)}]}
        """
    }

    static let completionEvents = [
        chunk(#"{"role":"assistant","content":""}"#), chunk(#"{"content":"Hel"}"#),
        chunk(#"{"content":"lo!"}"#), chunk("{}", reason: #""stop""#),
        """
        data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"fingpt-mt",\
        "choices":[],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29}}
        """,
        "data: [DONE]",
    ]
}

@Suite("What APIs of language models say")
struct DialectTests {
    private static let prompt = ModelPrompt(
        instructions: "be \"brief\"", message: "SPX\n\u{1}", tokensLimit: 77)

    private func play(
        _ dialect: any ModelDialect, _ events: [String]
    ) throws -> (text: String, answer: StreamedAnswer) {
        var (lines, answer, text) = (EventLines(), StreamedAnswer(), "")
        for event in try lines.take(Array(events.map { $0 + "\n\n" }.joined().utf8)) {
            text += try dialect.take(event, into: &answer) ?? ""
        }
        return (text, answer)
    }

    private func json(_ text: String) throws -> JSONValue {
        try JSONValue(parsing: Array(text.utf8))
    }

    @Test("Anthropic: what is asked, answered and streamed")
    func anthropic() throws {
        let dialect = AnthropicDialect()
        #expect(
            dialect.body(Self.prompt, model: "claude-x", isStreamed: false).text
                == #"{"model":"claude-x","max_tokens":77,"system":"be \"brief\"","#
                + #""messages":[{"role":"user","content":"SPX\n\u0001"}]}"#)
        #expect(
            dialect.body(Self.prompt, model: "claude-x", isStreamed: true).text
                .hasSuffix(#","stream":true}"#))
        let reply = try dialect.reply(try json(Wire.message))
        #expect(
            reply
                == ModelReply(
                    text: "Hello! Bye.", model: "claude-sonnet-4-5-20250929",
                    usage: ModelUsage(input: 20, output: 6)))
        let streamed = try play(dialect, Wire.messageEvents)
        #expect(streamed.text == "Hello!" && streamed.answer.isOver)
        #expect(streamed.answer.usage == ModelUsage(input: 25, output: 15))
        #expect(streamed.answer.ending == .complete)
    }

    @Test("chat completions: what is asked, answered and streamed")
    func chat() throws {
        let dialect = ChatDialect()
        #expect(
            dialect.body(Self.prompt, model: "m", isStreamed: true).text
                == #"{"model":"m","messages":[{"role":"system","content":"be \"brief\""},"#
                + #"{"role":"user","content":"SPX\n\u0001"}],"max_tokens":77,"temperature":0,"#
                + #""stream":true,"stream_options":{"include_usage":true}}"#)
        let reply = try dialect.reply(try json(Wire.completion))
        #expect(
            reply
                == ModelReply(
                    text: "Hello!", model: "fingpt-mt", usage: ModelUsage(input: 19, output: 10)))
        let streamed = try play(dialect, Wire.completionEvents)
        #expect(streamed.text == "Hello!" && streamed.answer.isOver)
        #expect(streamed.answer.usage == ModelUsage(input: 19, output: 10))
    }

    @Test(
        "how an answer ended is told",
        arguments: [
            ("end_turn", "stop", ModelEnding.complete), ("max_tokens", "length", .cutOff),
            ("refusal", "content_filter", .declined), ("tool_use", "tool_calls", .declined),
        ])
    func endings(anthropic: String, chat: String, ending: ModelEnding) throws {
        let message = Wire.message.replacing(#""end_turn""#, with: "\"\(anthropic)\"")
        #expect(try AnthropicDialect().reply(try json(message)).ending == ending)
        let events = Wire.messageEvents.map {
            $0.replacing(#""end_turn""#, with: "\"\(anthropic)\"")
        }
        #expect(try play(AnthropicDialect(), events).answer.ending == ending)
        let dialect = ChatDialect()
        let completion = Wire.completion.replacing(#""stop""#, with: "\"\(chat)\"")
        #expect(try dialect.reply(try json(completion)).ending == ending)
        let chunks = Wire.completionEvents.map { $0.replacing(#""stop""#, with: "\"\(chat)\"") }
        #expect(try play(dialect, chunks).answer.ending == ending)
    }

    @Test("an error after a good beginning is the API's own")
    func lateErrors() throws {
        let error = #expect(throws: DialectProblem.self) {
            _ = try play(
                AnthropicDialect(),
                Wire.messageEvents.prefix(4) + ["event: error\ndata: \(Wire.overloaded)"])
        }
        #expect(error == .fault(kind: "overloaded_error", status: 529, message: "Overloaded"))
        let chat = #expect(throws: DialectProblem.self) {
            _ = try play(
                ChatDialect(),
                Wire.completionEvents.prefix(2) + [
                    #"data: {"error":{"message":"CUDA out of memory","#
                        + #""type":"InternalServerError","code":500}}"#
                ])
        }
        let reason = chat?.reason(status: 200, retryAfterSeconds: nil)
        #expect(reason == .unreachable("500, InternalServerError: CUDA out of memory"))
    }

    @Test(
        "an error after 200 is what its type, its code or its number say",
        arguments: [
            (#"{"type":"requests","code":"rate_limit_exceeded","message":"m"}"#, true),
            (#"{"type":"unavailable_error","code":503,"message":"m"}"#, true),
            (#"{"type":"invalid_request_error","code":null,"message":"m"}"#, false),
            (#"{"code":400,"message":"m"}"#, false), (#""m""#, false),
        ])
    func lateKinds(error: String, isRetriable: Bool) throws {
        let problem = try #require(DialectProblem(try json(#"{"error":\#(error)}"#)))
        let reason = problem.reason(status: 200, retryAfterSeconds: nil)
        #expect(ModelError("h", reason).isRetriable == isRetriable)
    }

    @Test("counts that no answer has are none")
    func counts() throws {
        for count in ["9223372036854775807", "-1", "12.5", "1e3", "null", "1000000001"] {
            let message = Wire.message.replacing(
                "\"input_tokens\":12", with: "\"input_tokens\":\(count)")
            #expect(
                try AnthropicDialect().reply(try json(message)).usage
                    == ModelUsage(input: 8, output: 6))
            let completion = Wire.completion.replacing(":19,", with: ":\(count),")
            #expect(
                try ChatDialect().reply(try json(completion)).usage
                    == ModelUsage(input: 0, output: 10))
        }
    }

    @Test(
        "what is no answer is told as such",
        arguments: [
            "{}", "[]", "null", #"{"type":"message"}"#, #"{"type":"message","content":[]}"#,
            #"{"choices":[]}"#, #"{"choices":[{"finish_reason":"stop"}]}"#, #"{"choices":{}}"#,
        ])
    func unreadable(text: String) throws {
        for dialect in [AnthropicDialect(), ChatDialect()] as [any ModelDialect] {
            let problem = #expect(throws: DialectProblem.self) {
                _ = try dialect.reply(try json(text))
            }
            guard case .unreadable? = problem else {
                Issue.record("\(String(describing: problem))")
                return
            }
        }
    }

    @Test("streams that are cut, or hold no JSON, are no answers")
    func cut() throws {
        for events in [["data: {"], ["data: nonsense"], ["data: 7"]] {
            #expect(throws: DialectProblem.self) { _ = try play(AnthropicDialect(), events) }
            #expect(throws: DialectProblem.self) {
                _ = try play(ChatDialect(), events)
            }
        }
        #expect(
            try play(AnthropicDialect(), Array(Wire.messageEvents.dropLast())).answer.isOver
                == false)
        #expect(throws: DialectProblem.unreadable("it is done without a reason")) {
            _ = try play(ChatDialect(), ["data: [DONE]"])
        }
        #expect(throws: DialectProblem.unreadable("it stopped without a reason")) {
            _ = try play(AnthropicDialect(), ["data: {\"type\":\"message_stop\"}"])
        }
    }
}
