import Contracts
import HTTPServing
import HTTPTypes
import Hosting
import Hummingbird
import Logging
import NIOCore
import Ports
import SwiftProtobuf

/// A method's stream as Server-Sent Events (WHATWG HTML, section 9.2).
///
/// Each event has `id:` = what resumes the stream after it, `event:` its kind and `data:` the
/// message's JSON. A stream begins after the id that the first of these names: the header
/// `Last-Event-ID` (what a browser sends when it reconnects), the parameter `lastEventId`, the
/// field `after`. Without one it begins with what comes next. A comment is sent at every heartbeat.
/// A stream ends when the client goes away and, cleanly, when the service shuts down.
final class EventStreams: Sendable {
    private let places: ClientPlaces
    private let door: EventStreamDoor
    private let heartbeatInterval: Duration
    private let clock: any Clock<Duration>

    /// How long a browser waits before it reconnects.
    private static let reconnectMilliseconds = 2_000
    private static let lastEventID = HTTPField.Name("Last-Event-ID")

    /// - Parameter places: for open streams.
    init(
        places: ClientPlaces, door: EventStreamDoor, heartbeatInterval: Duration,
        clock: any Clock<Duration>
    ) {
        self.places = places
        self.door = door
        self.heartbeatInterval = heartbeatInterval
        self.clock = clock
    }

    /// What the parameter is called that stands for the header.
    static let resumingParameter = "lastEventId"

    /// What a request wants to resume after; `nil` when it wants none.
    static func resumed(_ request: Request, _ query: QueryText) -> String? {
        lastEventID.flatMap { request.headers[$0] } ?? query.value(resumingParameter)
    }

    /// Who asks for the head alone gets that, and no place.
    ///
    /// - Parameter open: begins the stream.
    /// - Throws: the fault of the source, before the stream begins; a failure later is an event
    ///   `error` with a `google.rpc.Status`.
    func respond(
        to request: Request, _ context: HTTPContext,
        from open: () async throws -> MessageStream
    ) async throws -> Response {
        if let fault = door.refusal(of: request) { return .fault(fault) }
        guard request.method != .head else {
            return Response(status: .ok, headers: EventStreams.headers)
        }
        let place: ClientPlaces.Place
        do {
            place = try places.take(for: context.client)
        } catch {
            return .fault(error)
        }
        let messages = try await open()
        let (logger, trace) = (context.logger, CallContext.current.trace)
        return Response(
            status: .ok, headers: EventStreams.headers,
            body: ResponseBody { writer in
                defer { place.giveBack() }
                // On its connection's thread: what is told to thousands has its form already, and
                // changing threads for each of them takes longer than sending it.
                do {
                    try await self.write(messages, to: &writer, request: request) {
                        logger.told(of: $0, in: trace)
                    }
                } catch is CancellationError {
                    logger.debug("event stream ended")
                }
                try await writer.finish(nil)
            })
    }

    private static let headers: HTTPFields = [
        .contentType: "text/event-stream", .cacheControl: "no-store",
    ]

    // MARK: - The stream

    private enum Step: Sendable {
        case message(AnsweredMessage)
        case end
        case failure(RPCFault)
        case heartbeat
    }

    @concurrent
    private func write(
        _ messages: MessageStream, to writer: inout any ResponseBodyWriter, request: Request,
        telling told: @escaping @Sendable (any Error) -> RPCFault
    ) async throws {
        try await writer.write(
            ByteBuffer(string: "retry: \(EventStreams.reconnectMilliseconds)\n\n"))
        try await request.body.consumeWithCancellationOnInboundClose { _ in
            try await self.pump(messages, to: &writer, telling: told)
        }
    }

    @concurrent
    private func pump(
        _ messages: MessageStream, to writer: inout any ResponseBodyWriter,
        telling told: @escaping @Sendable (any Error) -> RPCFault
    ) async throws {
        let (clock, interval) = (clock, heartbeatInterval)
        let nextMessage: @Sendable () async throws -> Step = {
            do {
                return try await messages.next().map(Step.message) ?? .end
            } catch is CancellationError {
                return .end
            } catch {
                return .failure(told(error))
            }
        }
        let nextHeartbeat: @Sendable () async throws -> Step = {
            try await clock.sleep(for: interval)
            return .heartbeat
        }
        let sources = [nextMessage, nextHeartbeat, Pump.shutdown(.end)]
        try await Pump(sources: sources).run { step in
            switch step {
            case .message(let message):
                try await writer.write(try message.form(EventText.init).bytes)
                return .goOn
            case .end:
                return .stop
            case .failure(let fault):
                // The head is long sent: all that is left to say is in an event.
                try await writer.write(
                    ByteBuffer(string: "event: error\ndata: \(fault.statusJSON)\n\n"))
                return .stop
            case .heartbeat:
                try await writer.write(EventStreams.heartbeat)
                return .goOn
            }
        }
    }

    private static let heartbeat = ByteBuffer(string: ": heartbeat\n\n")
}

/// A message as an event.
private struct EventText: Sendable {
    let bytes: ByteBuffer

    init(_ message: any Message) throws {
        guard let streamed = message as? any StreamedMessage else {
            bytes = ByteBuffer(string: "data: \(try WireJSON.text(message))\n\n")
            return
        }
        let id = streamed.resumeID.map { "id: \($0)\n" } ?? ""
        let data = try WireJSON.text(streamed.eventData)
        bytes = ByteBuffer(string: "\(id)event: \(streamed.eventName)\ndata: \(data)\n\n")
    }
}
