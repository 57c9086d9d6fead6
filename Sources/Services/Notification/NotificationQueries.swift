package import Contracts
import Hosting
package import Market
package import Notices
package import Ports

/// Answers what people ask about their inboxes.
///
/// Looking at one makes nobody known: any page that a browser shows can ask for that. Who is not
/// known has an empty one, and the usual preferences.
package struct NotificationQueries: Sendable {
    /// Items in one page when the request does not say.
    package static let pageSizeDefault = 50

    private let reader: any NoticeReader
    private let people: any NoticePreferencesStore
    private let feed: NoticeFeed
    private let wording: NotificationWording
    private let zones: ZoneClock
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - zones: which time zones there are.
    ///   - now: the wall clock.
    package init(
        reader: any NoticeReader, people: any NoticePreferencesStore, feed: NoticeFeed,
        wording: NotificationWording, zones: ZoneClock, now: @escaping @Sendable () -> Timestamp
    ) {
        self.reader = reader
        self.people = people
        self.feed = feed
        self.wording = wording
        self.zones = zones
        self.now = now
    }

    package func listNotifications(
        _ request: Bloasis_Notification_ListNotificationsRequest
    ) async throws -> Bloasis_Notification_ListNotificationsResponse {
        let addressee = try Addressee.read(request.userID)
        let limit = try RequestReading.count(
            request.pageSize, field: "page_size", standard: NotificationQueries.pageSizeDefault,
            maximum: NoticePage.limitMaximum)
        let before = try position(request.pageToken, field: "page_token") ?? .max
        let page = try await reader.inbox(
            of: addressee, before: before, unacknowledgedOnly: request.unacknowledgedOnly,
            limit: limit)
        var response = Bloasis_Notification_ListNotificationsResponse()
        response.items = page.map(wording.message)
        response.nextPageToken = page.count < limit ? "" : page.last.map { "\($0.position)" } ?? ""
        response.tally = Bloasis_Notification_NotificationTally(
            try await reader.tally(of: addressee))
        return response
    }

    package func streamNotifications(
        _ request: Bloasis_Notification_StreamNotificationsRequest
    ) async throws -> AsyncThrowingStream<Bloasis_Notification_NotificationEvent, any Error> {
        let listener = try await listener(request)
        return AsyncThrowingStream {
            try await listener.next()?.message as? Bloasis_Notification_NotificationEvent
        }
    }

    package func answerNotifications(
        _ request: Bloasis_Notification_StreamNotificationsRequest
    ) async throws -> MessageStream {
        let listener = try await listener(request)
        return MessageStream { try await listener.next() }
    }

    private func listener(
        _ request: Bloasis_Notification_StreamNotificationsRequest
    ) async throws -> NoticeListener {
        let addressee = try Addressee.read(request.userID)
        // Whoever listens is told from then on; everyone is known.
        if addressee != .everyone { _ = try await people.meet(addressee, at: now()) }
        let span = try await reader.span()
        let after = try position(request.after, field: "after")
        // One that is ahead is of another store: what is told from now on is all that is known.
        let start = min(after ?? span.last, span.last)
        let listener = feed.listen(to: addressee, after: start)
        // After the last there was nothing: of many who come at once, few read more than that.
        let hasMissed = start < span.last ? try await listener.hasMissed() : false
        listener.begin(
            with: NotificationWording.answer(
                Resumption(after: after, span: span, hasMissed: hasMissed)))
        return listener
    }

    package func acknowledgeNotification(
        _ request: Bloasis_Notification_AcknowledgeNotificationRequest
    ) async throws -> Bloasis_Notification_Notification {
        let addressee = try Addressee.read(request.userID)
        guard let position = try position(request.notificationID, field: "notification_id"),
            let notice = try await reader.acknowledge(position, by: addressee, at: now())
        else {
            throw RPCFault(
                .notFound,
                "notification_id: there is no '\(RequestReading.excerpt(request.notificationID))' "
                    + "in this inbox, or it has expired")
        }
        return wording.message(notice)
    }

    package func acknowledgeNotifications(
        _ request: Bloasis_Notification_AcknowledgeNotificationsRequest
    ) async throws -> Bloasis_Notification_NotificationTally {
        let addressee = try Addressee.read(request.userID)
        guard let position = try position(request.through, field: "through") else {
            throw RPCFault.invalidArgument(
                "through is required: the notification_id of the last one that was read")
        }
        let tally = try await reader.acknowledge(through: position, by: addressee, at: now())
        return Bloasis_Notification_NotificationTally(tally)
    }

    package func getPreferences(
        _ request: Bloasis_Notification_GetPreferencesRequest
    ) async throws -> Bloasis_Notification_Preferences {
        let addressee = try Addressee.read(request.userID)
        let preferences = try await people.preferences(of: addressee) ?? NoticePreferences()
        return Bloasis_Notification_Preferences(preferences, of: addressee)
    }

    package func updatePreferences(
        _ request: Bloasis_Notification_UpdatePreferencesRequest
    ) async throws -> Bloasis_Notification_Preferences {
        let addressee = try Addressee.read(request.userID)
        let preferences = try request.preferences.read(zones: zones, at: now())
        try await people.setPreferences(preferences, of: addressee, at: now())
        return Bloasis_Notification_Preferences(preferences, of: addressee)
    }

    // MARK: - Reading requests

    private func position(_ text: String, field: String) throws(RPCFault) -> Int64? {
        guard !text.isEmpty else { return nil }
        guard let position = Int64(text), position >= 0 else {
            throw .invalidArgument(
                "\(field): '\(RequestReading.excerpt(text))' is not a notification's id: use one "
                    + "of this list, or 0 for all of it")
        }
        return position
    }
}

extension NotificationQueries: NotificationAPI {}
