import Contracts
import Ports
import WebCalls

/// OpenAI's chat completions, as servers of open models speak them too: vLLM, llama.cpp, and what
/// serves FinGPT.
///
/// Source: https://platform.openai.com/docs/api-reference/chat
struct ChatDialect: ModelDialect {
    let path = "/v1/chat/completions"

    func headers(_ key: APIKey) -> [(name: String, value: String)] {
        [("authorization", "Bearer \(key.exposed)")]
    }

    func body(_ prompt: ModelPrompt, model: String, isStreamed: Bool) -> JSONValue {
        let messages = [("system", prompt.instructions), ("user", prompt.message)].map {
            JSONValue.object(JSONObject(("role", .string($0)), ("content", .string($1))))
        }
        let options = JSONObject(("include_usage", .boolean(true)))
        return .object(
            JSONObject(
                ("model", .string(model)), ("messages", .array(messages)),
                ("max_tokens", .number("\(prompt.tokensLimit)")), ("temperature", .number("0")),
                ("stream", isStreamed ? .boolean(true) : nil),
                ("stream_options", isStreamed ? .object(options) : nil)))
    }

    func reply(_ answer: JSONValue) throws(DialectProblem) -> ModelReply {
        if let problem = DialectProblem(answer) { throw problem }
        guard let object = answer.object, let choice = object["choices"]?.array?.first?.object,
            let message = choice["message"]?.object
        else { throw .unreadable("it has no message among its choices") }
        return ModelReply(
            text: message["content"]?.string ?? "", model: object["model"]?.string ?? "",
            usage: usage(object) ?? ModelUsage(), ending: ending(choice["finish_reason"]))
    }

    func take(
        _ event: EventLines.Event, into answer: inout StreamedAnswer
    ) throws(DialectProblem) -> String? {
        if event.data == Array("[DONE]".utf8) {
            guard answer.ending != nil else { throw .unreadable("it is done without a reason") }
            answer.isOver = true
            return nil
        }
        let json = try event.json()
        if let problem = DialectProblem(json) { throw problem }
        guard let object = json.object else { throw .unreadable("an event is no object") }
        if let model = object["model"]?.string { answer.model = model }
        // In an event of its own, after the last choice.
        if let usage = usage(object) { answer.usage = usage }
        guard let choice = object["choices"]?.array?.first?.object else { return nil }
        if let reason = choice["finish_reason"], reason != .null { answer.ending = ending(reason) }
        return choice["delta"]?.object?["content"]?.string
    }

    private func usage(_ object: JSONObject) -> ModelUsage? {
        object["usage"]?.object.map {
            ModelUsage(
                input: $0.count("prompt_tokens") ?? 0, output: $0.count("completion_tokens") ?? 0)
        }
    }

    private func ending(_ reason: JSONValue?) -> ModelEnding {
        switch reason?.string {
        case "stop": .complete
        case "length": .cutOff
        default: .declined
        }
    }
}
