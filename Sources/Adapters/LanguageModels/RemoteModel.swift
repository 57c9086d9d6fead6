import AsyncHTTPClient
import Contracts
package import Market
import NIOCore
import NIOHTTP1
package import Ports
package import WebCalls

/// Which API a model is asked through.
package enum ModelProvider: String, CaseIterable, Sendable {
    case anthropic
    /// A server of open models that speaks OpenAI's chat completions, such as one of FinGPT.
    case fingpt

    /// The variable that holds its key.
    package var keyVariable: String {
        switch self {
        case .anthropic: "ANTHROPIC_API_KEY"
        case .fingpt: "FINGPT_API_KEY"
        }
    }

    /// Where it answers unless another place is named; `fingpt`: where vLLM does.
    package var defaultURL: ModelURL {
        switch self {
        case .anthropic: ModelURL(base: "https://api.anthropic.com", host: "api.anthropic.com")
        case .fingpt: ModelURL(base: "http://127.0.0.1:8000", host: "127.0.0.1")
        }
    }

    package var defaultModel: String {
        switch self {
        case .anthropic: "claude-sonnet-4-5"
        case .fingpt: "fingpt"
        }
    }

    fileprivate var dialect: any ModelDialect {
        switch self {
        case .anthropic: AnthropicDialect()
        case .fingpt: ChatDialect()
        }
    }
}

/// Where a model is asked.
package struct ModelURL: Equatable, Sendable {
    /// What paths are put behind.
    let base: String
    /// For people.
    package let host: String

    /// Whether a key could be read on the way.
    package var isPlain: Bool { base.hasPrefix("http:") && !LoopbackHost.contains(host) }

    fileprivate init(base: String, host: String) {
        self.base = base
        self.host = host
    }

    /// - Parameter text: `http://host:port` or `https://…`, with or without `/v1` behind it; `nil`
    ///   for what is no such URL.
    package init?(_ text: String) {
        guard !text.contains(where: { "?#".contains($0) }), let host = try? URLHost.of(text) else {
            return nil
        }
        var base = text[...]
        while base.last == "/" { base.removeLast() }
        if base.hasSuffix("/v1") { base.removeLast(3) }
        self.init(base: String(base), host: host)
    }
}

/// Bounds of one call.
package struct ModelCallLimits: Sendable {
    /// For the whole answer.
    package var answer = Duration.seconds(20)
    /// Of the answer, with everything around it.
    package var bytes = 256 << 10
    /// Of an answer that is an error, as far as it is read.
    package var faultBytes = 16 << 10

    package init() {}
}

