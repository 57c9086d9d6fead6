package import Contracts
package import Market
import Notices
package import Ports
import Synchronization

/// Answers what people ask about their webhooks.
package final class WebhookQueries: Sendable {
    private let store: any WebhookStore
    private let people: any NoticePreferencesStore
    private let couriers: NoticeCouriers
    private let rules: WebhookRules
    private let now: @Sendable () -> Timestamp
    private let bytes: @Sendable (Int) -> [UInt8]
    private let trials = Mutex(WebhookTrials())

    /// - Parameters:
    ///   - now: the wall clock.
    ///   - bytes: so many random ones, of which nobody can guess any.
    package init(
        store: any WebhookStore, people: any NoticePreferencesStore, couriers: NoticeCouriers,
        policy: WebhookPolicy, now: @escaping @Sendable () -> Timestamp,
        bytes: @escaping @Sendable (Int) -> [UInt8]
    ) {
        self.store = store
        self.people = people
        self.couriers = couriers
        rules = WebhookRules(policy: policy, sendsMail: couriers.mail != nil)
        self.now = now
        self.bytes = bytes
    }

    package func createWebhook(
        _ request: Bloasis_Notification_CreateWebhookRequest
    ) async throws -> Bloasis_Notification_Webhook {
        let addressee = try Addressee.read(request.userID)
        let format = try rules.format(request.format, of: request.url)
        try rules.check(request.url, for: format)
        var secrets: [WebhookSecret] = []
        if format == .standard || !request.secret.isEmpty {
            secrets = [try rules.secret(request.secret, for: format, bytes)]
        }
        let webhook = Webhook(
            id: WebhookID(name("wh_")), url: request.url, format: format,
            kinds: try rules.kinds(request.kinds), secrets: secrets)
        // Whoever has a webhook is told.
        _ = try await people.meet(addressee, at: now())
        do {
            try await store.addWebhook(webhook, of: addressee, at: now())
        } catch let error as WebhookError {
            throw RPCFault(.resourceExhausted, "\(error)")
        }
        return Bloasis_Notification_Webhook(webhook, of: addressee, telling: secrets.first)
    }

    package func listWebhooks(
        _ request: Bloasis_Notification_ListWebhooksRequest
    ) async throws -> Bloasis_Notification_ListWebhooksResponse {
        let addressee = try Addressee.read(request.userID)
        var response = Bloasis_Notification_ListWebhooksResponse()
        response.items = try await store.webhooks(of: addressee).map {
            Bloasis_Notification_Webhook($0, of: addressee)
        }
        return response
    }

    package func getWebhook(
        _ request: Bloasis_Notification_GetWebhookRequest
    ) async throws -> Bloasis_Notification_Webhook {
        let addressee = try Addressee.read(request.userID)
        return Bloasis_Notification_Webhook(
            try await webhook(request.webhookID, of: addressee), of: addressee)
    }

    package func updateWebhook(
        _ request: Bloasis_Notification_UpdateWebhookRequest
    ) async throws -> Bloasis_Notification_Webhook {
        let addressee = try Addressee.read(request.userID)
        // Its format is what it was when it was made.
        let format = try await webhook(request.webhookID, of: addressee).format
        if !request.url.isEmpty { try rules.check(request.url, for: format) }
        let kinds = request.kinds.isEmpty ? nil : try rules.kinds(request.kinds)
        let secret =
            request.secret.isEmpty
            ? nil : try rules.secret(request.secret, for: format, bytes)
        let isEnabled = request.hasEnabled ? request.enabled : nil
        let url = request.url
        return try await change(request.webhookID, of: addressee) { webhook in
            if !url.isEmpty { webhook.url = url }
            if let kinds { webhook.kinds = kinds }
            if let secret { webhook.secrets = [secret] }
            if let isEnabled { webhook.isEnabled = isEnabled }
        }
    }

    package func deleteWebhook(
        _ request: Bloasis_Notification_DeleteWebhookRequest
    ) async throws -> Bloasis_Notification_DeleteWebhookResponse {
        let addressee = try Addressee.read(request.userID)
        let id = WebhookID(request.webhookID)
        guard try await store.removeWebhook(id, of: addressee) else {
            throw WebhookQueries.unknown(request.webhookID)
        }
        return Bloasis_Notification_DeleteWebhookResponse()
    }

    /// One that is disabled is tried too: then it can be enabled.
    package func testWebhook(
        _ request: Bloasis_Notification_TestWebhookRequest
    ) async throws -> Bloasis_Notification_TestWebhookResponse {
        let addressee = try Addressee.read(request.userID)
        let webhook = try await webhook(request.webhookID, of: addressee)
        let instant = now()
        if let refusal = trials.withLock({
            $0.begin(to: webhook.url, of: addressee, at: instant)
        }) {
            throw refusal
        }
        defer { trials.withLock { $0.end() } }
        let content = WebhookContent(
            testing: webhook.id, id: name("msg_test_"), at: instant)
        return Bloasis_Notification_TestWebhookResponse(
            try await couriers.bring(content, to: webhook, at: instant))
    }

    package func rotateWebhookSecret(
        _ request: Bloasis_Notification_RotateWebhookSecretRequest
    ) async throws -> Bloasis_Notification_Webhook {
        let addressee = try Addressee.read(request.userID)
        let format = try await webhook(request.webhookID, of: addressee).format
        let secret = try rules.secret(request.secret, for: format, bytes)
        let instant = now()
        var message = try await change(request.webhookID, of: addressee) {
            $0.replaceSecret(by: secret, at: instant)
        }
        message.secret = secret.exposedText
        return message
    }

    // MARK: - Parts

    private func webhook(_ id: String, of addressee: Addressee) async throws -> Webhook {
        let found = try await store.webhooks(of: addressee).first { $0.id.text == id }
        guard let found else { throw WebhookQueries.unknown(id) }
        return found
    }

    private func change(
        _ id: String, of addressee: Addressee, _ body: @escaping @Sendable (inout Webhook) -> Void
    ) async throws -> Bloasis_Notification_Webhook {
        let changed = try await store.changeWebhook(
            WebhookID(id), of: addressee, at: now(), body)
        guard let changed else { throw WebhookQueries.unknown(id) }
        return Bloasis_Notification_Webhook(changed, of: addressee)
    }

    private static func unknown(_ id: String) -> RPCFault {
        .notFound(
            "webhook_id: there is no '\(RequestReading.excerpt(id))' among this user's webhooks")
    }

    /// Of what is named by chance.
    private static let nameBytes = 12

    private func name(_ prefix: String) -> String {
        prefix + Hexadecimal.text(bytes(WebhookQueries.nameBytes))
    }
}

extension WebhookQueries: WebhookAPI {}
