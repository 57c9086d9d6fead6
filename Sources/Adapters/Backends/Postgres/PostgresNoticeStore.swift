package import Market
package import Notices
package import Ports
import Postgres
import Regimes

/// The notices of the full stack, in the database.
///
/// What a notice means is decided by `NoticePlan`; here rows are only looked up and written.
///
/// Whoever tells people of anything, makes somebody known or removes what was told holds the row of
/// the last position from the first look on: so what one of them sees no other changes, and
/// positions follow the order of commits. Rows of people are locked after it.
package final class PostgresNoticeStore: Sendable {
    let database: SharedDatabase
    let reading: NoticeReading

    init(database: SharedDatabase, reading: NoticeReading) {
        self.database = database
        self.reading = reading
    }

    package func commits() -> AsyncStream<Void> { database.signal.stream() }
}

extension PostgresNoticeStore: NoticeLedger {
    package func take(
        _ notice: Notice, from step: EventStep?, at instant: Timestamp, by clock: ZoneClock
    ) async throws -> NoticeReceipt {
        let opening = NoticeQueries.facts(for: notice, at: instant)
        let taken = step.map { [NoticeQueries.taken(of: $0.topic)] } ?? []
        return try await database.transaction(opening + taken) { [reading] _, rows in
            let isNew = rows[0].affected == 1
            let reaching = try step.map {
                try NoticeQueries.reaching($0, isNew: isNew, rows[opening.count], at: instant)
            }
            guard isNew else {
                return Ending(value: NoticeReceipt(isDuplicate: true), queries: reaching ?? [])
            }
            let facts = Array(rows.prefix(opening.count))
            let decision = NoticeDecision(
                notice, to: try NoticeQueries.concerned(facts, reading), at: instant, by: clock)
            let queries = NoticeQueries.writing(
                decision, of: notice, after: try NoticeQueries.last(rows[1]), at: instant)
            return Ending(
                value: decision.receipt, queries: queries + (reaching ?? []), wroteBefore: true)
        }
    }

    package func pass(_ step: EventStep, at instant: Timestamp) async throws {
        let opening = [NoticeQueries.lock, NoticeQueries.taken(of: step.topic)]
        try await database.transaction(isNews: false, opening) { _, rows in
            Ending(
                value: (),
                queries: try NoticeQueries.reaching(step, isNew: false, rows[1], at: instant))
        }
    }

    package func taken(of topic: Topic) async throws -> [Int32: Int64] {
        let rows = try await database.read(NoticeQueries.taken(of: topic))
        return try await database.translating { try NoticeQueries.taken(rows) }
    }

    package func skipPositions() async throws {
        try await database.transaction(isNews: false, [NoticeQueries.lock]) { _, _ in
            Ending(value: (), queries: [NoticeQueries.skipPositions])
        }
    }

    package func tellDue(at instant: Timestamp, limit: Int) async throws -> Int {
        let span = DueSpan(
            at: instant, longestWaitSeconds: NoticePreferences.longestWaitSeconds)
        // Who looks and finds nothing keeps nobody from writing.
        guard try await !database.read(NoticeQueries.isDue(in: span)).isEmpty else { return 0 }
        let opening = [
            NoticeQueries.lock,
            NoticeQueries.tellDue(in: span, limit: NoticePage.limit(limit)),
        ]
        return try await database.transaction(opening) { _, rows in
            let count = rows[1].affected
            return Ending(
                value: count,
                queries: NoticeQueries.told(
                    after: try NoticeQueries.last(rows[0]), count: count, at: instant))
        }
    }

    package func nextDue() async throws -> Timestamp? {
        let query: PostgresQuery = """
            SELECT min(due) FROM notifications WHERE position IS NULL AND NOT taken_back
            """
        return try await database.values(query) { try $0.optionalInstant(0) }.first ?? nil
    }

    package func expire(toldBefore instant: Timestamp, limit: Int) async throws -> Int {
        guard try await !database.read(NoticeQueries.isOld(before: instant)).isEmpty else {
            return 0
        }
        let limit = NoticePage.limit(limit)
        let opening = NoticeQueries.removal(before: instant, limit: limit)
        return try await database.transaction(opening) { connection, rows in
            let told = try rows.last?.first?.integer(0) ?? 0
            let takenBack = try await connection.run(
                NoticeQueries.removalOfTakenBack(before: instant, limit: limit - told),
                within: SharedDatabase.exchangeLimit
            ).affected
            return Ending(
                value: told + takenBack,
                queries: told + takenBack > 0 ? NoticeQueries.cleaning(before: instant) : [])
        }
    }
}
