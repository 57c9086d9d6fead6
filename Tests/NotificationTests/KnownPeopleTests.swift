import Contracts
import Logging
import Market
import Notices
import Ports
import TestSupport
import Testing

@testable import Notification

@Suite("Who becomes known")
struct KnownPeopleTests {
    private let store = InMemoryNoticeStore()

    private func queries(limit: Int = BoundedPeople.limit) -> NotificationQueries {
        let feed = NoticeFeed(
            reader: store, wording: Told.wording,
            logger: Logger(label: "feed") { _ in SwiftLogNoOpLogHandler() })
        return NotificationQueries(
            reader: store, people: BoundedPeople(store, limit: limit), feed: feed,
            wording: Told.wording, zones: .utc, now: { Told.start })
    }

    private func isKnown(_ user: String) async throws -> Bool {
        try await store.preferences(of: Samples.person(user)) != nil
    }

    private func listen(_ queries: NotificationQueries, as user: String) async throws {
        var request = Bloasis_Notification_StreamNotificationsRequest()
        request.userID = user
        _ = try await queries.answerNotifications(request)
    }

    private func prefer(_ queries: NotificationQueries, as user: String) async throws {
        var request = Bloasis_Notification_UpdatePreferencesRequest()
        request.userID = user
        _ = try await queries.updatePreferences(request)
    }

    @Test("who looks is not known, and finds an inbox with nothing in it")
    func looking() async throws {
        let queries = queries()
        var list = Bloasis_Notification_ListNotificationsRequest()
        list.userID = "ann"
        let page = try await queries.listNotifications(list)
        #expect(page.items.isEmpty && page.tally.told == 0 && page.nextPageToken.isEmpty)
        var get = Bloasis_Notification_GetPreferencesRequest()
        get.userID = "ann"
        #expect(
            try await queries.getPreferences(get)
                == Bloasis_Notification_Preferences(
                    NoticePreferences(), of: Samples.person("ann")))
        var mark = Bloasis_Notification_AcknowledgeNotificationsRequest()
        mark.userID = "ann"
        mark.through = "9"
        #expect(try await queries.acknowledgeNotifications(mark).unread == 0)
        #expect(try await !isKnown("ann"))
    }

    @Test("who listens, or says what they want, is told from then on")
    func meeting() async throws {
        try await listen(queries(), as: "ann")
        try await prefer(queries(), as: "bob")
        #expect(try await isKnown("ann"))
        #expect(try await isKnown("bob"))
    }

    @Test("without tokens no more become known than the bound; who is known, is")
    func bound() async throws {
        // Everyone is one of them.
        let queries = queries(limit: 3)
        try await listen(queries, as: "ann")
        try await prefer(queries, as: "bob")
        for meet in [listen, prefer] {
            let fault = await #expect(throws: RPCFault.self) { try await meet(queries, "carl") }
            #expect(fault?.code == .resourceExhausted)
            #expect(fault?.message.contains("'carl'") == true)
            try await meet(queries, "ann")
            try await meet(queries, "")
        }
        #expect(try await !isKnown("carl"))
        var call = CallContext()
        call.principal = Principal(subject: "carl", scopes: [.user])
        try await CallContext.$current.withValue(call) { try await listen(queries, as: "carl") }
        #expect(try await isKnown("carl"))
    }
}
