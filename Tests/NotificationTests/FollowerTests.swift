import Contracts
import Ports
import Synchronization
import TestSupport
import Testing

@testable import Notification

@Suite("Following what somebody is told")
struct FollowerTests {
    private typealias Event = Bloasis_Notification_NotificationEvent

    /// What one stream gives, and how it ends.
    private struct Script: Sendable {
        var events: [Event] = []
        /// `nil`: in good order.
        var end: (any Error)?
        /// Whether its end is thrown before it begins.
        var begins = true
    }

    /// Plays one script for each time that it is asked for a stream.
    private final class Source: NotificationAPI {
        private struct NotAsked: Error {}

        private let state: Mutex<(scripts: [Script], asked: [String])>

        init(_ scripts: [Script]) {
            state = Mutex((scripts, []))
        }

        var asked: [String] { state.withLock { $0.asked } }

        func streamNotifications(
            _ request: Bloasis_Notification_StreamNotificationsRequest
        ) async throws -> AsyncThrowingStream<Event, any Error> {
            #expect(request.userID == "ann")
            let script = state.withLock { state in
                state.asked.append(request.after)
                return state.scripts.isEmpty
                    ? Script(end: CancellationError(), begins: false) : state.scripts.removeFirst()
            }
            if !script.begins, let end = script.end { throw end }
            return AsyncThrowingStream { stream in
                for event in script.events {
                    var event = event
                    if event.hasResumed { event.resumed.after = request.after }
                    stream.yield(event)
                }
                stream.finish(throwing: script.end)
            }
        }

        func listNotifications(
            _ request: Bloasis_Notification_ListNotificationsRequest
        ) async throws -> Bloasis_Notification_ListNotificationsResponse { throw NotAsked() }

        func acknowledgeNotification(
            _ request: Bloasis_Notification_AcknowledgeNotificationRequest
        ) async throws -> Bloasis_Notification_Notification { throw NotAsked() }

        func acknowledgeNotifications(
            _ request: Bloasis_Notification_AcknowledgeNotificationsRequest
        ) async throws -> Bloasis_Notification_NotificationTally { throw NotAsked() }

        func getPreferences(
            _ request: Bloasis_Notification_GetPreferencesRequest
        ) async throws -> Bloasis_Notification_Preferences { throw NotAsked() }

        func updatePreferences(
            _ request: Bloasis_Notification_UpdatePreferencesRequest
        ) async throws -> Bloasis_Notification_Preferences { throw NotAsked() }
    }

    private static func told(_ id: Int) -> Event {
        var event = Event()
        event.type = "notification"
        event.notification.notificationID = "\(id)"
        return event
    }

    private static func resumed(_ answer: String = "from_now", last: Int) -> Event {
        var event = Event()
        event.type = "resumed"
        event.resumed.answer = answer
        event.resumed.last = "\(last)"
        return event
    }

    /// All news, in short, until an error; that, and what was asked for.
    private func follow(
        _ scripts: [Script], after position: Int64? = nil, chance: Double = 1
    ) async -> (news: [String], error: any Error, asked: [String], slept: [Duration]) {
        let source = Source(scripts)
        let slept = Mutex<[Duration]>([])
        var follower = NotificationFollower(
            source, userID: "ann", after: position, chance: { chance },
            sleep: { pause in slept.withLock { $0.append(pause) } })
        var news: [String] = []
        while true {
            do {
                switch try await follower.next() {
                case .event(let event):
                    news.append(event.hasNotification ? event.notification.notificationID : "begun")
                case .lost(let reason, _): news.append(reason)
                }
            } catch {
                return (news, error, source.asked, slept.withLock { $0 })
            }
        }
    }

    private static let away = RPCFault.unavailable("away")

    @Test("a stream that ends, however, is asked for again after what came last")
    func resuming() async {
        let (news, error, asked, slept) = await follow([
            Script(events: [Self.resumed(last: 4), Self.told(5), Self.told(9)], end: Self.away),
            Script(events: [Self.resumed("replaying", last: 12), Self.told(11)]),
            Script(events: [Self.resumed("nothing_missed", last: 12)], end: Self.away),
        ])
        #expect(
            news == [
                "begun", "5", "9", "away", "begun", "11", "the stream has ended", "begun", "away",
            ])
        #expect(asked == ["", "9", "11", "11"])
        #expect(slept == Array(repeating: NotificationFollower.firstPause, count: 3))
        #expect(error is CancellationError)
    }

    @Test("where nothing came, it goes on after what was the last when it began")
    func nothingYet() async {
        let scripts = [Script(events: [Self.resumed(last: 4)], end: Self.away)]
        #expect(await follow(scripts).asked == ["", "4"])
        #expect(await follow(scripts, after: 2).asked == ["2", "2"])
        // Of a store that is older than what was seen of it.
        #expect(await follow(scripts, after: 5).asked == ["5", "4"])
    }

    @Test("each that does not begin doubles the pause up to a limit, and one that does ends that")
    func pauses() async {
        let closed = Script(end: Self.away, begins: false)
        let open = Script(events: [Self.resumed(last: 4)], end: Self.away)
        let (_, _, _, slept) = await follow(
            [open] + Array(repeating: closed, count: 6) + [open], chance: 1)
        #expect(slept == [1, 2, 4, 8, 16, 30, 30, 1].map { Duration.seconds($0) })
        let halves = await follow([open, closed], chance: 0).slept
        #expect(halves == [.milliseconds(500), .seconds(1)])
    }

    @Test("what does not begin the first time is thrown, whatever it is")
    func notBegun() async {
        for end in [Self.away, .invalidArgument("after: x is no notification")] {
            let (news, error, asked, _) = await follow([Script(end: end, begins: false)])
            #expect(news == [] && error as? RPCFault == end && asked == [""])
        }
        let (_, error, _, _) = await follow([Script()])
        #expect((error as? RPCFault)?.code == .unavailable)
    }

    @Test("what does not pass is thrown later too")
    func lasting() async {
        let store = StoreError(.corrupt, location: "x", detail: "damaged", advice: "restore it")
        for end: any Error in [RPCFault(.permissionDenied, "no"), store] {
            let (news, error, _, slept) = await follow([
                Script(events: [Self.resumed(last: 4)], end: end)
            ])
            #expect(news == ["begun"] && slept == [] && "\(error)" == "\(end)")
        }
        let busy = StoreError(.busy, location: "x", detail: "locked", advice: "wait")
        let (news, _, _, _) = await follow([
            Script(events: [Self.resumed(last: 4)], end: busy)
        ])
        #expect(news == ["begun", "\(busy)"])
    }

    @Test(
        "how a stream begins is said in a sentence",
        arguments: [
            ("from_now", "what is told from now on follows; the last so far was #12"),
            ("nothing_missed", "nothing was missed after #7"),
            ("replaying", "what was told after #7 comes first"),
            ("incomplete", "what was told up to #9 is no longer kept; the rest comes first"),
            ("sideways", "the stream begins: sideways"),
        ])
    func sentences(answer: String, sentence: String) {
        var resumption = Bloasis_Notification_Resumption()
        resumption.answer = answer
        resumption.after = "7"
        resumption.removedThrough = "9"
        resumption.last = "12"
        #expect(resumption.sentence == sentence)
        #expect(resumption.hasGap == (answer == "incomplete"))
        resumption.after = "13"
        let isOther = resumption.sentence.hasPrefix("nothing is known of #13, the last here is #12")
        #expect(isOther == (answer == "incomplete"))
    }
}
