import GRDB
package import Market
package import Notices
package import Ports
import Regimes
import Trading

/// The notices of the embedded default, in its file.
///
/// What a notice means is decided by `NoticePlan`; here rows are only looked up and written.
package final class SQLiteNoticeStore: Sendable {
    let file: EmbeddedFile
    let reading: NoticeReading

    init(file: EmbeddedFile, reading: NoticeReading) {
        self.file = file
        self.reading = reading
    }

    package func commits() -> AsyncStream<Void> { file.signal.stream() }
}

extension SQLiteNoticeStore: NoticeLedger {
    package func take(
        _ notice: Notice, from step: EventStep?, at instant: Timestamp, by clock: ZoneClock
    ) async throws -> NoticeReceipt {
        try await file.write { [reading] database in
            let rows = NoticeRows(database)
            let isNew = try rows.mark(notice.eventID, at: instant)
            if let step { try rows.reach(step, isNew: isNew, at: instant) }
            guard isNew else { return NoticeReceipt(isDuplicate: true) }
            let concerned = try rows.concerned(by: notice, at: instant, reading)
            let decision = NoticeDecision(notice, to: concerned, at: instant, by: clock)
            try rows.write(decision, of: notice, at: instant)
            return decision.receipt
        }
    }

    package func pass(_ step: EventStep, at instant: Timestamp) async throws {
        try await file.write(isNews: false) { database in
            try NoticeRows(database).reach(step, isNew: false, at: instant)
        }
    }

    package func taken(of topic: Topic) async throws -> [Int32: Int64] {
        try await file.read { try NoticeRows($0).taken(of: topic) }
    }

    package func skipPositions() async throws {
        try await file.write(isNews: false) { database in
            try NoticeRows(database).execute(
                "UPDATE notification_span SET last = last + ?", [NoticeSpan.gap])
        }
    }

    package func tellDue(at instant: Timestamp, limit: Int) async throws -> Int {
        let span = DueSpan(
            at: instant, longestWaitSeconds: NoticePreferences.longestWaitSeconds)
        // Who looks and finds nothing keeps nobody from writing.
        guard try await file.read({ try !NoticeRows($0).due(in: span, limit: 1).isEmpty }) else {
            return 0
        }
        return try await file.write { database in
            let rows = NoticeRows(database)
            let due = try rows.due(in: span, limit: NoticePage.limit(limit))
            let last = try rows.span().last
            for (place, number) in due.enumerated() {
                try rows.execute(
                    "UPDATE notifications SET position = ?, told_at = ? WHERE number = ?",
                    [last + Int64(place) + 1, instant.nanoseconds, number])
            }
            try rows.told(after: last, count: due.count, at: instant)
            return due.count
        }
    }

