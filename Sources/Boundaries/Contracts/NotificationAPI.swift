/// Who hears of what: inboxes, their streams, preferences and webhooks.
///
/// Whoever calls has seen to it that the asker may: the user id of a request is taken for true.
package protocol NotificationAPI: Sendable {
    func listNotifications(
        _ request: Bloasis_Notification_ListNotificationsRequest
    ) async throws -> Bloasis_Notification_ListNotificationsResponse

    /// First how the stream resumes, then what was missed, then what comes. A fault of the request
    /// is thrown before the stream begins. Ending the iteration or cancelling its task ends it.
    func streamNotifications(
        _ request: Bloasis_Notification_StreamNotificationsRequest
    ) async throws -> AsyncThrowingStream<Bloasis_Notification_NotificationEvent, any Error>

    /// The same, as answers that others are told too.
    func answerNotifications(
        _ request: Bloasis_Notification_StreamNotificationsRequest
    ) async throws -> MessageStream

    func acknowledgeNotification(
        _ request: Bloasis_Notification_AcknowledgeNotificationRequest
    ) async throws -> Bloasis_Notification_Notification

    func acknowledgeNotifications(
        _ request: Bloasis_Notification_AcknowledgeNotificationsRequest
    ) async throws -> Bloasis_Notification_NotificationTally

    func getPreferences(
        _ request: Bloasis_Notification_GetPreferencesRequest
    ) async throws -> Bloasis_Notification_Preferences

    func updatePreferences(
        _ request: Bloasis_Notification_UpdatePreferencesRequest
    ) async throws -> Bloasis_Notification_Preferences
}

extension NotificationAPI {
    package func answerNotifications(
        _ request: Bloasis_Notification_StreamNotificationsRequest
    ) async throws -> MessageStream {
        MessageStream(try await streamNotifications(request))
    }
}

/// Where people are told besides their inbox.
package protocol WebhookAPI: Sendable {
    /// The answer alone has the secret.
    func createWebhook(
        _ request: Bloasis_Notification_CreateWebhookRequest
    ) async throws -> Bloasis_Notification_Webhook

    func listWebhooks(
        _ request: Bloasis_Notification_ListWebhooksRequest
    ) async throws -> Bloasis_Notification_ListWebhooksResponse

    func getWebhook(
        _ request: Bloasis_Notification_GetWebhookRequest
    ) async throws -> Bloasis_Notification_Webhook

    func updateWebhook(
        _ request: Bloasis_Notification_UpdateWebhookRequest
    ) async throws -> Bloasis_Notification_Webhook

    func deleteWebhook(
        _ request: Bloasis_Notification_DeleteWebhookRequest
    ) async throws -> Bloasis_Notification_DeleteWebhookResponse

    func testWebhook(
        _ request: Bloasis_Notification_TestWebhookRequest
    ) async throws -> Bloasis_Notification_TestWebhookResponse

    /// The answer alone has the secret.
    func rotateWebhookSecret(
        _ request: Bloasis_Notification_RotateWebhookSecretRequest
    ) async throws -> Bloasis_Notification_Webhook
}
