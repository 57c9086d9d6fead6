import Contracts
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Ports
package import SwiftProtobuf

/// Calls over gRPC.
package final class GRPCCalls: RemoteCalls {
    /// Answers above this are cut off by the transport; those between it and the limit of a message
    /// are told from broken ones.
    private static let payloadLimitBytes = 64 << 20

    private let unaries: GRPCConnections
    private let streams: StreamConnections
    private let host: String
    private let sendsCredentials: Bool
    private let attempts: CallAttempts
    private let calls = CallsInFlight()

    /// - Parameters:
    ///   - endpoints: where the service is now; asked again whenever nobody was found there.
    ///   - host: `name:port`, what callers are told cannot be reached; certificates are to be for
    ///     that name, or for the address where it is one.
    ///   - security: `nil`: in plain text.
    ///   - now: what deadlines are measured by.
    ///   - chance: uniform in 0 ..< 1; spreads those who try again at the same time.
    ///   - clock: waits between attempts.
    /// - Throws: for certificates that cannot be read.
    package init(
        _ endpoints: @escaping @Sendable () async throws -> [RemoteEndpoint], host: String,
        security: ClientSecurity? = nil, sendsCredentials: Bool = true,
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        chance: @escaping @Sendable () -> Double,
        clock: any Clock<Duration> = ContinuousClock()
    ) throws {
        let connections: @Sendable () throws -> GRPCConnections = {
            try GRPCConnections(endpoints, host: host, security: security, now: now, clock: clock)
        }
        unaries = try connections()
        streams = try StreamConnections(now: now, connections)
        self.host = host
        self.sendsCredentials = sendsCredentials
        attempts = CallAttempts(host: host, now: now, chance: chance, clock: clock)
    }

    /// Keeps the connections until cancelled or, after `shutDown`, until the calls in flight have
    /// ended.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [unaries] in try await unaries.client.runConnections() }
            group.addTask { [streams] in try await streams.run() }
            // The library's own shutdown does not end while a name cannot be resolved.
            group.addTask { [calls] in await calls.allEnded() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Lets no more calls begin.
    package func shutDown() {
        calls.close()
    }

    package func unary<Asked: Message, Answered: Message>(
        _ service: String, _ name: String, _ asked: Asked
    ) async throws -> Answered {
        let request = try request(asked)
        let method = MethodDescriptor(fullyQualifiedService: service, method: name, type: .unary)
        return try await attempts.make("\(service)/\(name)") { time in
            try begin()
            defer { calls.end() }
            var options = GRPCCalls.options
            options.timeout = time.left
            do {
                return try await unaries.client.unary(
                    request: request, descriptor: method, serializer: WireRequest(),
                    deserializer: WireAnswer<Answered>(), options: options
                ) { try $0.message }
            } catch {
                throw told(of: error, time.late, by: unaries)
            }
        }
    }

    package func stream<Asked: Message, Answered: Message>(
        _ service: String, _ name: String, _ asked: Asked
    ) async throws -> AsyncThrowingStream<Answered, any Error> {
        let request = try request(asked)
        let method = MethodDescriptor(
            fullyQualifiedService: service, method: name, type: .serverStreaming)
        return try await attempts.make("\(service)/\(name)") { time in
            let call: StreamingCall<Answered> = try open(request, method)
            do {
                try await withinTime(time.left, orThrow: time.late) { try await call.begun() }
            } catch {
                call.cancel()
                throw error
            }
            return call.answers
        }
    }

    private func open<Answered: Message>(
        _ request: ClientRequest<[UInt8]>, _ method: MethodDescriptor
    ) throws -> StreamingCall<Answered> {
        try begin()
        let share: StreamConnections.Share
        do {
            share = try streams.take()
        } catch {
            calls.end()
            throw error
        }
        return StreamingCall { [self] source in
            defer {
                streams.giveBack(share)
                calls.end()
            }
            do {
                try await share.connections.client.serverStreaming(
                    request: request, descriptor: method, serializer: WireRequest(),
                    deserializer: WireAnswer<Answered>(), options: GRPCCalls.options
                ) { response in
                    _ = try response.accepted.get()
                    source.begin()
                    for try await answer in response.messages { try source.give(answer) }
                }
            } catch {
                throw told(of: error, .overdue, by: share.connections)
            }
        }
    }

    private func begin() throws {
        guard calls.begin() else { throw unavailable }
    }

    private var unavailable: RPCFault { .unavailable("Service unavailable: \(host)") }

    /// What the caller is told of an error.
    private func told(
        of error: any Error, _ late: RPCFault, by connections: GRPCConnections
    ) -> any Error {
        if Task.isCancelled { return CancellationError() }
        if error is RPCFault { return error }
        switch GRPCFailure(error) {
        case .fault(let fault): return fault
        case .late: return late
        case .unreachable:
            connections.lookAgain()
            return unavailable
        }
    }

    private static var options: CallOptions {
        var options = CallOptions.defaults
        options.maxRequestMessageBytes = payloadLimitBytes
        options.maxResponseMessageBytes = payloadLimitBytes
        return options
    }

    /// The caller's trace goes with the call, and its credentials where they may.
    private func request(_ asked: some Message) throws -> ClientRequest<[UInt8]> {
        let context = CallContext.current
        var metadata: Metadata = [:]
        if let trace = context.trace { metadata.addString(trace.text, forKey: TraceContext.header) }
        if sendsCredentials, let authorization = context.authorization {
            metadata.addString(authorization, forKey: "authorization")
        }
        return ClientRequest(message: try WireRequest.bytes(of: asked), metadata: metadata)
    }
}
