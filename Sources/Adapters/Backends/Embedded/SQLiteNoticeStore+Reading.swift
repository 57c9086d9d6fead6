import GRDB
package import Market
package import Notices
package import Ports

extension SQLiteNoticeStore: NoticeReader {
    package func inbox(
        of addressee: Addressee, before position: Int64, unacknowledgedOnly: Bool, limit: Int
    ) async throws -> [ToldNotice] {
        try await fetch(
            """
            WHERE n.user_id = ? AND n.position < ? AND (? = 0 OR n.acknowledged_at IS NULL)
            ORDER BY n.position DESC LIMIT ?
            """, [addressee.text, position, unacknowledgedOnly, NoticePage.limit(limit)])
    }

    package func told(after position: Int64, limit: Int) async throws -> [ToldNotice] {
        try await fetch(
            "WHERE n.position > ? ORDER BY n.position LIMIT ?",
            [position, NoticePage.limit(limit)])
    }

    package func told(
        to addressee: Addressee, after position: Int64, limit: Int
    ) async throws -> [ToldNotice] {
        try await fetch(
            "WHERE n.user_id = ? AND n.position > ? ORDER BY n.position LIMIT ?",
            [addressee.text, position, NoticePage.limit(limit)])
    }

    package func span() async throws -> NoticeSpan {
        try await file.read { try NoticeRows($0).span() }
    }

    package func tally(of addressee: Addressee) async throws -> NoticeTally {
        try await file.read { try NoticeRows($0).tally(of: addressee) }
    }

    package func acknowledge(
        _ position: Int64, by addressee: Addressee, at instant: Timestamp
    ) async throws -> ToldNotice? {
        try await file.write { [reading] database in
            let rows = NoticeRows(database)
            try rows.acknowledge("position = ?", position, by: addressee, at: instant)
            return try rows.told(
                "WHERE n.user_id = ? AND n.position = ?", [addressee.text, position], reading
            ).first
        }
    }

    package func acknowledge(
        through position: Int64, by addressee: Addressee, at instant: Timestamp
    ) async throws -> NoticeTally {
        try await file.write { database in
            let rows = NoticeRows(database)
            try rows.acknowledge("position <= ?", position, by: addressee, at: instant)
            return try rows.tally(of: addressee)
        }
    }

    private func fetch(
        _ condition: String, _ arguments: StatementArguments
    ) async throws -> [ToldNotice] {
        try await file.read { [reading] database in
            try NoticeRows(database).told(condition, arguments, reading)
        }
    }
}

extension SQLiteNoticeStore: NoticePreferencesStore {
    package func preferences(of addressee: Addressee) async throws -> NoticePreferences? {
        try await file.read { try NoticeRows($0).preferences(of: addressee) }
    }

    package func knownPeople(unlessAmong addressee: Addressee) async throws -> Int? {
        try await file.read { try NoticeRows($0).knownPeople(unlessAmong: addressee) }
    }

    package func meet(
        _ addressee: Addressee, at instant: Timestamp
    ) async throws -> NoticePreferences {
        if let known = try await preferences(of: addressee) { return known }
        return try await file.write { database in
            let rows = NoticeRows(database)
            try rows.meet(addressee, at: instant)
            return try rows.preferences(of: addressee) ?? NoticePreferences()
        }
    }

    package func setPreferences(
        _ preferences: NoticePreferences, of addressee: Addressee, at instant: Timestamp
    ) async throws {
        try await file.write { database in
            try NoticeRows(database).execute(
                """
                INSERT INTO users (user_id, recorded_at, preferences) VALUES (?, ?, ?)
                ON CONFLICT (user_id) DO UPDATE SET preferences = excluded.preferences
                """, [addressee.text, instant.nanoseconds, preferences.stored])
        }
    }
}

extension NoticeRows {
    func told(
        _ condition: String, _ arguments: StatementArguments, _ reading: NoticeReading
    ) throws -> [ToldNotice] {
        let rows = try fetch(
            """
            SELECT \(StoredNotices.toldColumns) FROM notifications AS n
            JOIN notices AS e ON e.event_id = n.event_id \(condition)
            """, arguments)
        var stored = StoredNotices(reading)
        return try rows.map { row in
            try stored.told(
                position: row[0], text: { row[$0] }, instant: { Self.instant(row, $0) })
        }
    }

    func tally(of addressee: Addressee) throws -> NoticeTally {
        try fetch(
            "SELECT told, acknowledged, expired FROM users WHERE user_id = ?", [addressee.text]
        ).first.map { NoticeTally(told: $0[0], acknowledged: $0[1], expired: $0[2]) }
            ?? NoticeTally()
    }

    func knownPeople(unlessAmong addressee: Addressee) throws -> Int? {
        let row = try fetch(
            """
            SELECT count(*), coalesce(max(user_id = ?), 0) FROM users
            WHERE preferences IS NOT NULL
            """, [addressee.text]
        ).first
        return row.flatMap { $0[1] ? nil : $0[0] }
    }

    func preferences(of addressee: Addressee) throws -> NoticePreferences? {
        try fetch(
            "SELECT preferences FROM users WHERE user_id = ? AND preferences IS NOT NULL",
            [addressee.text]
        ).first.map { try NoticePreferences(stored: $0[0]) }
    }

    /// Marks what has no mark yet, and counts it.
    func acknowledge(
        _ condition: String, _ position: Int64, by addressee: Addressee, at instant: Timestamp
    ) throws {
        try execute(
            """
            UPDATE notifications SET acknowledged_at = ?
            WHERE user_id = ? AND acknowledged_at IS NULL AND \(condition)
            """, [instant.nanoseconds, addressee.text, position])
        let count = database.changesCount
        guard count > 0 else { return }
        try execute(
            "UPDATE users SET acknowledged = acknowledged + ? WHERE user_id = ?",
            [count, addressee.text])
    }
}