    package func nextDue() async throws -> Timestamp? {
        try await file.read { database in
            try Int64.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT min(due) FROM notifications
                        WHERE position IS NULL AND taken_back = 0
                        """)
            ).map { Timestamp(nanoseconds: $0) }
        }
    }

    package func expire(toldBefore instant: Timestamp, limit: Int) async throws -> Int {
        guard try await file.read({ try NoticeRows($0).old(before: instant, limit: 1).isThere })
        else { return 0 }
        return try await file.write { database in
            let rows = NoticeRows(database)
            let old = try rows.old(before: instant, limit: NoticePage.limit(limit))
            return try rows.remove(old, before: instant)
        }
    }
}

/// What one transaction looks up and writes.
struct NoticeRows {
    let database: Database

    init(_ database: Database) {
        self.database = database
    }

    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try database.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    func fetch(_ sql: String, _ arguments: StatementArguments) throws -> [Row] {
        try Row.fetchAll(database.cachedStatement(sql: sql), arguments: arguments)
    }

    /// Notes that an event's effect is done; `false` when it was before.
    func mark(_ eventID: EventID, at instant: Timestamp) throws -> Bool {
        try execute(
            """
            INSERT INTO consumer_effects (consumer, event_id, recorded_at) VALUES (?, ?, ?)
            ON CONFLICT DO NOTHING
            """, [StoredNotices.consumer, eventID.text, instant.nanoseconds])
        return database.changesCount == 1
    }

    /// Makes somebody known who is not.
    func meet(_ addressee: Addressee, at instant: Timestamp) throws {
        try execute(
            """
            INSERT INTO users (user_id, recorded_at, preferences) VALUES (?, ?, '{}')
            ON CONFLICT (user_id) DO UPDATE SET preferences = excluded.preferences
            WHERE users.preferences IS NULL
            """, [addressee.text, instant.nanoseconds])
    }

    func span() throws -> NoticeSpan {
        let row = try fetch("SELECT removed_through, last FROM notification_span", []).first
        guard let row else { throw UnreadableRow(column: "removed_through", value: "nothing") }
        return NoticeSpan(removedThrough: row[0], last: row[1])
    }

    // MARK: - Taking

    /// Those whom a notice may concern, in the order of their names; the user of a fill is known
    /// from then on.
    func concerned(
        by notice: Notice, at instant: Timestamp, _ reading: NoticeReading
    ) throws -> [NoticedPerson] {
        let rows: [Row]
        var held: [Addressee: HeldStep] = [:]
        var late: Set<String> = []
        switch notice.matter {
        case .fill(let fill, _):
            try meet(.user(fill.userID), at: instant)
            rows = try fetch(
                "SELECT user_id, preferences FROM users WHERE user_id = ?", [fill.userID.text])
        case .change(let step):
            held = try self.held(of: step.series, reading)
            late = try self.late(for: step)
            rows = try fetch(
                """
                SELECT user_id, preferences FROM users WHERE preferences IS NOT NULL
                ORDER BY user_id
                """, [])
        }
        var stored = StoredPeople()
        return try rows.map { try stored.person($0[0], preferring: $0[1], held: held, late: late) }
    }

    /// Those who were told, or will be, of a later change of the series.
    private func late(for step: RegimeStep) throws -> Set<String> {
        Set(
            try fetch(
                """
                SELECT DISTINCT n.user_id FROM notices AS e
                JOIN notifications AS n ON n.event_id = e.event_id
                WHERE e.market = ? AND e.timeframe = ? AND e.sequence > ? AND n.taken_back = 0
                """,
                [step.series.market.text, step.series.timeframe.description, step.sequence]
            ).map { $0[0] })
    }

    /// The latest change of a series that each person is not told of yet.
    private func held(
        of series: Series, _ reading: NoticeReading
    ) throws -> [Addressee: HeldStep] {
        let rows = try fetch(
            """
            SELECT \(StoredNotices.heldColumns) FROM notifications AS n
            JOIN notices AS e ON e.event_id = n.event_id
            WHERE n.position IS NULL AND n.taken_back = 0 AND n.late = 0 AND e.market = ?
                AND e.timeframe = ?
            ORDER BY n.number
            """, [series.market.text, series.timeframe.description])
        var stored = StoredNotices(reading)
        let steps = try rows.map { row in
            try stored.held(text: { row[$0] }, instant: { Self.instant(row, $0) })
        }
        return Dictionary(steps) { _, last in last }
    }

    func write(_ decision: NoticeDecision, of notice: Notice, at instant: Timestamp) throws {
        for (addressee, eventID) in decision.takenBack {
            try execute(
                """
                UPDATE notifications SET taken_back = 1
                WHERE user_id = ? AND event_id = ? AND position IS NULL
                """, [addressee.text, eventID.text])
        }
        guard !decision.entries.isEmpty else { return }
        let series = notice.series
        try execute(
            """
            INSERT INTO notices (event_id, kind, event, market, timeframe, sequence, recorded_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                notice.eventID.text, notice.kind.rawValue, notice.event, series?.market.text,
                series?.timeframe.description, notice.sequence, instant.nanoseconds,
            ])
        let last = try span().last
        var position = last
        for entry in decision.entries {
            if entry.isTold { position += 1 }
            try execute(
                """
                INSERT INTO notifications
                    (user_id, event_id, previous_regime, since, due, late, position, told_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    entry.addressee.text, notice.eventID.text, entry.previous?.label,
                    entry.since.nanoseconds, entry.due.nanoseconds, entry.isLate,
                    entry.isTold ? position : nil,
                    entry.isTold ? instant.nanoseconds : nil,
                ])
        }
        try told(after: last, count: decision.receipt.told, at: instant)
    }

    /// What follows from telling those that got the next positions: they are counted, and on their
    /// way to webhooks.
    func told(after last: Int64, count: Int, at instant: Timestamp) throws {
        guard count > 0 else { return }
        try execute("UPDATE notification_span SET last = ?", [last + Int64(count)])
        try execute(
            """
            UPDATE users SET told = told + news.count
            FROM (SELECT user_id, count(*) AS count FROM notifications WHERE position > ?
                GROUP BY user_id) AS news
            WHERE news.user_id = users.user_id
            """, [last])
        try execute(
            """
            INSERT INTO webhook_deliveries (webhook_id, position, due)
            SELECT w.webhook_id, n.position, ? FROM notifications AS n
            JOIN notices AS e ON e.event_id = n.event_id
            JOIN webhooks AS w ON w.user_id = n.user_id
            WHERE n.position > ? AND w.enabled = 1
                AND (w.kinds = '' OR instr(' ' || w.kinds || ' ', ' ' || e.kind || ' ') > 0)
            """, [instant.nanoseconds, last])
    }

    /// The numbers of what is held and due, in the order in which it came.
    func due(in span: DueSpan, limit: Int) throws -> [Int64] {
        try Int64.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT number FROM notifications
                    WHERE position IS NULL AND taken_back = 0 AND (due <= ? OR due > ?)
                    ORDER BY number LIMIT ?
                    """),
            arguments: [span.instant.nanoseconds, span.latestCredible.nanoseconds, limit])
    }

