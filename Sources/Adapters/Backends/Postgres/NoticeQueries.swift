import Market
import Notices
import Ports
import Postgres
import Regimes
import Trading

/// Statements about notices, and their rows as values.
enum NoticeQueries {
    /// Keeps every other writer waiting until the commit.
    static let lock: PostgresQuery = """
        SELECT last FROM positions WHERE name = 'notifications' FOR UPDATE
        """

    static func last(_ rows: PostgresRows) throws -> Int64 {
        guard let row = rows.first else {
            throw UnreadableRow(column: "positions.name", value: "notifications is missing")
        }
        return try row.value(0)
    }

    /// Makes somebody known who is not.
    static func meet(_ addressee: Addressee, at instant: Timestamp) -> PostgresQuery {
        """
        INSERT INTO users (user_id, recorded_at, preferences)
        VALUES (\(addressee.text), \(instant.floored), '{}')
        ON CONFLICT (user_id) DO UPDATE SET preferences = excluded.preferences
        WHERE users.preferences IS NULL
        """
    }

    // MARK: - Taking

    /// Marks the event's effect as done, locks, and reads what `concerned` takes; the user of a
    /// fill is known from then on.
    static func facts(for notice: Notice, at instant: Timestamp) -> [PostgresQuery] {
        let mark: PostgresQuery = """
            INSERT INTO consumer_effects (consumer, event_id, recorded_at)
            VALUES (\(StoredNotices.consumer), \(notice.eventID.text), \(instant.floored))
            ON CONFLICT DO NOTHING
            """
        switch notice.matter {
        case .fill(let fill, _):
            let user = Addressee.user(fill.userID)
            return [
                mark, lock, meet(user, at: instant),
                "SELECT user_id, preferences FROM users WHERE user_id = \(user.text)",
            ]
        case .change(let step):
            return [
                mark, lock, held(of: step.series),
                """
                SELECT user_id, preferences FROM users WHERE preferences IS NOT NULL
                ORDER BY user_id
                """,
                late(for: step),
            ]
        }
    }

    /// Those who were told, or will be, of a later change of the series.
    private static func late(for step: RegimeStep) -> PostgresQuery {
        """
        SELECT DISTINCT n.user_id FROM notices AS e
        JOIN notifications AS n ON n.event_id = e.event_id
        WHERE e.market = \(step.series.market.text)
            AND e.timeframe = \(step.series.timeframe.description)
            AND e.sequence > \(step.sequence) AND NOT n.taken_back
        """
    }

    /// The latest change of a series that each person is not told of yet.
    private static func held(of series: Series) -> PostgresQuery {
        """
        SELECT DISTINCT ON (n.user_id) \(sql: StoredNotices.heldColumns) FROM notifications AS n
        JOIN notices AS e ON e.event_id = n.event_id
        WHERE n.position IS NULL AND NOT n.taken_back AND NOT n.late
            AND e.market = \(series.market.text)
            AND e.timeframe = \(series.timeframe.description)
        ORDER BY n.user_id, n.number DESC
        """
    }

    /// Those whom a notice may concern, in the order of their names.
    ///
    /// - Parameter rows: what `facts` is answered, and nothing else.
    static func concerned(
        _ rows: [PostgresRows], _ reading: NoticeReading
    ) throws -> [NoticedPerson] {
        var notices = StoredNotices(reading)
        // Of a fill, the answer here is to an insertion, and has no rows.
        let held = try rows[2].map { row in
            try notices.held(
                text: { try row.optional($0, as: String.self) },
                instant: { try row.optionalInstant($0) })
        }
        let steps = Dictionary(held) { first, _ in first }
        // Only of a change there may be some.
        let late = Set(try rows.dropFirst(4).joined().map { try $0.text(0) })
        var stored = StoredPeople()
        return try rows[3].map {
            try stored.person($0.text(0), preferring: $0.text(1), held: steps, late: late)
        }
    }

