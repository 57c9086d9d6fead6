package import Contracts

/// Everybody's inbox is empty, and stays so.
extension FakeService: NotificationAPI {
    package func listNotifications(
        _ request: Bloasis_Notification_ListNotificationsRequest
    ) async throws -> Bloasis_Notification_ListNotificationsResponse {
        try take(request) { Bloasis_Notification_ListNotificationsResponse() }
    }

    package func streamNotifications(
        _ request: Bloasis_Notification_StreamNotificationsRequest
    ) async throws -> AsyncThrowingStream<Bloasis_Notification_NotificationEvent, any Error> {
        try take(request) { AsyncThrowingStream { $0.finish() } }
    }

    package func acknowledgeNotification(
        _ request: Bloasis_Notification_AcknowledgeNotificationRequest
    ) async throws -> Bloasis_Notification_Notification {
        try take(request) {
            throw RPCFault.notFound("no notification \(request.notificationID)")
        }
    }

    package func acknowledgeNotifications(
        _ request: Bloasis_Notification_AcknowledgeNotificationsRequest
    ) async throws -> Bloasis_Notification_NotificationTally {
        try take(request) { Bloasis_Notification_NotificationTally() }
    }

    package func getPreferences(
        _ request: Bloasis_Notification_GetPreferencesRequest
    ) async throws -> Bloasis_Notification_Preferences {
        try take(request) {
            var preferences = Bloasis_Notification_Preferences()
            preferences.userID = request.userID
            return preferences
        }
    }

    package func updatePreferences(
        _ request: Bloasis_Notification_UpdatePreferencesRequest
    ) async throws -> Bloasis_Notification_Preferences {
        try take(request) { request.preferences }
    }
}

extension FakeService: WebhookAPI {
    private static func webhook(_ id: String, of user: String) -> Bloasis_Notification_Webhook {
        var webhook = Bloasis_Notification_Webhook()
        webhook.webhookID = id
        webhook.userID = user
        return webhook
    }

    package func createWebhook(
        _ request: Bloasis_Notification_CreateWebhookRequest
    ) async throws -> Bloasis_Notification_Webhook {
        try take(request) { Self.webhook("wh", of: request.userID) }
    }

    package func listWebhooks(
        _ request: Bloasis_Notification_ListWebhooksRequest
    ) async throws -> Bloasis_Notification_ListWebhooksResponse {
        try take(request) { Bloasis_Notification_ListWebhooksResponse() }
    }

    package func getWebhook(
        _ request: Bloasis_Notification_GetWebhookRequest
    ) async throws -> Bloasis_Notification_Webhook {
        try take(request) { Self.webhook(request.webhookID, of: request.userID) }
    }

    package func updateWebhook(
        _ request: Bloasis_Notification_UpdateWebhookRequest
    ) async throws -> Bloasis_Notification_Webhook {
        try take(request) { Self.webhook(request.webhookID, of: request.userID) }
    }

    package func deleteWebhook(
        _ request: Bloasis_Notification_DeleteWebhookRequest
    ) async throws -> Bloasis_Notification_DeleteWebhookResponse {
        try take(request) { Bloasis_Notification_DeleteWebhookResponse() }
    }

    package func testWebhook(
        _ request: Bloasis_Notification_TestWebhookRequest
    ) async throws -> Bloasis_Notification_TestWebhookResponse {
        try take(request) {
            var response = Bloasis_Notification_TestWebhookResponse()
            response.delivered = true
            return response
        }
    }

    package func rotateWebhookSecret(
        _ request: Bloasis_Notification_RotateWebhookSecretRequest
    ) async throws -> Bloasis_Notification_Webhook {
        try take(request) { Self.webhook(request.webhookID, of: request.userID) }
    }
}
