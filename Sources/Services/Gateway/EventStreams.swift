import Contracts
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// Announced changes as Server-Sent Events (WHATWG HTML, section 9.2).
///
/// Each event has `id:` = its sequence, `event: regime-change` and `data:` = the message's JSON. A
/// stream begins after the sequence that the first of these names: the header `Last-Event-ID` (what
/// a browser sends when it reconnects), the parameter `lastEventId`, the field `after`. Without one
/// it begins with the next announcement. A comment is sent at every heartbeat. A stream ends when
/// the client goes away and, cleanly, when the service shuts down.
final class EventStreams: Sendable {
    typealias Change = Bloasis_MarketRegime_RegimeChange
    typealias Asked = Bloasis_MarketRegime_StreamRegimeChangesRequest

    private let limit: Int
    private let heartbeatInterval: Duration
    private let clock: any Clock<Duration>
    private let open = Mutex(0)

    /// How long a browser waits before it reconnects.
    private static let reconnectMilliseconds = 2_000
    private static let lastEventID = HTTPField.Name("Last-Event-ID")

    init(limit: Int, heartbeatInterval: Duration, clock: any Clock<Duration>) {
        self.limit = limit
        self.heartbeatInterval = heartbeatInterval
        self.clock = clock
    }

    /// - Throws: the fault of the request or of the source, before the stream begins; a failure
    ///   later is an event `error` with a `google.rpc.Status`.
    func respond(
        to request: Request, logger: Logger,
        from source: (Asked) async throws -> AsyncThrowingStream<Change, any Error>
    ) async throws -> Response {
        let asked = try message(of: request)
        guard takePlace() else {
            throw RPCFault(
                .resourceExhausted,
                "\(limit) event streams are open already: close one, or poll "
                    + "/v1/market-regime/changes?after=…")
        }
        let place = Place(streams: self)
        let changes = try await source(asked)
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                defer { place.giveBack() }
                do {
                    try await self.write(changes, to: &writer, request: request)
                } catch is CancellationError {
                    logger.debug("event stream ended")
                }
                try await writer.finish(nil)
            })
    }

    // MARK: - The request

    private func message(of request: Request) throws -> Asked {
        let query = Query(request.uri.query)
        var asked = try query.message(Asked.self, ignoring: ["lastEventId"])
        let header = EventStreams.lastEventID.flatMap { request.headers[$0] }
        if let text = header ?? query.value("lastEventId") {
            guard let sequence = Int64(text), sequence >= 0 else {
                throw RPCFault.invalidArgument(
                    "Last-Event-ID: '\(RequestReading.excerpt(text))' is not a sequence: send the "
                        + "id of the last event seen, or leave it out")
            }
            asked.after = sequence
        }
        return asked
    }

    // MARK: - The stream

    private enum Step: Sendable {
        case change(Change)
        case end
        case failure(RPCFault)
        case heartbeat
    }

    private func write(
        _ changes: AsyncThrowingStream<Change, any Error>,
        to writer: inout any ResponseBodyWriter, request: Request
    ) async throws {
        try await writer.write(
            ByteBuffer(string: "retry: \(EventStreams.reconnectMilliseconds)\n\n"))
        try await request.body.consumeWithCancellationOnInboundClose { _ in
            try await self.pump(changes, to: &writer)
        }
    }

    /// One change and one heartbeat are awaited at any time: the source is asked for the next
    /// change only once the last one is written, and that is the back pressure.
    private func pump(
        _ changes: AsyncThrowingStream<Change, any Error>,
        to writer: inout any ResponseBodyWriter
    ) async throws {
        let (clock, interval) = (clock, heartbeatInterval)
        let nextChange: @Sendable () async throws -> Step = {
            var iterator = changes.makeAsyncIterator()
            do {
                return try await iterator.next().map(Step.change) ?? .end
            } catch is CancellationError {
                return .end
            } catch {
                return .failure(
                    error as? RPCFault ?? RPCFault(.internalError, "the stream failed"))
            }
        }
        let nextHeartbeat: @Sendable () async throws -> Step = {
            try await clock.sleep(for: interval)
            return .heartbeat
        }
        try await withThrowingTaskGroup(of: Step.self) { group in
            group.addTask { try await cancelWhenGracefulShutdown(nextChange) }
            group.addTask { try await cancelWhenGracefulShutdown(nextHeartbeat) }
            defer { group.cancelAll() }
            while let step = try await group.next() {
                switch step {
                case .change(let change):
                    try await writer.write(ByteBuffer(string: try event(change)))
                    group.addTask { try await cancelWhenGracefulShutdown(nextChange) }
                case .end:
                    return
                case .failure(let fault):
                    // The head is long sent: all that is left to say is in an event.
                    try await writer.write(
                        ByteBuffer(string: "event: error\ndata: \(fault.statusJSON)\n\n"))
                    return
                case .heartbeat:
                    try await writer.write(ByteBuffer(string: ": heartbeat\n\n"))
                    group.addTask { try await cancelWhenGracefulShutdown(nextHeartbeat) }
                }
            }
        }
    }

    private func event(_ change: Change) throws -> String {
        "id: \(change.sequence)\nevent: regime-change\ndata: \(try WireJSON.text(change))\n\n"
    }

    // MARK: - The bound

    private func takePlace() -> Bool {
        open.withLock { open in
            guard open < limit else { return false }
            open += 1
            return true
        }
    }

    /// One of the open streams; given back once, at the latest when a response is dropped unsent.
    private final class Place: Sendable {
        private let streams: EventStreams
        private let isHeld = Mutex(true)

        init(streams: EventStreams) {
            self.streams = streams
        }

        func giveBack() {
            let wasHeld = isHeld.withLock { held in
                defer { held = false }
                return held
            }
            if wasHeld { streams.open.withLock { $0 -= 1 } }
        }

        deinit { giveBack() }
    }
}
