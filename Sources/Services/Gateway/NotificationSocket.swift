import Contracts
import HTTPServing
import HTTPTypes
import Hosting
import Hummingbird
import Logging
import NIOCore
import Ports
import ServiceLifecycle
import SwiftProtobuf

/// `GET /ws`: what somebody is told, as messages of a WebSocket, and what they say to it.
///
/// The methods are those of the event stream and of the acknowledgement, asked as their own routes
/// ask them; so are the parameters. The socket ends with 1000 when there is nothing more, 1001 when
/// the server ends, 1008 when the listener may not go on, 1011 when the source fails.
struct NotificationSocket: Sendable {
    static let path = "/ws"

    private let stream: Transcoder
    private let acknowledgement: ServiceMethod
    private let places: ClientPlaces
    private let door: WebSocketDoor

    /// - Parameter places: shared with event streams.
    /// - Returns: `nil` where nobody answers the methods.
    init?(_ transcoders: [Transcoder], places: ClientPlaces, door: WebSocketDoor) {
        func transcoder(_ name: String) -> Transcoder? {
            transcoders.first {
                $0.method.fullName == "\(ServiceMethod.notificationService)/\(name)"
            }
        }
        guard let stream = transcoder("StreamNotifications"),
            let acknowledgement = transcoder("AcknowledgeNotification")?.method
        else { return nil }
        self.stream = stream
        self.acknowledgement = acknowledgement
        self.places = places
        self.door = door
    }

    func respond(to request: Request, _ context: HTTPContext) async throws -> Response {
        let handshake: WebSocketHandshake
        do {
            handshake = try door.handshake(request)
        } catch let refusal as WebSocketRefusal {
            return .refusal(refusal)
        }
        let offer = try SocketOffer(
            handshake.offers, authorization: CallContext.current.authorization)
        let call = CallContext(
            authorization: offer.authorization, trace: CallContext.current.trace)
        return try await CallContext.$current.withValue(try await stream.method.admit(call)) {
            let message = try self.message(of: request)
            let place: ClientPlaces.Place
            do throws(RPCFault) {
                place = try places.take(for: context.client)
            } catch {
                return .fault(error, status: .serviceUnavailable)
            }
            let talk = Talk(
                messages: try await messages(about: message),
                hearing: Hearing(request.body), acknowledgement: acknowledgement, call: call,
                userID: (message as? any UserRequest)?.userID ?? "", client: context.client,
                door: door, logger: context.logger)
            return door.open(handshake, selecting: offer.selected) { socket in
                defer { place.giveBack() }
                try await talk.run(on: &socket)
            }
        }
    }

    private func message(of request: Request) throws -> any Message {
        let query = try QueryText(request.uri.query)
        return try stream.message(
            path: [], query: query, ignoring: [EventStreams.resumingParameter],
            resuming: EventStreams.resumed(request, query), body: [])
    }

    private func messages(about message: any Message) async throws -> MessageStream {
        guard case .stream(let open) = stream.method.call else {
            throw RPCFault(.internalError, "\(stream.method.fullName) is no stream")
        }
        return try await open(message)
    }
}

/// What is said on one socket.
private struct Talk: Sendable {
    let messages: MessageStream
    let hearing: Hearing
    let acknowledgement: ServiceMethod
    /// Whose token is asked for again with every acknowledgement: a socket may outlive it.
    let call: CallContext
    let userID: String
    /// The address that it comes from.
    let client: String
    let door: WebSocketDoor
    let logger: Logger

    private enum Step: Sendable {
        case message(AnsweredMessage)
        /// To something that the client said.
        case answer(String)
        case end
        case failure(RPCFault)
        case left
    }

    /// Until the client has left: once the socket is closed here, it is told to have.
    @concurrent
    func run(on socket: inout WebSocketWriter) async throws {
        var isEnding = false
        try await Pump(sources: [nextMessage, nextAnswer, Pump.shutdown(.end)]).run { step in
            switch step {
            case .message where isEnding:
                return .rest
            case .message(let message):
                try await socket.send(try message.form(SocketText.init).text)
                return .goOn
            case .answer(let text):
                try await socket.send(text)
                return .goOn
            case .end:
                isEnding = true
                try await socket.close(Task.isShuttingDownGracefully ? .goingAway : .normal)
                return .rest
            case .failure(let fault):
                try await socket.send(SocketMessage.error(fault))
                try await socket.close(fault.close)
                return .rest
            case .left:
                return .stop
            }
        }
    }

    @Sendable private func nextMessage() async throws -> Step {
        do {
            return try await messages.next().map(Step.message) ?? .end
        } catch is CancellationError {
            return .end
        } catch {
            return .failure(logger.told(of: error, in: call.trace))
        }
    }

    @Sendable private func nextAnswer() async throws -> Step {
        guard let text = try await hearing.next() else { return .left }
        return .answer(await answer(to: text))
    }

    private func answer(to text: [UInt8]) async -> String {
        do {
            if let refusal = door.refusalOfMessage(from: client) { throw refusal }
            let request = try SocketMessage.acknowledgement(text, by: userID)
            let admitted = try await acknowledgement.admit(call)
            return try await CallContext.$current.withValue(admitted) {
                guard case .unary(let answer) = acknowledgement.call else {
                    throw RPCFault(
                        .internalError, "\(acknowledgement.fullName) has many answers")
                }
                return SocketMessage.acknowledged(
                    try WireJSON.text(try await answer(request).message))
            }
        } catch {
            return SocketMessage.error(logger.told(of: error, in: call.trace))
        }
    }
}

/// What comes in the stream, as a socket says it.
private struct SocketText: Sendable {
    let text: String

    init(_ message: any Message) throws {
        guard let streamed = message as? any StreamedMessage else {
            text = SocketMessage.text("message", json: try WireJSON.text(message))
            return
        }
        text = SocketMessage.text(
            streamed.eventName, json: try WireJSON.text(streamed.eventData))
    }
}

extension RPCFault {
    /// How a socket ends whose source failed.
    fileprivate var close: WebSocketClose {
        switch code {
        case .unauthenticated, .permissionDenied: .policy("the listener may not go on")
        default: .failure("the source failed")
        }
    }
}

/// What a client says, one message at a time.
private actor Hearing {
    private var iterator: RequestBody.AsyncIterator

    init(_ body: RequestBody) {
        iterator = body.makeAsyncIterator()
    }

    /// Called by one task at a time; `nil` once the socket ends.
    func next() async throws -> [UInt8]? {
        var iterator = iterator
        defer { self.iterator = iterator }
        return try await iterator.next(isolation: #isolation).map { Array($0.readableBytesView) }
    }
}
