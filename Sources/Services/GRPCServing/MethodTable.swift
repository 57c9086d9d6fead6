import Contracts
package import GRPCCore
package import Logging
import SwiftProtobuf

/// Methods of services by their names, each a function over messages: what a service answers is
/// written once, and neither it nor this knows the other's generated code.
package struct MethodTable: RegistrableRPCService {
    /// Largest message in either direction.
    package static let messageLimitBytes = 50 << 20

    private var methods: [any Method] = []
    private let logger: Logger

    package init(logger: Logger) {
        self.logger = logger
    }

    /// `service/method` of all.
    package var names: [String] { methods.map { "\($0.service)/\($0.name)" } }

    mutating func unary<Asked: Message, Answered: Message>(
        _ service: String, _ name: String,
        _ answer: @escaping @Sendable (Asked) async throws -> Answered
    ) {
        methods.append(UnaryMethod(service: service, name: name, logger: logger, answer: answer))
    }

    mutating func stream<Asked: Message, Answered: Message>(
        _ service: String, _ name: String,
        _ answer:
            @escaping @Sendable (Asked) async throws -> AsyncThrowingStream<
                Answered, any Error
            >
    ) {
        methods.append(StreamMethod(service: service, name: name, logger: logger, answer: answer))
    }

    package func registerMethods<Transport: ServerTransport>(
        with router: inout RPCRouter<Transport>
    ) {
        for method in methods { method.register(with: &router) }
    }
}

private protocol Method: Sendable {
    var service: String { get }
    var name: String { get }

    func register<Transport: ServerTransport>(with router: inout RPCRouter<Transport>)
}

private struct UnaryMethod<Asked: Message, Answered: Message>: Method {
    let service: String
    let name: String
    let logger: Logger
    let answer: @Sendable (Asked) async throws -> Answered

    func register<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        let faults = Faults(method: "\(service)/\(name)", logger: logger)
        router.registerHandler(
            forMethod: MethodDescriptor(
                fullyQualifiedService: service, method: name, type: .unary),
            deserializer: MessageReader<Asked>(limitBytes: MethodTable.messageLimitBytes),
            serializer: MessageWriter<Answered>(limitBytes: MethodTable.messageLimitBytes)
        ) { [answer] request, _ in
            do {
                let message = try await ServerRequest(stream: request).message
                return StreamingServerResponse(
                    single: ServerResponse(message: try await answer(message)))
            } catch {
                return StreamingServerResponse(of: Answered.self, error: faults.told(of: error))
            }
        }
    }
}

private struct StreamMethod<Asked: Message, Answered: Message>: Method {
    let service: String
    let name: String
    let logger: Logger
    let answer: @Sendable (Asked) async throws -> AsyncThrowingStream<Answered, any Error>

    func register<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        let faults = Faults(method: "\(service)/\(name)", logger: logger)
        router.registerHandler(
            forMethod: MethodDescriptor(
                fullyQualifiedService: service, method: name, type: .serverStreaming),
            deserializer: MessageReader<Asked>(limitBytes: MethodTable.messageLimitBytes),
            serializer: MessageWriter<Answered>(limitBytes: MethodTable.messageLimitBytes)
        ) { [answer] request, context in
            do {
                let message = try await ServerRequest(stream: request).message
                let answers = try await answer(message)
                return StreamingServerResponse { writer in
                    try await Self.write(answers, to: writer, until: context.cancellation, faults)
                    return [:]
                }
            } catch {
                return StreamingServerResponse(of: Answered.self, error: faults.told(of: error))
            }
        }
    }

    /// Ends with the stream, when the caller has gone, and when the server shuts down.
    private static func write(
        _ answers: AsyncThrowingStream<Answered, any Error>, to writer: RPCWriter<Answered>,
        until cancellation: ServerContext.RPCCancellationHandle, _ faults: Faults
    ) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { for try await answer in answers { try await writer.write(answer) } }
                group.addTask {
                    try await cancellation.cancelled
                    throw RPCFault.unavailable("the stream was ended: ask again after what came")
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch {
            throw faults.told(of: error)
        }
    }
}
