import GRDB
package import Market
package import Notices
package import Ports

extension SQLiteNoticeStore: WebhookStore {
    package func addWebhook(
        _ webhook: Webhook, of addressee: Addressee, at instant: Timestamp
    ) async throws {
        try await file.write { database in
            try NoticeRows(database).meet(addressee, at: instant)
            let rows = WebhookRows(database)
            guard try rows.webhooks(of: addressee).count < WebhookError.countLimit else {
                throw WebhookError.tooMany(limit: WebhookError.countLimit)
            }
            try rows.insert(webhook, of: addressee, at: instant)
        }
    }

    package func webhooks(of addressee: Addressee) async throws -> [Webhook] {
        try await file.read { try WebhookRows($0).webhooks(of: addressee) }
    }

    package func changeWebhook(
        _ id: WebhookID, of addressee: Addressee, at instant: Timestamp,
        _ change: @escaping @Sendable (inout Webhook) -> Void
    ) async throws -> Webhook? {
        try await file.write { database in
            let rows = WebhookRows(database)
            guard var webhook = try rows.webhook(id, of: addressee) else { return nil }
            if webhook.apply(change) { try rows.beginAnew(to: id, at: instant) }
            try rows.update(webhook)
            return webhook
        }
    }

    package func removeWebhook(
        _ id: WebhookID, of addressee: Addressee
    ) async throws -> Bool {
        try await file.write { database in
            try NoticeRows(database).execute(
                "DELETE FROM webhooks WHERE webhook_id = ? AND user_id = ?",
                [id.text, addressee.text])
            return database.changesCount == 1
        }
    }

    package func takeDeliveries(
        as owner: String, for term: LeaseTerm, from pool: DeliveryPool, limit: Int
    ) async throws -> [Delivery] {
        let limit = max(limit, 0)
        guard limit > 0,
            try await file.read({ try !WebhookRows($0).heads(in: term, pool, limit: 1).isEmpty })
        else { return [] }
        return try await file.write(isNews: false) { [reading] database in
            let rows = WebhookRows(database)
            return try rows.heads(in: term, pool, limit: limit).map {
                try rows.take($0, as: owner, until: term.end, reading)
            }
        }
    }

    package func finish(
        _ delivery: Delivery, as plan: DeliveryPlan, by owner: String, at instant: Timestamp
    ) async throws {
        try await file.write { database in
            let rows = WebhookRows(database)
            guard let webhook = try rows.webhook(delivery.webhook.id, of: delivery.addressee)
            else { return }
            let plan = delivery.plan(plan, for: webhook, at: instant)
            guard try rows.finish(delivery, as: plan, by: owner) else { return }
            var noted = webhook
            noted.note(plan)
            if noted != webhook { try rows.update(noted) }
        }
    }

    package func nextDelivery() async throws -> Timestamp? {
        try await file.read { database in
            try Int64.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT min(max(d.due, coalesce(d.owned_until, d.due)))
                        \(WebhookRows.heads)
                        """)
            ).map { Timestamp(nanoseconds: $0) }
        }
    }
}

/// What one transaction looks up and writes of webhooks.
struct WebhookRows {
    /// The first thing on its way to each enabled webhook.
    static let heads: StaticString = """
        FROM webhooks AS w
        JOIN webhook_deliveries AS d ON d.webhook_id = w.webhook_id AND d.position =
            (SELECT min(position) FROM webhook_deliveries AS q WHERE q.webhook_id = w.webhook_id)
        WHERE w.enabled = 1
        """

    private let rows: NoticeRows

    init(_ database: Database) {
        rows = NoticeRows(database)
    }

    private static func webhook(_ row: Row) throws -> Webhook {
        try StoredWebhook.webhook(isEnabled: row[6], failures: row[7]) { row[$0] }
    }

    func webhooks(of addressee: Addressee) throws -> [Webhook] {
        try rows.fetch(
            """
            SELECT \(StoredWebhook.columns) FROM webhooks AS w WHERE w.user_id = ?
            ORDER BY w.number
            """, [addressee.text]
        ).map(Self.webhook)
    }

    func webhook(_ id: WebhookID, of addressee: Addressee) throws -> Webhook? {
        try rows.fetch(
            """
            SELECT \(StoredWebhook.columns) FROM webhooks AS w
            WHERE w.webhook_id = ? AND w.user_id = ?
            """, [id.text, addressee.text]
        ).first.map(Self.webhook)
    }

    func insert(_ webhook: Webhook, of addressee: Addressee, at instant: Timestamp) throws {
        try rows.execute(
            """
            INSERT INTO webhooks (webhook_id, user_id, recorded_at, url, format, kinds, secrets,
                problem, enabled, failures)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [webhook.id.text, addressee.text, instant.nanoseconds] + Self.values(webhook))
    }

