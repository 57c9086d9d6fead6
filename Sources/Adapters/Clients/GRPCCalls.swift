import Contracts
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Ports
package import SwiftProtobuf

/// Calls over gRPC.
package final class GRPCCalls: RemoteCalls {
    /// How long a call may take whose caller has no deadline.
    package static let callLimit = Duration.seconds(30)
    /// Largest message in either direction.
    static let messageLimitBytes = 50 << 20
    /// Between attempts to connect; it grows from the one to the other.
    static let shortestPause = Duration.milliseconds(100)
    static let longestPause = Duration.seconds(2)
    /// Answers of a stream that may wait for its reader.
    static let streamBufferLimit = 1_024

    private let client: GRPCClient<HTTP2ClientTransport.Posix>
    private let host: String
    private let now: @Sendable () -> ContinuousClock.Instant
    private let chance: @Sendable () -> Double

    /// - Parameters:
    ///   - endpoints: where the service is now; asked again whenever no connection holds.
    ///   - host: what callers are told cannot be reached.
    ///   - security: `nil`: in plain text.
    ///   - now: what deadlines are measured by.
    ///   - chance: uniform in 0 ..< 1; spreads attempts.
    /// - Throws: for certificates that cannot be read.
    package init(
        _ endpoints: @escaping @Sendable () async throws -> [RemoteEndpoint], host: String,
        security: ClientSecurity? = nil, now: @escaping @Sendable () -> ContinuousClock.Instant,
        chance: @escaping @Sendable () -> Double
    ) throws {
        var resolvers = NameResolverRegistry.defaults
        resolvers.registerFactory(DirectoryResolvers())
        let transport = try HTTP2ClientTransport.Posix(
            target: DirectoryTarget(endpoints: endpoints),
            transportSecurity: security?.transport ?? .plaintext,
            config: .defaults {
                $0.backoff.initial = GRPCCalls.shortestPause
                $0.backoff.max = GRPCCalls.longestPause
            },
            resolverRegistry: resolvers,
            serviceConfig: ServiceConfig(loadBalancingConfig: [.roundRobin]))
        client = GRPCClient(transport: transport)
        self.host = host
        self.now = now
        self.chance = chance
    }

    /// Keeps the connections until cancelled or shut down.
    package func run() async throws {
        try await client.runConnections()
    }

    package func shutDown() {
        client.beginGracefulShutdown()
    }

    package func unary<Asked: Message, Answered: Message>(
        _ service: String, _ name: String, _ asked: Asked
    ) async throws -> Answered {
        let schedule = RetrySchedule(service, name)
        var attempt = 1
        while true {
            do {
                return try await call(service, name, asked)
            } catch let fault as RPCFault {
                guard let pause = schedule.pause(after: attempt, fault.code, chance: chance()),
                    try pause < timeLeft
                else { throw fault }
                try await Task.sleep(for: pause)
                attempt += 1
            }
        }
    }

    private func call<Asked: Message, Answered: Message>(
        _ service: String, _ name: String, _ asked: Asked
    ) async throws -> Answered {
        var options = CallOptions.defaults
        options.timeout = try timeLeft
        options.maxRequestMessageBytes = GRPCCalls.messageLimitBytes
        options.maxResponseMessageBytes = GRPCCalls.messageLimitBytes
        do {
            return try await client.unary(
                request: ClientRequest(message: asked, metadata: metadata),
                descriptor: MethodDescriptor(
                    fullyQualifiedService: service, method: name, type: .unary),
                serializer: WireWriter<Asked>(), deserializer: WireReader<Answered>(),
                options: options
            ) { try $0.message }
        } catch {
            throw fault(of: error)
        }
    }

    package func stream<Asked: Message, Answered: Message>(
        _ service: String, _ name: String, _ asked: Asked
    ) async throws -> AsyncThrowingStream<Answered, any Error> {
        let request = ClientRequest(message: asked, metadata: metadata)
        let (answers, continuation) = AsyncThrowingStream.makeStream(
            of: Answered.self, bufferingPolicy: .bufferingOldest(GRPCCalls.streamBufferLimit))
        let call = Task { [client, host] in
            do {
                try await client.serverStreaming(
                    request: request,
                    descriptor: MethodDescriptor(
                        fullyQualifiedService: service, method: name, type: .serverStreaming),
                    serializer: WireWriter<Asked>(), deserializer: WireReader<Answered>(),
                    options: .defaults
                ) { response in
                    for try await answer in response.messages {
                        guard case .dropped = continuation.yield(answer) else { continue }
                        throw RPCFault(
                            .resourceExhausted,
                            "the stream fell \(GRPCCalls.streamBufferLimit) answers behind: "
                                + "resume after the last one received")
                    }
                }
                continuation.finish()
            } catch {
                continuation.finish(throwing: GRPCCalls.fault(of: error, host: host))
            }
        }
        continuation.onTermination = { _ in call.cancel() }
        return answers
    }

    /// What is left of the caller's time.
    private var timeLeft: Duration {
        get throws {
            guard let deadline = CallContext.current.deadline else { return GRPCCalls.callLimit }
            let left = now().duration(to: deadline)
            guard left > .zero else {
                throw RPCFault(.deadlineExceeded, "the caller's deadline has passed")
            }
            return min(left, GRPCCalls.callLimit)
        }
    }

    /// The caller's trace and its credentials go with the call.
    private var metadata: Metadata {
        let context = CallContext.current
        var metadata: Metadata = [:]
        if let trace = context.trace { metadata.addString(trace.text, forKey: TraceContext.header) }
        if let authorization = context.authorization {
            metadata.addString(authorization, forKey: "authorization")
        }
        return metadata
    }

    private func fault(of error: any Error) -> any Error {
        GRPCCalls.fault(of: error, host: host)
    }

    private static func fault(of error: any Error, host: String) -> any Error {
        guard let error = error as? RPCError else { return error }
        // The library's own words where nobody answered; a service that answers UNAVAILABLE says
        // more than that.
        if error.code == .unavailable, error.cause != nil || !error.message.contains(": ") {
            return RPCFault.unavailable("Service unavailable: \(host)")
        }
        return RPCFault(
            RPCFault.Code(rawValue: Int32(error.code.rawValue)) ?? .unknown, error.message)
    }
}

private struct WireWriter<M: Message>: MessageSerializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: M) throws -> Bytes {
        let bytes: [UInt8] = try message.serializedBytes()
        return Bytes(bytes)
    }
}

private struct WireReader<M: Message>: MessageDeserializer {
    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> M {
        do {
            return try unsafe bytes.withUnsafeBytes {
                try unsafe M(serializedBytes: Array($0))
            }
        } catch {
            throw RPCFault(
                .internalError, "the service answered what is no \(M.protoMessageName)")
        }
    }
}
