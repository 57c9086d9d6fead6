import Contracts
import Ports
import Synchronization

/// Tells what a test says, and remembers what it was asked.
final class FakeInbox: Sendable {
    typealias Event = Bloasis_Notification_NotificationEvent
    typealias Source = AsyncThrowingStream<Event, any Error>.Continuation

    private struct State {
        var asked: [Bloasis_Notification_StreamNotificationsRequest] = []
        var acknowledged: [Bloasis_Notification_AcknowledgeNotificationRequest] = []
        var taken = 0
    }

    private let state = Mutex(State())
    private let (opened, opening) = AsyncStream<Source>.makeStream()
    private let (ended, ending) = AsyncStream<Void>.makeStream()

    var asked: [Bloasis_Notification_StreamNotificationsRequest] {
        state.withLock { $0.asked }
    }
    var acknowledged: [Bloasis_Notification_AcknowledgeNotificationRequest] {
        state.withLock { $0.acknowledged }
    }
    /// Of an endless stream, how much was asked for.
    var taken: Int { state.withLock { $0.taken } }

    /// Waits until a stream is opened; gives what comes in it.
    func nextSource() async throws -> Source {
        for await source in opened { return source }
        throw CancellationError()
    }

    /// Waits until a stream has ended.
    func streamEnded() async {
        for await _ in ended { break }
    }

    static func resumed(after: Int? = nil, last: Int? = nil) -> Event {
        var event = Event()
        event.type = "resumed"
        event.resumed.answer = "from_now"
        if let after { event.resumed.after = "\(after)" }
        if let last { event.resumed.last = "\(last)" }
        return event
    }

    static func notification(_ id: Int, body: String = "") -> Event {
        var event = Event()
        event.type = "notification"
        event.notification.notificationID = "\(id)"
        if !body.isEmpty { event.notification.body = body }
        return event
    }

    /// The methods of a socket, and no others.
    ///
    /// - Parameter endless: streams that go on as fast as they are asked, 64 KiB at a time.
    func methods(endless: Bool = false) -> [ServiceMethod] {
        let service = ServiceMethod.notificationService
        return [
            .stream(service, "StreamNotifications") {
                (request: Bloasis_Notification_StreamNotificationsRequest) in
                endless ? self.endless() : self.stream(request)
            },
            .unary(service, "AcknowledgeNotification") {
                (request: Bloasis_Notification_AcknowledgeNotificationRequest) in
                try self.acknowledge(request)
            },
        ]
    }

    private func stream(
        _ request: Bloasis_Notification_StreamNotificationsRequest
    ) -> AsyncThrowingStream<Event, any Error> {
        state.withLock { $0.asked.append(request) }
        let (stream, source) = AsyncThrowingStream<Event, any Error>.makeStream()
        source.onTermination = { [ending] _ in ending.yield() }
        opening.yield(source)
        return stream
    }

    private func endless() -> AsyncThrowingStream<Event, any Error> {
        let body = String(repeating: "x", count: 65_536)
        return AsyncThrowingStream {
            if Task.isCancelled { return nil }
            return Self.notification(
                self.state.withLock { state in
                    state.taken += 1
                    return state.taken
                }, body: body)
        }
    }

    private func acknowledge(
        _ request: Bloasis_Notification_AcknowledgeNotificationRequest
    ) throws -> Bloasis_Notification_Notification {
        state.withLock { $0.acknowledged.append(request) }
        guard request.notificationID == "7" else {
            throw RPCFault.notFound("there is no such notification")
        }
        var notification = Bloasis_Notification_Notification()
        notification.notificationID = request.notificationID
        return notification
    }
}
