import Market
import Ports
import TestSupport
import Testing
import WebCalls

@testable import LanguageModels

@Suite("Language models behind HTTP", .timeLimit(.minutes(2)))
struct RemoteModelTests {
    private static let prompt = ModelPrompt(
        instructions: "answer", message: "?", tokensLimit: 10)
    private static let key = "sk-S3cret/42"

    private func with<Value: Sendable>(
        _ provider: ModelProvider, _ server: ModelServer, path: String = "",
        limits: ModelCallLimits = ModelCallLimits(),
        _ body: @Sendable (RemoteModel) async throws -> Value
    ) async throws -> Value {
        let url = try #require(ModelURL(server.url + path))
        let model = RemoteModel(
            provider, at: url, model: "m-1", key: APIKey(Self.key), limits: limits,
            now: { Samples.day(0) })
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body(model))
        } catch {
            outcome = .failure(error)
        }
        await model.close()
        return try outcome.get()
    }

    private func error(
        _ reply: ModelServer.Reply, from provider: ModelProvider = .anthropic,
        limits: ModelCallLimits = ModelCallLimits(), isStreamed: Bool = false
    ) async throws -> ModelError {
        let server = try ModelServer(reply)
        let error = await #expect(throws: ModelError.self) {
            try await with(provider, server, limits: limits) { model in
                if isStreamed {
                    for try await _ in try await model.stream(Self.prompt) {}
                } else {
                    _ = try await model.send(Self.prompt)
                }
            }
        }
        let found = try #require(error)
        #expect(!"\(found)".contains("S3cret") && found.host == "127.0.0.1")
        return found
    }

    @Test("Anthropic is asked as it wants to be, at once and in parts")
    func anthropic() async throws {
        let server = try ModelServer(.answer(body: Wire.message), .events(Wire.messageEvents))
        let (reply, parts) = try await with(.anthropic, server, path: "/v1/") { model in
            #expect(model.name == "anthropic/m-1")
            let reply = try await model.send(Self.prompt)
            var parts: [ModelPart] = []
            for try await part in try await model.stream(Self.prompt) { parts.append(part) }
            return (reply, parts)
        }
        #expect(reply.text == "Hello! Bye.")
        let whole = ModelReply(
            text: "Hello!", model: "claude-sonnet-4-5-20250929",
            usage: ModelUsage(input: 25, output: 15))
        #expect(parts == [.text("Hello"), .text("!"), .end(whole)])
        for request in server.requests {
            #expect(request.target == "POST /v1/messages")
            #expect(request.headers["x-api-key"] == Self.key)
            #expect(request.headers["anthropic-version"] == "2023-06-01")
            #expect(request.headers["content-type"] == "application/json")
        }
        #expect(server.requests.map { $0.body.contains(#""stream":true"#) } == [false, true])
    }

    @Test("a server of FinGPT is asked as OpenAI's is")
    func chat() async throws {
        let server = try ModelServer(.answer(body: Wire.completion), .events(Wire.completionEvents))
        let replies = try await with(.fingpt, server) { model in
            var replies = [try await model.send(Self.prompt)]
            for try await part in try await model.stream(Self.prompt) {
                if case .end(let reply) = part { replies.append(reply) }
            }
            return replies
        }
        #expect(replies.count == 2 && replies[0] == replies[1])
        #expect(server.requests.allSatisfy { $0.target == "POST /v1/chat/completions" })
        #expect(server.requests.allSatisfy { $0.headers["authorization"] == "Bearer \(Self.key)" })
    }

    @Test(
        "errors say what may be tried again",
        arguments: [
            (400, "invalid_request_error", false), (401, "authentication_error", false),
            (404, "not_found_error", false), (413, "request_too_large", false),
            (429, "rate_limit_error", true), (500, "api_error", true),
            (529, "overloaded_error", true),
        ])
    func statuses(status: Int, kind: String, isRetriable: Bool) async throws {
        let body = #"{"type":"error","error":{"type":"\#(kind)","message":"no, \#(Self.key)"}}"#
        let found = try await error(
            .answer(status: status, headers: ["Retry-After": "7"], body: body))
        #expect(found.isRetriable == isRetriable && "\(found)".contains("\(status)"))
        #expect("\(found)".contains(kind) && "\(found)".contains("<redacted>"))
        if case .busy(_, let seconds, _) = found.reason { #expect(seconds == 7) }
        let bare = try await error(
            .answer(status: status, body: "<html>oh</html>"), from: .fingpt)
        #expect(bare.isRetriable == isRetriable)
        let older = #"{"object":"error","message":"bad","type":"BadRequestError","code":400}"#
        #expect(
            "\(try await error(.answer(status: status, body: older), from: .fingpt))".contains(
                "bad"))
    }

    @Test("an error that comes after 200 counts as what it is")
    func afterSuccess() async throws {
        let events = Wire.messageEvents.prefix(4) + ["event: error\ndata: \(Wire.overloaded)"]
        let found = try await error(.events(Array(events)), isStreamed: true)
        #expect(found.isRetriable && "\(found)".contains("529"))
        let whole = try await error(.answer(body: Wire.overloaded))
        #expect(whole.isRetriable && "\(whole)".contains("overloaded_error: Overloaded"))
        let cut = try await error(.events(Array(Wire.messageEvents.prefix(5))), isStreamed: true)
        #expect(cut.reason == .unreachable("the stream ended before the answer did"))
        let chat = try await error(
            .events(Wire.completionEvents.dropLast(3)), from: .fingpt, isStreamed: true)
        #expect(chat.isRetriable)
    }

    @Test("too late, too much, or nothing at all")
    func faults() async throws {
        var limits = ModelCallLimits()
        limits.answer = .milliseconds(300)
        limits.bytes = 2_000
        for isStreamed in [false, true] {
            let late = try await error(.silence, limits: limits, isStreamed: isStreamed)
            #expect(late.reason == .late(limits.answer) && !late.isRetriable)
            let nothing = try await error(.hangUp, isStreamed: isStreamed)
            #expect(nothing.isRetriable)
        }
        let beginning = Array(Wire.messageEvents.prefix(4))
        let stuck = try await error(
            .eventsThenSilence(beginning), limits: limits, isStreamed: true)
        #expect(stuck.reason == .late(limits.answer))
        limits.answer = .seconds(20)
        let flood = try await error(.flood, limits: limits)
        #expect(flood.reason == .tooMuch(limitBytes: 2_000))
        let long = Array(repeating: Wire.messageEvents[3], count: 100)
        #expect(
            try await error(
                .events(Wire.messageEvents.prefix(3) + long), limits: limits, isStreamed: true
            )
            .reason == .tooMuch(limitBytes: 2_000))
        let moved = try await error(
            .answer(status: 302, headers: ["Location": "http://127.0.0.1:1/"], body: ""))
        #expect(!moved.isRetriable && "\(moved)".contains("302"))
        let plain = try await error(.answer(body: Wire.message), isStreamed: true)
        #expect("\(plain)".contains("no event stream"))
    }

    @Test("a key that no header can hold, or that is repeated, is told to nobody")
    func secrets() async throws {
        let server = try ModelServer(
            .answer(body: Wire.message.replacing("Hello!", with: Self.key)))
        let repeated = await #expect(throws: ModelError.self) {
            try await with(.anthropic, server) { _ = try await $0.send(Self.prompt) }
        }
        #expect(repeated?.reason == .unreadable("it repeats the key"))
        let url = try #require(ModelURL(server.url))
        let model = RemoteModel(
            .fingpt, at: url, model: "m", key: APIKey("sk-S3cret\n"), now: { Samples.day(0) })
        let error = await #expect(throws: ModelError.self) { _ = try await model.send(Self.prompt) }
        await model.close()
        #expect(error.map { !"\($0)".contains("S3cret") } == true)
        #expect(url.isPlain == false && ModelURL("http://far.example")?.isPlain == true)
        #expect(ModelURL("https://far.example")?.isPlain == false)
    }

    @Test("a reader that leaves ends the call, and a cancelled caller hears of that alone")
    func cancelled() async throws {
        let server = try ModelServer(.eventsThenSilence(Array(Wire.messageEvents.prefix(4))))
        try await with(.anthropic, server) { model in
            for try await part in try await model.stream(Self.prompt) {
                #expect(part == .text("Hello"))
                break
            }
            let task = Task { try await model.send(Self.prompt) }
            task.cancel()
            await #expect(throws: CancellationError.self) { _ = try await task.value }
        }
    }

    @Test("whether it is there is asked without a word")
    func ping() async throws {
        let server = try ModelServer(
            .answer(body: #"{"data":[]}"#), .answer(status: 404, body: "{}"),
            .answer(status: 401, body: #"{"error":{"type":"authentication_error","message":"x"}}"#))
        try await with(.anthropic, server) { model in
            try await model.ping()
            try await model.ping()
            await #expect(throws: ModelError.self) { try await model.ping() }
        }
        #expect(server.requests.allSatisfy { $0.target == "GET /v1/models" && $0.body.isEmpty })
    }

    @Test("places that are none are not asked")
    func urls() {
        for text in [
            "", "ftp://a", "http://", "http://u:p@h", "http://h?x=1", "http://h#f", "h:80",
        ] {
            #expect(ModelURL(text) == nil, "\(text)")
        }
        #expect(ModelURL("http://h:8000/v1/") == ModelURL("http://h:8000"))
        #expect(ModelURL("https://h/llm/v1")?.base == "https://h/llm")
    }
}
