package import Market
package import Notices
package import Ports
import Postgres

extension PostgresNoticeStore: WebhookStore {
    package func addWebhook(
        _ webhook: Webhook, of addressee: Addressee, at instant: Timestamp
    ) async throws {
        _ = try await meet(addressee, at: instant)
        let opening: [PostgresQuery] = [
            // Who adds another at the same time waits here.
            "SELECT FROM users WHERE user_id = \(addressee.text) FOR NO KEY UPDATE",
            "SELECT count(*) FROM webhooks WHERE user_id = \(addressee.text)",
        ]
        try await database.transaction(opening) { _, rows in
            guard try rows[1].first?.integer(0) ?? 0 < WebhookError.countLimit else {
                throw WebhookError.tooMany(limit: WebhookError.countLimit)
            }
            return Ending(
                value: (),
                queries: [WebhookQueries.insertion(of: webhook, addressee, at: instant)])
        }
    }

    package func webhooks(of addressee: Addressee) async throws -> [Webhook] {
        let query: PostgresQuery = """
            SELECT \(sql: StoredWebhook.columns) FROM webhooks AS w
            WHERE w.user_id = \(addressee.text) ORDER BY w.number
            """
        return try await database.values(query) { try WebhookQueries.webhook($0) }
    }

    package func changeWebhook(
        _ id: WebhookID, of addressee: Addressee, at instant: Timestamp,
        _ change: @escaping @Sendable (inout Webhook) -> Void
    ) async throws -> Webhook? {
        try await database.transaction([WebhookQueries.locked(id, of: addressee)]) { _, rows in
            guard var webhook = try rows[0].first.map(WebhookQueries.webhook) else {
                return Ending(value: nil, queries: [])
            }
            let anew = webhook.apply(change) ? [WebhookQueries.beginAnew(to: id, at: instant)] : []
            return Ending(value: webhook, queries: [WebhookQueries.update(to: webhook)] + anew)
        }
    }

    package func removeWebhook(
        _ id: WebhookID, of addressee: Addressee
    ) async throws -> Bool {
        let removal: PostgresQuery = """
            DELETE FROM webhooks WHERE webhook_id = \(id.text) AND user_id = \(addressee.text)
            """
        return try await database.transaction([removal]) { _, rows in
            let isGone = rows[0].affected == 1
            return Ending(value: isGone, queries: [], wroteBefore: isGone)
        }
    }

    package func takeDeliveries(
        as owner: String, for term: LeaseTerm, from pool: DeliveryPool, limit: Int
    ) async throws -> [Delivery] {
        guard limit > 0 else { return [] }
        let opening = [WebhookQueries.heads(in: term, pool, limit: limit)]
        return try await database.transaction(isNews: false, opening) { connection, rows in
            let heads = try rows[0].map(WebhookQueries.head)
            guard !heads.isEmpty else { return Ending(value: [], queries: []) }
            let answers = try await connection.run(
                heads.flatMap { WebhookQueries.take($0, as: owner, until: term.end) },
                within: SharedDatabase.exchangeLimit)
            let deliveries = try heads.enumerated().map { index, head in
                Delivery(
                    webhook: head.webhook, addressee: head.addressee,
                    notices: try ToldQueries.told(answers[2 * index + 1], reading),
                    attempt: head.attempts + 1)
            }
            return Ending(value: deliveries, queries: [], wroteBefore: true)
        }
    }

    package func finish(
        _ delivery: Delivery, as plan: DeliveryPlan, by owner: String, at instant: Timestamp
    ) async throws {
        let opening = [
            // Before what is on its way, as whoever takes the webhook away does.
            WebhookQueries.locked(delivery.webhook.id, of: delivery.addressee),
            WebhookQueries.underWay(delivery, by: owner),
        ]
        try await database.transaction(opening) { _, rows in
            guard rows[1].first != nil, let webhook = try rows[0].first.map(WebhookQueries.webhook)
            else { return Ending(value: (), queries: []) }
            let plan = delivery.plan(plan, for: webhook, at: instant)
            var noted = webhook
            noted.note(plan)
            return Ending(
                value: (),
                queries: [WebhookQueries.finish(delivery, as: plan, by: owner)]
                    + (noted == webhook ? [] : [WebhookQueries.update(to: noted)]))
        }
    }

