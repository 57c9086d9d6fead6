import AsyncHTTPClient
package import Contracts
import NIOCore
import NIOHTTP1
import Ports
package import SwiftProtobuf
import WebCalls

/// Calls over HTTP, at the routes of the `google.api.http` rules.
package final class HTTPCalls: RemoteCalls {
    /// How long a connection may take.
    private static let connectLimit = TimeAmount.seconds(5)
    /// How long a stream may be silent; heartbeats come more often.
    private static let silenceLimit = TimeAmount.seconds(60)
    /// The largest answer that is looked at for a fault.
    private static let faultLimitBytes = 1 << 20

    private let address: ServerAddress
    private let token: String?
    private let writer: RequestWriter
    private let client: HTTPClient
    private let attempts: CallAttempts

    /// - Parameters:
    ///   - base: `http://host:port` or `https://…`; a trailing `/` is stripped.
    ///   - token: a bearer token, for callers that bring no credentials; a secret.
    ///   - now: what deadlines are measured by.
    ///   - chance: uniform in 0 ..< 1; spreads those who try again at the same time.
    ///   - clock: waits between attempts.
    /// - Throws: `RPCFault` INVALID_ARGUMENT for a base that is no such URL, or a token that no
    ///   header may hold.
    package init(
        _ base: String, token: String? = nil, _ descriptors: ServiceDescriptors,
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        chance: @escaping @Sendable () -> Double,
        clock: any Clock<Duration> = ContinuousClock()
    ) throws {
        address = try ServerAddress(base)
        guard token?.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) ?? true else {
            throw RPCFault.invalidArgument(
                "the token holds what no header may: use visible characters of ASCII")
        }
        self.token = token
        writer = RequestWriter(descriptors: descriptors)
        attempts = CallAttempts(host: address.host, now: now, chance: chance, clock: clock)
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = HTTPCalls.connectLimit
        configuration.timeout.read = HTTPCalls.silenceLimit
        // A call is made again as a whole, or not at all.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes the connections; no call is made after it.
    package func close() async {
        try? await client.shutdown()
    }

    package func unary<Asked: Message, Answered: Message>(
        _ service: String, _ name: String, _ asked: Asked
    ) async throws -> Answered {
        let method = "\(service)/\(name)"
        let written = try writer.write(method, asked)
        let body = try await attempts.make(method) { time in
            var request = request(written)
            request.headers.add(name: CallTimeout.header, value: CallTimeout.text(time.left))
            return try await withinTime(time.left, orThrow: time.late) { [self, request] in
                try await content(of: try await answer(to: request))
            }
        }
        return try message(body)
    }

    package func stream<Asked: Message, Answered: Message>(
        _ service: String, _ name: String, _ asked: Asked
    ) async throws -> AsyncThrowingStream<Answered, any Error> {
        let method = "\(service)/\(name)"
        let request = request(try writer.write(method, asked))
        let response = try await attempts.make(method) { time in
            try await withinTime(time.left, orThrow: time.late) { [self] in
                try await answer(to: request)
            }
        }
        guard response.headers.first(name: "content-type")?.hasPrefix("text/event-stream") == true
        else { throw RPCFault(.internalError, "\(address.host) answered what is no event stream") }
        return StreamingCall { [self] source in
            var events = EventLines()
            do {
                for try await part in response.body {
                    for event in try events.take(Array(part.readableBytesView)) {
                        if let answer: Answered = try read(event) { try source.give(answer) }
                    }
                }
            } catch {
                throw told(of: error)
            }
        }.answers
    }

    private func request(_ written: RequestWriter.Written) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address.base + written.target)
        request.method = HTTPMethod(rawValue: written.verb.rawValue)
        let context = CallContext.current
        if let authorization = context.authorization ?? token.map({ "Bearer \($0)" }) {
            request.headers.add(name: "authorization", value: authorization)
        }
        if let trace = context.trace {
            request.headers.add(name: TraceContext.header, value: trace.text)
        }
        if let body = written.body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        return request
    }

    // MARK: - Answers

    /// The head of an answer that is one.
    private func answer(to request: HTTPClientRequest) async throws -> HTTPClientResponse {
        do {
            let response = try await client.execute(request, deadline: .distantFuture)
            if response.status == .ok { return response }
            let body = try? await response.body.collect(upTo: HTTPCalls.faultLimitBytes)
            throw HTTPFailure.fault(
                response.status, location: response.headers.first(name: "location"),
                body.map { Array($0.readableBytesView) } ?? [], from: address.host)
        } catch {
            throw told(of: error)
        }
    }

    private func content(of response: HTTPClientResponse) async throws -> [UInt8] {
        do {
            let body = try await response.body.collect(upTo: CallLimits.messageBytes)
            return Array(body.readableBytesView)
        } catch {
            throw told(of: error)
        }
    }

    /// What is said when the server itself cannot be reached.
    package var unavailable: RPCFault { .unavailable("Service unavailable: \(address.host)") }

    /// What the caller is told of an error: the library's words name no host.
    private func told(of error: any Error) -> any Error {
        if Task.isCancelled { return CancellationError() }
        switch error {
        case is RPCFault: return error
        case is EventLines.TooLong:
            return RPCFault(
                .resourceExhausted,
                "\(address.host) told of an event of more than \(EventLines.eventLimitBytes) bytes")
        case is NIOTooManyBytesError:
            return RPCFault(
                .resourceExhausted,
                "\(address.host) answered more than \(CallLimits.messageBytes) bytes: ask for "
                    + "smaller pages")
        default: return unavailable
        }
    }

    /// - Returns: `nil` for an event that a newer server knows.
    private func read<Answered: Message>(_ event: EventLines.Event) throws -> Answered? {
        guard event.kind != "error" else {
            throw HTTPFailure.told(by: event.data)
                ?? RPCFault(.unknown, "\(address.host) ended the stream and did not say why")
        }
        guard let streamed = Answered.self as? any StreamedMessage.Type else {
            return try message(event.data)
        }
        return try decoded(Answered.self) {
            try streamed.read(event.kind, event.data, $0) as? Answered
        }
    }

    private func message<Answered: Message>(_ body: [UInt8]) throws -> Answered {
        try decoded(Answered.self) { try Answered(jsonUTF8Bytes: body, options: $0) }
    }

    private func decoded<Read>(
        _ type: any Message.Type, _ read: (JSONDecodingOptions) throws -> Read
    ) throws -> Read {
        do {
            var options = JSONDecodingOptions()
            // A newer server may say more.
            options.ignoreUnknownFields = true
            return try read(options)
        } catch {
            throw RPCFault(
                .internalError, "\(address.host) answered what is no \(type.protoMessageName)")
        }
    }
}