    func update(_ webhook: Webhook) throws {
        try rows.execute(
            """
            UPDATE webhooks SET url = ?, format = ?, kinds = ?, secrets = ?, problem = ?,
                enabled = ?, failures = ?
            WHERE webhook_id = ?
            """, Self.values(webhook) + [webhook.id.text])
    }

    /// What nobody is delivering is due at once.
    func beginAnew(to id: WebhookID, at instant: Timestamp) throws {
        try rows.execute(
            """
            UPDATE webhook_deliveries SET due = min(due, ?), attempts = 0
            WHERE webhook_id = ? AND owner IS NULL
            """, [instant.nanoseconds, id.text])
    }

    private static func values(_ webhook: Webhook) -> StatementArguments {
        [
            webhook.url, webhook.format.rawValue, StoredWebhook.text(of: webhook.kinds),
            StoredWebhook.text(of: webhook.secrets), webhook.problem, webhook.isEnabled,
            webhook.failures,
        ]
    }

    // MARK: - Deliveries

    /// What may be taken now, each person's first before anybody's second.
    func heads(
        in term: LeaseTerm, _ pool: DeliveryPool, limit: Int
    ) throws -> [NextDelivery] {
        let span = DueSpan(at: term.start, longestWaitSeconds: DeliveryPage.longestWaitSeconds)
        return try rows.fetch(
            """
            SELECT \(StoredWebhook.columns), w.user_id, d.position, d.batch, d.attempts,
                (SELECT preferences FROM users AS u WHERE u.user_id = w.user_id),
                (SELECT max(position) FROM (SELECT position FROM webhook_deliveries AS q
                    WHERE q.webhook_id = w.webhook_id ORDER BY position
                    LIMIT \(DeliveryPage.batchLimit)))
            FROM (
                SELECT *, row_number() OVER (PARTITION BY user_id
                    ORDER BY busy DESC, ready DESC, due, position, webhook_id) AS place
                FROM (
                    SELECT w.webhook_id, w.user_id, w.failures, d.due, d.position, d.attempts,
                        d.due <= ? OR d.due > ? AS ready,
                        d.owner IS NOT NULL AND d.owned_until > ? AND d.owned_until <= ? AS busy
                    \(Self.heads))
                WHERE (attempts - busy > 0 OR failures > 0) = ?) AS next
            JOIN webhooks AS w ON w.webhook_id = next.webhook_id
            JOIN webhook_deliveries AS d
                ON d.webhook_id = next.webhook_id AND d.position = next.position
            WHERE ready AND NOT busy AND place <= \(DeliveryPage.personLimit)
            ORDER BY place, d.due, d.position, d.webhook_id LIMIT ?
            """,
            [
                span.instant.nanoseconds, span.latestCredible.nanoseconds, term.start.nanoseconds,
                term.latestCredibleEnd.nanoseconds, pool == .failing, limit,
            ]
        ).map { row in
            try NextDelivery(
                to: Self.webhook(row), of: row[8], preferring: row[12], at: row[9],
                digest: row[13], batch: row[10], attempts: row[11])
        }
    }

    func take(
        _ next: NextDelivery, as owner: String, until end: Timestamp, _ reading: NoticeReading
    ) throws -> Delivery {
        let id = next.webhook.id.text
        try rows.execute(
            """
            UPDATE webhook_deliveries SET owner = ?, owned_until = ?, batch = ?, attempts = ?
            WHERE webhook_id = ? AND position <= ?
            """, [owner, end.nanoseconds, next.last, next.attempts + 1, id, next.last])
        let notices = try rows.told(
            """
            JOIN webhook_deliveries AS d ON d.position = n.position
            WHERE d.webhook_id = ? AND d.position <= ? ORDER BY d.position
            """, [id, next.last], reading)
        return Delivery(
            webhook: next.webhook, addressee: next.addressee, notices: notices,
            attempt: next.attempts + 1)
    }

    /// - Returns: whether it was still that owner's.
    func finish(_ delivery: Delivery, as plan: DeliveryPlan, by owner: String) throws -> Bool {
        let mine = "WHERE webhook_id = ? AND position <= ? AND owner = ? AND attempts = ?"
        let whose: StatementArguments = [
            delivery.webhook.id.text, delivery.notices.last?.position, owner, delivery.attempt,
        ]
        if let again = delivery.again(after: plan) {
            try rows.execute(
                """
                UPDATE webhook_deliveries SET owner = NULL, owned_until = NULL, due = ?,
                    attempts = ? \(mine)
                """, [again.due.nanoseconds, again.attempts] + whose)
        } else {
            try rows.execute("DELETE FROM webhook_deliveries \(mine)", whose)
        }
        return rows.database.changesCount > 0
    }
}