    package func nextDelivery() async throws -> Timestamp? {
        let query: PostgresQuery = """
            SELECT min(greatest(d.due, d.owned_until)) \(sql: WebhookQueries.firsts)
            """
        return try await database.values(query) { try $0.optionalInstant(0) }.first ?? nil
    }
}

/// Statements about webhooks, and their rows as values.
enum WebhookQueries {
    /// The first thing on its way to each enabled webhook.
    static let firsts: StaticString = """
        FROM webhooks AS w
        JOIN webhook_deliveries AS d ON d.webhook_id = w.webhook_id AND d.position =
            (SELECT min(position) FROM webhook_deliveries AS q WHERE q.webhook_id = w.webhook_id)
        WHERE w.enabled
        """

    static func webhook(_ row: PostgresRows.Row) throws -> Webhook {
        try StoredWebhook.webhook(isEnabled: row.value(6), failures: row.value(7)) {
            try row.optional($0, as: String.self)
        }
    }

    /// The row is the caller's from then on.
    static func locked(_ id: WebhookID, of addressee: Addressee) -> PostgresQuery {
        """
        SELECT \(sql: StoredWebhook.columns) FROM webhooks AS w
        WHERE w.webhook_id = \(id.text) AND w.user_id = \(addressee.text) FOR NO KEY UPDATE
        """
    }

    static func insertion(
        of webhook: Webhook, _ addressee: Addressee, at instant: Timestamp
    ) -> PostgresQuery {
        """
        INSERT INTO webhooks (webhook_id, user_id, recorded_at, url, format, kinds, secrets,
            problem, enabled, failures)
        VALUES (\(webhook.id.text), \(addressee.text), \(instant.floored), \(webhook.url),
            \(webhook.format.rawValue), \(StoredWebhook.text(of: webhook.kinds)),
            \(StoredWebhook.text(of: webhook.secrets)), \(webhook.problem), \(webhook.isEnabled),
            \(webhook.failures))
        """
    }

    /// What nobody is delivering is due at once.
    static func beginAnew(to id: WebhookID, at instant: Timestamp) -> PostgresQuery {
        """
        UPDATE webhook_deliveries SET due = least(due, \(instant.floored)), attempts = 0
        WHERE webhook_id = \(id.text) AND owner IS NULL
        """
    }

    static func update(to webhook: Webhook) -> PostgresQuery {
        """
        UPDATE webhooks SET url = \(webhook.url), format = \(webhook.format.rawValue),
            kinds = \(StoredWebhook.text(of: webhook.kinds)),
            secrets = \(StoredWebhook.text(of: webhook.secrets)), problem = \(webhook.problem),
            enabled = \(webhook.isEnabled), failures = \(webhook.failures)
        WHERE webhook_id = \(webhook.id.text)
        """
    }

    // MARK: - Deliveries