    // MARK: - Removing

    /// What is old enough to be removed.
    struct Old {
        /// The last position of what was told long ago, and how many there are.
        var through: Int64
        var told: Int
        /// Numbers.
        var takenBack: [Int64]

        var isThere: Bool { told + takenBack.count > 0 }
    }

    func old(before instant: Timestamp, limit: Int) throws -> Old {
        let told = try fetch(
            """
            SELECT position, told_at FROM notifications WHERE position IS NOT NULL
            ORDER BY position LIMIT ?
            """, [limit]
        ).prefix { ($0[1] as Int64) < instant.nanoseconds }
        let takenBack = try Int64.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT number FROM notifications WHERE taken_back = 1 AND due < ?
                    ORDER BY number LIMIT ?
                    """), arguments: [instant.nanoseconds, limit - told.count])
        return Old(through: told.last?[0] ?? 0, told: told.count, takenBack: takenBack)
    }

    /// - Returns: how many were removed.
    func remove(_ old: Old, before instant: Timestamp) throws -> Int {
        if old.told > 0 {
            try execute(
                """
                UPDATE users SET expired = expired + unread.count
                FROM (SELECT user_id, count(*) AS count FROM notifications
                    WHERE position <= ? AND acknowledged_at IS NULL GROUP BY user_id) AS unread
                WHERE unread.user_id = users.user_id
                """, [old.through])
            try execute("DELETE FROM notifications WHERE position <= ?", [old.through])
            try execute("DELETE FROM webhook_deliveries WHERE position <= ?", [old.through])
            try execute("UPDATE notification_span SET removed_through = ?", [old.through])
        }
        for number in old.takenBack {
            try execute("DELETE FROM notifications WHERE number = ?", [number])
        }
        try execute(
            """
            DELETE FROM notices WHERE recorded_at < ? AND NOT EXISTS
                (SELECT 1 FROM notifications WHERE notifications.event_id = notices.event_id)
            """, [instant.nanoseconds])
        return old.told + old.takenBack.count
    }

    static func instant(_ row: Row, _ column: Int) -> Timestamp? {
        (row[column] as Int64?).map { Timestamp(nanoseconds: $0) }
    }
}