    static func writing(
        _ decision: NoticeDecision, of notice: Notice, after last: Int64, at instant: Timestamp
    ) -> [PostgresQuery] {
        var queries = Dictionary(grouping: decision.takenBack, by: \.eventID)
            .map { takingBack($0, of: $1.map(\.addressee)) }
        guard !decision.entries.isEmpty else { return queries }
        queries.append(
            """
            INSERT INTO notices (event_id, kind, event, market, timeframe, sequence, recorded_at)
            VALUES (\(notice.eventID.text), \(notice.kind.rawValue), \(notice.event),
                \(notice.series?.market.text), \(notice.series?.timeframe.description),
                \(notice.sequence), \(instant.floored))
            """)
        queries.append(insertion(of: decision.entries, notice, after: last, at: instant))
        return queries + told(after: last, count: decision.receipt.told, at: instant)
    }

    /// Lists travel as texts of words. A name may be empty, a word may not: hence the first letter.
    private static func words<Item>(_ items: [Item], _ word: (Item) -> String) -> String {
        items.map(word).joined(separator: " ")
    }

    private static func takingBack(
        _ eventID: EventID, of people: [Addressee]
    ) -> PostgresQuery {
        """
        UPDATE notifications SET taken_back = true
        FROM unnest(string_to_array(\(words(people) { "=\($0.text)" }), ' ')) AS person (name)
        WHERE user_id = substr(person.name, 2) AND event_id = \(eventID.text)
            AND position IS NULL
        """
    }

    /// One statement for however many people.
    private static func insertion(
        of entries: [NoticeDecision.Entry], _ notice: Notice, after last: Int64,
        at instant: Timestamp
    ) -> PostgresQuery {
        var position = last
        let positions = words(entries) { entry in
            guard entry.isTold else { return "-" }
            position += 1
            return "\(position)"
        }
        let since = words(entries) { "\($0.since.flooredMicroseconds)" }
        let due = words(entries) { "\($0.due.flooredMicroseconds)" }
        return """
            INSERT INTO notifications
                (user_id, event_id, previous_regime, since, due, late, position, told_at)
            SELECT substr(name, 2), \(notice.eventID.text), previous,
                to_timestamp(0) + since * interval '1 microsecond',
                to_timestamp(0) + due * interval '1 microsecond', late, position,
                CASE WHEN position IS NOT NULL THEN \(instant.floored) END
            FROM unnest(
                string_to_array(\(words(entries) { "=\($0.addressee.text)" }), ' '),
                string_to_array(\(words(entries) { $0.previous?.label ?? "-" }), ' ', '-'),
                string_to_array(\(since), ' ')::bigint[],
                string_to_array(\(due), ' ')::bigint[],
                string_to_array(\(words(entries) { "\($0.isLate)" }), ' ')::boolean[],
                string_to_array(\(positions), ' ', '-')::bigint[]
            ) WITH ORDINALITY AS entry (name, previous, since, due, late, position, place)
            ORDER BY place
            """
    }

    /// What follows from telling those that got the next positions: they are counted, and on their
    /// way to webhooks.
    static func told(after last: Int64, count: Int, at instant: Timestamp) -> [PostgresQuery] {
        guard count > 0 else { return [] }
        // Both bounds, though none lie behind: of a range a planner without statistics expects few.
        let through = last + Int64(count)
        return [
            "UPDATE positions SET last = \(through) WHERE name = 'notifications'",
            """
            UPDATE users SET told = told + news.count
            FROM (SELECT user_id, count(*) AS count FROM notifications
                WHERE position > \(last) AND position <= \(through) GROUP BY user_id) AS news
            WHERE news.user_id = users.user_id
            """,
            // A webhook that is taken away meanwhile gets nothing; one that is there stays until
            // the commit.
            """
            WITH listening AS (
                SELECT webhook_id, user_id, kinds FROM webhooks WHERE enabled AND user_id IN
                    (SELECT user_id FROM notifications
                    WHERE position > \(last) AND position <= \(through))
                ORDER BY number FOR KEY SHARE)
            INSERT INTO webhook_deliveries (webhook_id, position, due)
            SELECT w.webhook_id, n.position, \(instant.floored) FROM notifications AS n
            JOIN notices AS e ON e.event_id = n.event_id
            JOIN listening AS w ON w.user_id = n.user_id
            WHERE n.position > \(last) AND n.position <= \(through)
                AND (w.kinds = '' OR e.kind = ANY (string_to_array(w.kinds, ' ')))
            """,
        ]
    }

