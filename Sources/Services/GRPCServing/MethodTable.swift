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
    var names: [String] { methods.map(\.descriptor.fullyQualifiedMethod) }

    mutating func unary<Asked: Message, Answered: Message>(
        _ service: String, _ name: String,
        _ answer: @escaping @Sendable (Asked) async throws -> Answered
    ) {
        add(service, name, .unary) { asked, _, _ in
            StreamingServerResponse(single: ServerResponse(message: try await answer(asked)))
        }
    }

    /// The stream ends with its source, when the caller has gone, and when the server shuts down.
    mutating func stream<Asked: Message, Answered: Message>(
        _ service: String, _ name: String,
        _ answer:
            @escaping @Sendable (Asked) async throws -> AsyncThrowingStream<Answered, any Error>
    ) {
        add(service, name, .serverStreaming) { asked, cancellation, faults in
            let answers = try await answer(asked)
            return StreamingServerResponse { writer in
                do {
                    try await write(answers, to: writer, until: cancellation)
                } catch {
                    throw faults.told(of: error)
                }
                return [:]
            }
        }
    }

    private mutating func add<Asked: Message, Answered: Message>(
        _ service: String, _ name: String, _ kind: MethodDescriptor.RPCType,
        _ respond: @escaping MessageMethod<Asked, Answered>.Response
    ) {
        let descriptor = MethodDescriptor(
            fullyQualifiedService: service, method: name, type: kind)
        methods.append(
            MessageMethod(descriptor: descriptor, logger: logger, respond: respond))
    }

    package func registerMethods<Transport: ServerTransport>(
        with router: inout RPCRouter<Transport>
    ) {
        for method in methods { method.register(with: &router) }
    }
}

private protocol Method: Sendable {
    var descriptor: MethodDescriptor { get }

    func register<Transport: ServerTransport>(with router: inout RPCRouter<Transport>)
}

private struct MessageMethod<Asked: Message, Answered: Message>: Method {
    typealias Response =
        @Sendable (Asked, ServerContext.RPCCancellationHandle, Faults) async throws ->
        StreamingServerResponse<Answered>

    let descriptor: MethodDescriptor
    let logger: Logger
    let respond: Response

    func register<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        let faults = Faults(method: descriptor.fullyQualifiedMethod, logger: logger)
        router.registerHandler(
            forMethod: descriptor,
            deserializer: MessageReader<Asked>(limitBytes: MethodTable.messageLimitBytes),
            serializer: MessageWriter<Answered>(limitBytes: MethodTable.messageLimitBytes)
        ) { [respond] request, context in
            do {
                let asked = try await ServerRequest(stream: request).message
                return try await respond(asked, context.cancellation, faults)
            } catch {
                return StreamingServerResponse(of: Answered.self, error: faults.told(of: error))
            }
        }
    }
}

private func write<Answered: Message>(
    _ answers: AsyncThrowingStream<Answered, any Error>, to writer: RPCWriter<Answered>,
    until cancellation: ServerContext.RPCCancellationHandle
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { for try await answer in answers { try await writer.write(answer) } }
        group.addTask {
            try await cancellation.cancelled
            throw RPCFault.unavailable("the stream was ended: ask again after what came")
        }
        defer { group.cancelAll() }
        try await group.next()
    }
}
