package import Contracts

/// `bloasis.notification.NotificationService` elsewhere.
package struct RemoteNotification: NotificationAPI, WebhookAPI {
    private let calls: any RemoteCalls
    private let service = ServiceMethod.notificationService

    package init(_ calls: any RemoteCalls) {
        self.calls = calls
    }

    package func streamNotifications(
        _ request: Bloasis_Notification_StreamNotificationsRequest
    ) async throws -> AsyncThrowingStream<Bloasis_Notification_NotificationEvent, any Error> {
        try await calls.stream(service, "StreamNotifications", request)
    }

    package func listNotifications(
        _ request: Bloasis_Notification_ListNotificationsRequest
    ) async throws -> Bloasis_Notification_ListNotificationsResponse {
        try await calls.unary(service, "ListNotifications", request)
    }

    package func acknowledgeNotification(
        _ request: Bloasis_Notification_AcknowledgeNotificationRequest
    ) async throws -> Bloasis_Notification_Notification {
        try await calls.unary(service, "AcknowledgeNotification", request)
    }

    package func acknowledgeNotifications(
        _ request: Bloasis_Notification_AcknowledgeNotificationsRequest
    ) async throws -> Bloasis_Notification_NotificationTally {
        try await calls.unary(service, "AcknowledgeNotifications", request)
    }

    package func getPreferences(
        _ request: Bloasis_Notification_GetPreferencesRequest
    ) async throws -> Bloasis_Notification_Preferences {
        try await calls.unary(service, "GetPreferences", request)
    }

    package func updatePreferences(
        _ request: Bloasis_Notification_UpdatePreferencesRequest
    ) async throws -> Bloasis_Notification_Preferences {
        try await calls.unary(service, "UpdatePreferences", request)
    }

    package func createWebhook(
        _ request: Bloasis_Notification_CreateWebhookRequest
    ) async throws -> Bloasis_Notification_Webhook {
        try await calls.unary(service, "CreateWebhook", request)
    }

    package func listWebhooks(
        _ request: Bloasis_Notification_ListWebhooksRequest
    ) async throws -> Bloasis_Notification_ListWebhooksResponse {
        try await calls.unary(service, "ListWebhooks", request)
    }

    package func getWebhook(
        _ request: Bloasis_Notification_GetWebhookRequest
    ) async throws -> Bloasis_Notification_Webhook {
        try await calls.unary(service, "GetWebhook", request)
    }

    package func updateWebhook(
        _ request: Bloasis_Notification_UpdateWebhookRequest
    ) async throws -> Bloasis_Notification_Webhook {
        try await calls.unary(service, "UpdateWebhook", request)
    }

    package func deleteWebhook(
        _ request: Bloasis_Notification_DeleteWebhookRequest
    ) async throws -> Bloasis_Notification_DeleteWebhookResponse {
        try await calls.unary(service, "DeleteWebhook", request)
    }

    package func testWebhook(
        _ request: Bloasis_Notification_TestWebhookRequest
    ) async throws -> Bloasis_Notification_TestWebhookResponse {
        try await calls.unary(service, "TestWebhook", request)
    }

    package func rotateWebhookSecret(
        _ request: Bloasis_Notification_RotateWebhookSecretRequest
    ) async throws -> Bloasis_Notification_Webhook {
        try await calls.unary(service, "RotateWebhookSecret", request)
    }
}
