package import Market
package import Notices
package import Ports
import Postgres

extension PostgresNoticeStore: NoticeReader {
    package func inbox(
        of addressee: Addressee, before position: Int64, unacknowledgedOnly: Bool, limit: Int
    ) async throws -> [ToldNotice] {
        try await told(
            """
            SELECT \(sql: StoredNotices.toldColumns) \(sql: ToldQueries.source)
            WHERE n.user_id = \(addressee.text) AND n.position < \(position)
                AND (NOT \(unacknowledgedOnly) OR n.acknowledged_at IS NULL)
            ORDER BY n.position DESC LIMIT \(NoticePage.limit(limit))
            """)
    }

    package func told(after position: Int64, limit: Int) async throws -> [ToldNotice] {
        try await told(
            """
            SELECT \(sql: StoredNotices.toldColumns) \(sql: ToldQueries.source)
            WHERE n.position > \(position)
            ORDER BY n.position LIMIT \(NoticePage.limit(limit))
            """)
    }

    package func told(
        to addressee: Addressee, after position: Int64, limit: Int
    ) async throws -> [ToldNotice] {
        try await told(
            """
            SELECT \(sql: StoredNotices.toldColumns) \(sql: ToldQueries.source)
            WHERE n.user_id = \(addressee.text) AND n.position > \(position)
            ORDER BY n.position LIMIT \(NoticePage.limit(limit))
            """)
    }

    private func told(_ query: PostgresQuery) async throws -> [ToldNotice] {
        let rows = try await database.read(query)
        return try await database.translating { try ToldQueries.told(rows, reading) }
    }

    package func span() async throws -> NoticeSpan {
        let query: PostgresQuery = """
            SELECT removed.last, latest.last FROM positions AS removed, positions AS latest
            WHERE removed.name = 'notifications removed' AND latest.name = 'notifications'
            """
        let spans = try await database.values(query) { row in
            NoticeSpan(removedThrough: try row.value(0), last: try row.value(1))
        }
        return spans.first ?? NoticeSpan(removedThrough: 0, last: 0)
    }

    package func tally(of addressee: Addressee) async throws -> NoticeTally {
        try await database.values(ToldQueries.tally(of: addressee)) {
            try ToldQueries.tally($0)
        }.first ?? NoticeTally()
    }

    package func acknowledge(
        _ position: Int64, by addressee: Addressee, at instant: Timestamp
    ) async throws -> ToldNotice? {
        let opening: [PostgresQuery] = [
            ToldQueries.lockedTally(of: addressee),
            """
            UPDATE notifications SET acknowledged_at = \(instant.floored)
            WHERE user_id = \(addressee.text) AND position = \(position)
                AND acknowledged_at IS NULL
            """,
            """
            SELECT \(sql: StoredNotices.toldColumns) \(sql: ToldQueries.source)
            WHERE n.user_id = \(addressee.text) AND n.position = \(position)
            """,
        ]
        return try await database.transaction(opening) { [reading] _, rows in
            Ending(
                value: try ToldQueries.told(rows[2], reading).first,
                queries: ToldQueries.count(rows[1].affected, by: addressee))
        }
    }

    package func acknowledge(
        through position: Int64, by addressee: Addressee, at instant: Timestamp
    ) async throws -> NoticeTally {
        let opening: [PostgresQuery] = [
            ToldQueries.lockedTally(of: addressee),
            """
            UPDATE notifications SET acknowledged_at = \(instant.floored)
            WHERE user_id = \(addressee.text) AND position <= \(position)
                AND acknowledged_at IS NULL
            """,
        ]
        return try await database.transaction(opening) { _, rows in
            var tally = try rows[0].first.map(ToldQueries.tally) ?? NoticeTally()
            tally.acknowledged += Int64(rows[1].affected)
            return Ending(
                value: tally, queries: ToldQueries.count(rows[1].affected, by: addressee))
        }
    }
}

extension PostgresNoticeStore: NoticePreferencesStore {
    package func preferences(of addressee: Addressee) async throws -> NoticePreferences? {
        try await database.values(ToldQueries.preferences(of: addressee)) {
            try NoticePreferences(stored: $0.text(0))
        }.first
    }

    package func knownPeople(unlessAmong addressee: Addressee) async throws -> Int? {
        let query: PostgresQuery = """
            SELECT count(*), count(*) FILTER (WHERE user_id = \(addressee.text)) FROM users
            WHERE preferences IS NOT NULL
            """
        return try await database.values(query) { row in
            try row.integer(1) > 0 ? nil : try row.integer(0)
        }.first ?? nil
    }

    package func meet(
        _ addressee: Addressee, at instant: Timestamp
    ) async throws -> NoticePreferences {
        if let known = try await preferences(of: addressee) { return known }
        // Whatever is being taken now is told before the call is answered.
        let opening = [
            NoticeQueries.lock, NoticeQueries.meet(addressee, at: instant),
            ToldQueries.preferences(of: addressee),
        ]
        return try await database.transaction(opening) { _, rows in
            let stored = try rows[2].first.map { try NoticePreferences(stored: $0.text(0)) }
            return Ending(
                value: stored ?? NoticePreferences(), queries: [],
                wroteBefore: rows[1].affected > 0)
        }
    }

    package func setPreferences(
        _ preferences: NoticePreferences, of addressee: Addressee, at instant: Timestamp
    ) async throws {
        // What is there is not read: whoever says it anew may mend what nobody can read.
        let opening = [NoticeQueries.lock, NoticeQueries.meet(addressee, at: instant)]
        try await database.transaction(opening) { _, _ in
            Ending(
                value: (),
                queries: [
                    """
                    UPDATE users SET preferences = \(preferences.stored)
                    WHERE user_id = \(addressee.text)
                    """
                ])
        }
    }
}

/// Statements about what people were told, and their rows as values.
enum ToldQueries {
    static let source: StaticString = """
        FROM notifications AS n JOIN notices AS e ON e.event_id = n.event_id
        """

    static func told(_ rows: PostgresRows, _ reading: NoticeReading) throws -> [ToldNotice] {
        var stored = StoredNotices(reading)
        return try rows.map { row in
            try stored.told(
                position: row.value(0), text: { try row.optional($0, as: String.self) },
                instant: { try row.optionalInstant($0) })
        }
    }

    static func preferences(of addressee: Addressee) -> PostgresQuery {
        """
        SELECT preferences FROM users
        WHERE user_id = \(addressee.text) AND preferences IS NOT NULL
        """
    }

    static func tally(of addressee: Addressee) -> PostgresQuery {
        "SELECT told, acknowledged, expired FROM users WHERE user_id = \(addressee.text)"
    }

    /// The row is the caller's from then on.
    static func lockedTally(of addressee: Addressee) -> PostgresQuery {
        """
        SELECT told, acknowledged, expired FROM users WHERE user_id = \(addressee.text)
        FOR NO KEY UPDATE
        """
    }

    static func tally(_ row: PostgresRows.Row) throws -> NoticeTally {
        NoticeTally(
            told: try row.value(0), acknowledged: try row.value(1), expired: try row.value(2))
    }

    /// Counts what was marked as read.
    static func count(_ marked: Int, by addressee: Addressee) -> [PostgresQuery] {
        guard marked > 0 else { return [] }
        return [
            """
            UPDATE users SET acknowledged = acknowledged + \(marked)
            WHERE user_id = \(addressee.text)
            """
        ]
    }
}