    // MARK: - What waits

    static func isDue(in span: DueSpan) -> PostgresQuery {
        """
        SELECT 1::bigint FROM notifications WHERE position IS NULL AND NOT taken_back
            AND (due <= \(span.instant.floored) OR due > \(span.latestCredible.floored)) LIMIT 1
        """
    }

    /// Gives positions to what is held and due, in the order in which it came.
    static func tellDue(in span: DueSpan, limit: Int) -> PostgresQuery {
        """
        UPDATE notifications SET told_at = \(span.instant.floored),
            position = due.place + (SELECT last FROM positions WHERE name = 'notifications')
        FROM (
            SELECT number, row_number() OVER (ORDER BY number) AS place FROM notifications
            WHERE position IS NULL AND NOT taken_back
                AND (due <= \(span.instant.floored) OR due > \(span.latestCredible.floored))
            ORDER BY number LIMIT \(limit)) AS due
        WHERE notifications.number = due.number
        """
    }

    // MARK: - Removing

    static func isOld(before instant: Timestamp) -> PostgresQuery {
        """
        SELECT 1::bigint WHERE EXISTS
            (SELECT FROM notifications WHERE taken_back AND due < \(instant.floored))
            OR (SELECT told_at FROM notifications WHERE position IS NOT NULL
                ORDER BY position LIMIT 1) < \(instant.floored)
        """
    }

    /// Removes what was told; the last of the answers says how many.
    static func removal(before instant: Timestamp, limit: Int) -> [PostgresQuery] {
        [
            lock,
            """
            UPDATE positions SET last = greatest(last, (
                WITH page AS (
                    SELECT position, told_at FROM notifications WHERE position IS NOT NULL
                    ORDER BY position LIMIT \(limit))
                SELECT coalesce(
                    (SELECT min(position) - 1 FROM page WHERE told_at >= \(instant.floored)),
                    (SELECT max(position) FROM page), 0)))
            WHERE name = 'notifications removed'
            """,
            // Before their notices, as whoever marks what was read does.
            """
            SELECT FROM users WHERE user_id IN
                (SELECT user_id FROM notifications WHERE position <= \(sql: removedThrough))
            ORDER BY user_id FOR NO KEY UPDATE
            """,
            """
            WITH gone AS (
                DELETE FROM notifications WHERE position <= \(sql: removedThrough)
                RETURNING user_id, acknowledged_at),
            counted AS (
                UPDATE users SET expired = expired + unread.count
                FROM (SELECT user_id, count(*) AS count FROM gone WHERE acknowledged_at IS NULL
                    GROUP BY user_id) AS unread
                WHERE unread.user_id = users.user_id)
            SELECT count(*) FROM gone
            """,
        ]
    }

    private static let removedThrough: StaticString = """
        (SELECT last FROM positions WHERE name = 'notifications removed')
        """

    static func removalOfTakenBack(before instant: Timestamp, limit: Int) -> PostgresQuery {
        """
        DELETE FROM notifications WHERE number IN (
            SELECT number FROM notifications WHERE taken_back AND due < \(instant.floored)
            ORDER BY number LIMIT \(limit))
        """
    }

    /// Removes what is of no use without what was removed.
    static func cleaning(before instant: Timestamp) -> [PostgresQuery] {
        [
            // In the order in which whoever delivers locks them.
            """
            DELETE FROM webhook_deliveries WHERE (webhook_id, position) IN (
                SELECT webhook_id, position FROM webhook_deliveries
                WHERE position <= \(sql: removedThrough)
                ORDER BY webhook_id, position FOR UPDATE)
            """,
            """
            DELETE FROM notices WHERE recorded_at < \(instant.floored) AND NOT EXISTS
                (SELECT FROM notifications WHERE notifications.event_id = notices.event_id)
            """,
        ]
    }
}
