import Contracts
import Ports
import WebCalls

/// Anthropic's Messages API, version 2023-06-01.
///
/// Source: https://docs.anthropic.com/en/api/messages, …/messages-streaming, …/errors
struct AnthropicDialect: ModelDialect {
    static let version = "2023-06-01"

    let path = "/v1/messages"

    func headers(_ key: APIKey) -> [(name: String, value: String)] {
        [("x-api-key", key.exposed), ("anthropic-version", AnthropicDialect.version)]
    }

    func body(_ prompt: ModelPrompt, model: String, isStreamed: Bool) -> JSONValue {
        let message = JSONObject(("role", .string("user")), ("content", .string(prompt.message)))
        return .object(
            JSONObject(
                ("model", .string(model)), ("max_tokens", .number("\(prompt.tokensLimit)")),
                ("system", .string(prompt.instructions)), ("messages", .array([.object(message)])),
                ("stream", isStreamed ? .boolean(true) : nil)))
    }

    func reply(_ answer: JSONValue) throws(DialectProblem) -> ModelReply {
        if let problem = DialectProblem(answer) { throw problem }
        guard let message = answer.object, message["type"]?.string == "message",
            let content = message["content"]?.array, let usage = message["usage"]?.object
        else { throw .unreadable("it is no message with content and usage") }
        // Of the other kinds of content none was asked for.
        let texts = content.compactMap { block -> String? in
            guard block.object?["type"]?.string == "text" else { return nil }
            return block.object?["text"]?.string
        }
        return ModelReply(
            text: texts.joined(), model: message["model"]?.string ?? "",
            usage: AnthropicDialect.usage(usage), ending: ending(message["stop_reason"]))
    }

    func take(
        _ event: EventLines.Event, into answer: inout StreamedAnswer
    ) throws(DialectProblem) -> String? {
        let json = try event.json()
        if let problem = DialectProblem(json) { throw problem }
        guard let object = json.object else { throw .unreadable("an event is no object") }
        switch object["type"]?.string {
        case "message_start":
            guard let message = object["message"]?.object else {
                throw .unreadable("message_start has no message")
            }
            answer.model = message["model"]?.string ?? ""
            answer.usage = message["usage"]?.object.map(AnthropicDialect.usage) ?? ModelUsage()
        case "content_block_delta":
            let delta = object["delta"]?.object
            if delta?["type"]?.string == "text_delta" { return delta?["text"]?.string }
        case "message_delta":
            if let reason = object["delta"]?.object?["stop_reason"], reason != .null {
                answer.ending = ending(reason)
            }
            // Of the whole message so far.
            if let output = object["usage"]?.object?.count("output_tokens") {
                answer.usage.output = output
            }
        case "message_stop":
            guard answer.ending != nil else { throw .unreadable("it stopped without a reason") }
            answer.isOver = true
        default:
            // Pings, beginnings and ends of blocks, and whatever the API will know later.
            break
        }
        return nil
    }

    /// What was written to a cache, or read from one, counts as input.
    private static func usage(_ usage: JSONObject) -> ModelUsage {
        let input = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]
        return ModelUsage(
            input: input.reduce(0) { $0 + (usage.count($1) ?? 0) },
            output: usage.count("output_tokens") ?? 0)
    }

    private func ending(_ reason: JSONValue?) -> ModelEnding {
        switch reason?.string {
        case "end_turn", "stop_sequence": .complete
        case "max_tokens", "model_context_window_exceeded": .cutOff
        default: .declined
        }
    }
}