    /// What may be taken now, each person's first before anybody's second; the rows are the
    /// caller's, and what another is taking is passed over.
    static func heads(
        in term: LeaseTerm, _ pool: DeliveryPool, limit: Int
    ) -> PostgresQuery {
        let span = DueSpan(at: term.start, longestWaitSeconds: DeliveryPage.longestWaitSeconds)
        return """
            SELECT \(sql: StoredWebhook.columns), w.user_id, d.position, d.batch, d.attempts,
                (SELECT preferences FROM users AS u WHERE u.user_id = w.user_id),
                (SELECT max(position) FROM (SELECT position FROM webhook_deliveries AS q
                    WHERE q.webhook_id = w.webhook_id ORDER BY position
                    LIMIT \(DeliveryPage.batchLimit)) AS queue)
            FROM (
                SELECT *, row_number() OVER (PARTITION BY user_id
                    ORDER BY busy DESC, ready DESC, due, position, webhook_id) AS place
                FROM (
                    SELECT w.webhook_id, w.user_id, w.failures, d.due, d.position, d.attempts,
                        d.due <= \(span.instant.floored)
                            OR d.due > \(span.latestCredible.floored) AS ready,
                        d.owner IS NOT NULL AND d.owned_until > \(term.start.floored)
                            AND d.owned_until <= \(term.latestCredibleEnd.floored) AS busy
                    \(sql: firsts)) AS head
                WHERE (attempts > busy::integer OR failures > 0) = \(pool == .failing)) AS next
            JOIN webhooks AS w ON w.webhook_id = next.webhook_id
            JOIN webhook_deliveries AS d
                ON d.webhook_id = next.webhook_id AND d.position = next.position
            WHERE place <= \(DeliveryPage.personLimit)
                -- Of the row as it is once it is the caller's.
                AND (d.due <= \(span.instant.floored) OR d.due > \(span.latestCredible.floored))
                AND (d.owner IS NULL OR d.owned_until <= \(term.start.floored)
                    OR d.owned_until > \(term.latestCredibleEnd.floored))
            ORDER BY place, d.due, d.position, d.webhook_id LIMIT \(limit)
            FOR UPDATE OF d SKIP LOCKED
            """
    }

    static func head(_ row: PostgresRows.Row) throws -> NextDelivery {
        try NextDelivery(
            to: webhook(row), of: row.text(8), preferring: row.optional(12), at: row.value(9),
            digest: row.value(13), batch: row.optional(10), attempts: row.integer(11))
    }

    /// Marks what goes together as the owner's, and reads it.
    static func take(
        _ next: NextDelivery, as owner: String, until end: Timestamp
    ) -> [PostgresQuery] {
        let id = next.webhook.id.text
        return [
            """
            UPDATE webhook_deliveries SET owner = \(owner), owned_until = \(end.floored),
                batch = \(next.last), attempts = \(next.attempts + 1)
            WHERE (webhook_id, position) IN (
                SELECT webhook_id, position FROM webhook_deliveries
                WHERE webhook_id = \(id) AND position <= \(next.last)
                ORDER BY position FOR UPDATE)
            """,
            """
            SELECT \(sql: StoredNotices.toldColumns) \(sql: ToldQueries.source)
            JOIN webhook_deliveries AS d ON d.position = n.position
            WHERE d.webhook_id = \(id) AND d.position <= \(next.last) ORDER BY d.position
            """,
        ]
    }

    /// What of a delivery is still that owner's; the rows are the caller's from then on.
    static func underWay(_ delivery: Delivery, by owner: String) -> PostgresQuery {
        """
        SELECT position FROM webhook_deliveries WHERE webhook_id = \(delivery.webhook.id.text)
            AND position <= \(delivery.notices.last?.position) AND owner = \(owner)
            AND attempts = \(delivery.attempt)
        ORDER BY position FOR UPDATE
        """
    }

    /// Of rows that are the caller's.
    static func finish(
        _ delivery: Delivery, as plan: DeliveryPlan, by owner: String
    ) -> PostgresQuery {
        let (id, last) = (delivery.webhook.id.text, delivery.notices.last?.position)
        if let again = delivery.again(after: plan) {
            return """
                UPDATE webhook_deliveries SET owner = NULL, owned_until = NULL,
                    due = \(again.due.floored), attempts = \(again.attempts)
                WHERE webhook_id = \(id) AND position <= \(last) AND owner = \(owner)
                """
        }
        return """
            DELETE FROM webhook_deliveries
            WHERE webhook_id = \(id) AND position <= \(last) AND owner = \(owner)
            """
    }
}
