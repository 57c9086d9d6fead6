package import Contracts
import Hosting
import Ports

/// Follows what somebody is told, here or elsewhere: a stream that ends is asked for again, after
/// the last of what came, so that nothing is missed and nothing comes twice.
package struct NotificationFollower {
    private typealias Events =
        AsyncThrowingStream<Bloasis_Notification_NotificationEvent, any Error>.Iterator

    package enum News: Sendable {
        case event(Bloasis_Notification_NotificationEvent)
        /// The stream ended for a reason that passes: it is asked for again after the pause.
        case lost(reason: String, pause: Duration)
    }

    /// After a stream in which anything came; each that begins with none doubles the next …
    package static let firstPause = Duration.seconds(1)
    /// … up to here. A pause is between half and all of that.
    package static let longestPause = Duration.seconds(30)

    private let source: any NotificationAPI
    private let userID: String
    private let chance: @Sendable () -> Double
    private let sleep: @Sendable (Duration) async throws -> Void
    /// Of the last that came; empty while none is known.
    private var position: String
    private var events: Events?
    /// `nil` until anything has come: what cannot be had from the start is an error.
    private var span: Duration?
    private var pause = Duration.zero

    /// - Parameters:
    ///   - userID: whose; empty for everybody's who gives no name.
    ///   - position: the notification to begin after; `nil`: with what comes.
    ///   - chance: uniform in 0 ..< 1.
    ///   - sleep: waits, and throws when it is cancelled.
    package init(
        _ source: any NotificationAPI, userID: String, after position: Int64?,
        chance: @escaping @Sendable () -> Double,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        self.source = source
        self.userID = userID
        self.position = position.map { String($0) } ?? ""
        self.chance = chance
        self.sleep = sleep
    }

    /// The next news; waits for it without an end.
    ///
    /// - Throws: what the first stream did not begin for, and what does not pass by itself.
    package mutating func next() async throws -> News {
        if pause > .zero { try await sleep(pause) }
        pause = .zero
        do {
            guard let event = try await nextEvent() else {
                throw RPCFault.unavailable("the stream has ended")
            }
            span = NotificationFollower.firstPause
            position = event.resumeID ?? position
            return .event(event)
        } catch {
            events = nil
            try Task.checkCancellation()
            guard let span, error.isWorthAnother else { throw error }
            self.span = min(span * 2, NotificationFollower.longestPause)
            pause = span * (0.5 + 0.5 * chance())
            return .lost(reason: (error as? RPCFault)?.message ?? "\(error)", pause: pause)
        }
    }

    private mutating func nextEvent() async throws -> Bloasis_Notification_NotificationEvent? {
        var iterator: Events
        if let events {
            iterator = events
        } else {
            var request = Bloasis_Notification_StreamNotificationsRequest()
            request.userID = userID
            request.after = position
            iterator = try await source.streamNotifications(request).makeAsyncIterator()
        }
        let event = try await iterator.next(isolation: #isolation)
        events = iterator
        return event
    }
}

extension Error {
    /// Whether asking again later may go well.
    fileprivate var isWorthAnother: Bool {
        guard let fault = self as? RPCFault else { return passes }
        return [.unavailable, .resourceExhausted, .aborted, .deadlineExceeded].contains(fault.code)
    }
}
