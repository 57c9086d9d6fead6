package import Contracts
package import GRPCCore
import Hosting
package import Logging
import Ports
import SwiftProtobuf

/// Methods of services by their names, each a function over messages: what a service answers is
/// written once, and neither it nor this knows the other's generated code.
package struct MethodTable: RegistrableRPCService {
    /// Largest message in either direction.
    package static let messageLimitBytes = 50 << 20

    private let methods: [ServiceMethod]
    private let reflection: ReflectionAnswers?
    private let observation: CallObservation

    /// - Parameters:
    ///   - descriptors: what reflection answers from; `nil`: it is not served.
    ///   - now: what deadlines are counted from, and how long calls take.
    package init(
        _ methods: [ServiceMethod], describedBy descriptors: ServiceDescriptors? = nil,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { SteadyClock.now },
        logger: Logger
    ) {
        self.methods = methods
        observation = CallObservation(now: now, logger: logger)
        reflection = descriptors.map { descriptors in
            let services = Set(methods.map(\.service) + ReflectionAnswers.services)
            return ReflectionAnswers(descriptors, services: services.sorted())
        }
    }

    package func registerMethods<Transport: ServerTransport>(
        with router: inout RPCRouter<Transport>
    ) {
        for method in methods { register(method, with: &router) }
        guard let reflection else { return }
        for service in ReflectionAnswers.services {
            register(reflection, as: service, with: &router)
        }
    }

    private func register<Transport: ServerTransport>(
        _ method: ServiceMethod, with router: inout RPCRouter<Transport>
    ) {
        let descriptor = MethodDescriptor(
            fullyQualifiedService: method.service, method: method.name, type: method.kind)
        router.registerHandler(
            forMethod: descriptor,
            deserializer: MessageReader(
                type: method.asked, limitBytes: MethodTable.messageLimitBytes),
            serializer: MessageWriter(limitBytes: MethodTable.messageLimitBytes)
        ) { [observation] request, context in
            let call = observation.begin(method, request.metadata, context)
            return await CallContext.$current.withValue(call.context) {
                do {
                    let context = try await method.admit(call.context)
                    return try await CallContext.$current.withValue(context) {
                        let asked = try await ServerRequest(stream: request).message
                        return try await method.respond(to: asked, call)
                    }
                } catch {
                    return StreamingServerResponse(
                        of: AnsweredMessage.self, error: call.end(error))
                }
            }
        }
    }

    /// Answers come as requests do, one for one, until the caller has said all or the server shuts
    /// down.
    private func register<Transport: ServerTransport>(
        _ reflection: ReflectionAnswers, as service: String,
        with router: inout RPCRouter<Transport>
    ) {
        let descriptor = MethodDescriptor(
            fullyQualifiedService: service, method: ReflectionAnswers.method,
            type: .bidirectionalStreaming)
        router.registerHandler(
            forMethod: descriptor,
            deserializer: MessageReader(
                type: ReflectionAnswers.Asked.self, limitBytes: ReflectionAnswers.askedLimitBytes),
            serializer: MessageWriter(limitBytes: MethodTable.messageLimitBytes)
        ) { request, context in
            StreamingServerResponse(of: AnsweredMessage.self) { writer in
                try await untilEnded(context.cancellation, as: RPCError(.streamEnded)) {
                    for try await message in request.messages {
                        guard let asked = message as? ReflectionAnswers.Asked else { continue }
                        try await writer.write(AnsweredMessage(reflection.answer(to: asked)))
                    }
                }
                return [:]
            }
        }
    }
}

extension ServiceMethod {
    fileprivate var kind: MethodDescriptor.RPCType {
        switch call {
        case .unary: .unary
        case .stream: .serverStreaming
        }
    }

    /// A stream ends with its source, when the caller has gone, and when the server shuts down.
    fileprivate func respond(
        to asked: any SwiftProtobuf.Message, _ call: ObservedCall
    ) async throws -> StreamingServerResponse<AnsweredMessage> {
        switch self.call {
        case .unary(let answer):
            let answered = try await answer(asked)
            call.end()
            return StreamingServerResponse(single: ServerResponse(message: answered))
        case .stream(let open):
            let answers = try await open(asked)
            return StreamingServerResponse(of: AnsweredMessage.self) { writer in
                do {
                    try await write(answers, to: writer, until: call)
                    call.end()
                } catch {
                    throw call.end(error)
                }
                return [:]
            }
        }
    }
}

private func write(
    _ answers: MessageStream, to writer: RPCWriter<AnsweredMessage>, until call: ObservedCall
) async throws {
    try await untilEnded(
        call.cancellation, as: call.isOverdue ? RPCFault.overdue : .streamEnded
    ) {
        while let answer = try await answers.next() {
            try await writer.write(answer)
        }
    }
}

/// Does something until it is done, or until its call is ended from elsewhere.
private func untilEnded(
    _ cancellation: ServerContext.RPCCancellationHandle,
    as reason: @autoclosure @escaping @Sendable () -> any Error,
    _ work: @escaping @Sendable () async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await cancellation.cancelled
            throw reason()
        }
        defer { group.cancelAll() }
        try await group.next()
    }
}

extension RPCFault {
    fileprivate static let streamEnded = RPCFault.unavailable(
        "the stream was ended: ask again after what came")
}