/// A language model behind HTTP.
///
/// Redirects are not followed: they could lead the key elsewhere. A call is made once; whoever
/// calls decides whether again.
package final class RemoteModel: LanguageModel {
    private static let connectLimit = TimeAmount.seconds(5)

    package let name: String
    private let dialect: any ModelDialect
    private let model: String
    private let base: String
    private let host: String
    private let key: APIKey
    private let mask: KeyMask
    private let client: HTTPClient
    private let limits: ModelCallLimits
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - model: as the provider calls it.
    ///   - now: the wall clock, for answers that say until when to wait.
    package init(
        _ provider: ModelProvider, at url: ModelURL, model: String, key: APIKey,
        limits: ModelCallLimits = ModelCallLimits(), now: @escaping @Sendable () -> Timestamp
    ) {
        dialect = provider.dialect
        name = "\(provider.rawValue)/\(model)"
        self.model = model
        (base, host) = (url.base, url.host)
        self.key = key
        mask = KeyMask(key)
        self.limits = limits
        self.now = now
        client = .once(connectingWithin: RemoteModel.connectLimit)
    }

    /// Ends the connections. Whoever made this calls it once.
    package func close() async { try? await client.shutdown() }

    package func send(_ prompt: ModelPrompt) async throws -> ModelReply {
        try await inTime { [self] in
            let response = try await begin(prompt, isStreamed: false)
            let body = Array(buffer: try await response.body.collect(upTo: limits.bytes))
            return try kept(
                try translating { () throws(DialectProblem) in
                    try dialect.reply(try json(body))
                })
        }
    }

    package func stream(
        _ prompt: ModelPrompt
    ) async throws -> AsyncThrowingStream<ModelPart, any Error> {
        let response = try await inTime { [self] in try await begin(prompt, isStreamed: true) }
        guard response.headers.first(name: "content-type")?.hasPrefix("text/event-stream") == true
        else {
            throw ModelError(host, .unreadable("it is no event stream: ask for no streaming"))
        }
        // Parts that nobody has read are bounded by what an answer may hold.
        let (parts, source) = AsyncThrowingStream.makeStream(of: ModelPart.self)
        let task = Task {
            do {
                try await inTime { [self] in try await follow(response, to: source) }
                source.finish()
            } catch {
                source.finish(throwing: error)
            }
        }
        source.onTermination = { _ in task.cancel() }
        return parts
    }

    /// Asks for the list of models, which costs nothing.
    package func ping() async throws {
        try await inTime { [self] in
            let response = try await execute(request("/v1/models"))
            // Some servers answer nothing but messages; they answered.
            if response.status == .notFound || response.status == .methodNotAllowed { return }
            guard response.status == .ok else { throw await fault(of: response) }
        }
    }

    // MARK: - One call

    private func begin(
        _ prompt: ModelPrompt, isStreamed: Bool
    ) async throws -> HTTPClientResponse {
        var request = request(dialect.path)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        let body = dialect.body(prompt, model: model, isStreamed: isStreamed)
        request.body = .bytes(ByteBuffer(string: body.text))
        let response = try await execute(request)
        guard response.status == .ok else { throw await fault(of: response) }
        return response
    }

    private func request(_ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + path)
        for (name, value) in dialect.headers(key) { request.headers.add(name: name, value: value) }
        return request
    }

    private func execute(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        try await client.execute(request, deadline: .distantFuture)
    }

    private func follow(
        _ response: HTTPClientResponse,
        to source: AsyncThrowingStream<ModelPart, any Error>.Continuation
    ) async throws {
        var lines = EventLines()
        var answer = StreamedAnswer()
        var (text, bytes) = ("", 0)
        for try await part in response.body {
            bytes += part.readableBytes
            guard bytes <= limits.bytes else { throw tooMuch }
            for event in try lines.take(Array(buffer: part)) {
                let written = try translating { () throws(DialectProblem) in
                    try dialect.take(event, into: &answer)
                }
                if let written {
                    text += written
                    source.yield(.text(written))
                }
                guard !answer.isOver else {
                    let reply = ModelReply(
                        text: text, model: answer.model, usage: answer.usage,
                        ending: answer.ending ?? .declined)
                    source.yield(.end(try kept(reply)))
                    return
                }
            }
        }
        throw ModelError(host, .unreachable("the stream ended before the answer did"))
    }

    private func fault(of response: HTTPClientResponse) async -> ModelError {
        let status = Int(response.status.code)
        let retryAfter = response.headers.first(name: "retry-after").flatMap {
            RetryAfter.seconds($0, at: now())
        }
        let body = try? await response.body.collect(upTo: limits.faultBytes)
        let said = body.flatMap { try? JSONValue(parsing: Array(buffer: $0)) }
        let problem =
            said.flatMap(DialectProblem.init)
            ?? .fault(kind: "", status: nil, message: DialectProblem.unexplained)
        return error(problem, status: status, retryAfterSeconds: retryAfter)
    }

    // MARK: - Errors

    /// A key of fewer bytes may be in any text.
    private static let telltaleBytes = 8

    /// An answer is written down and shown: one that repeats the key is none.
    private func kept(_ reply: ModelReply) throws(ModelError) -> ModelReply {
        guard key.exposed.utf8.count >= RemoteModel.telltaleBytes,
            mask.isIn(Array((reply.text + reply.model).utf8))
        else { return reply }
        throw ModelError(host, .unreadable("it repeats the key"))
    }

    private var tooMuch: ModelError { ModelError(host, .tooMuch(limitBytes: limits.bytes)) }

    private func json(_ body: [UInt8]) throws(DialectProblem) -> JSONValue {
        do {
            return try JSONValue(parsing: body)
        } catch {
            throw .unreadable("it is no JSON: \(error)")
        }
    }

    private func translating<Value>(
        _ body: () throws(DialectProblem) -> Value
    ) throws(ModelError) -> Value {
        do {
            return try body()
        } catch {
            throw self.error(error, status: 200, retryAfterSeconds: nil)
        }
    }

    /// With nothing of the key, whatever a server repeats.
    private func error(
        _ problem: DialectProblem, status: Int, retryAfterSeconds: Int64?
    ) -> ModelError {
        var masked = problem
        switch problem {
        case .unreadable(let text): masked = .unreadable(mask.masked(text))
        case .fault(let kind, let own, let message):
            masked = .fault(
                kind: mask.masked(kind), status: own, message: mask.masked(message))
        }
        return ModelError(
            host, masked.reason(status: status, retryAfterSeconds: retryAfterSeconds))
    }

    private func inTime<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        do {
            return try await withLimit(
                limits.answer, else: ModelError(host, .late(limits.answer)), body)
        } catch {
            throw told(error)
        }
    }

    private func told(_ error: any Error) -> any Error {
        switch error {
        case is ModelError, is CancellationError: return error
        case is NIOTooManyBytesError, is EventLines.TooLong: return tooMuch
        default:
            if Task.isCancelled { return CancellationError() }
            let reason = mask.masked(ConnectionProblem.reason(of: error))
            return ModelError(host, .unreachable(reason))
        }
    }
}
