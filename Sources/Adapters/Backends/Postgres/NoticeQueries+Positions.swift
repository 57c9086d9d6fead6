import Market
import Ports
import Postgres

/// How far the log was taken. Whoever changes that holds the row of the last position, as whoever
/// tells people of anything does.
extension NoticeQueries {
    static let skipPositions: PostgresQuery = """
        UPDATE positions SET last = last + \(NoticeSpan.gap) WHERE name = 'notifications'
        """

    static func taken(of topic: Topic) -> PostgresQuery {
        """
        SELECT partition, taken_offset FROM consumer_positions
        WHERE consumer = \(StoredNotices.consumer) AND topic = \(topic.name)
        """
    }

    static func taken(_ rows: PostgresRows) throws -> [Int32: Int64] {
        let offsets = try rows.map { row -> (Int32, Int64) in
            let partition: Int64 = try row.value(0)
            return (Int32(truncatingIfNeeded: partition), try row.value(1))
        }
        return Dictionary(offsets) { $1 }
    }

    /// Notes that an event is done.
    ///
    /// - Parameter rows: what `taken` gives in the same transaction.
    /// - Throws: `LedgerBehind`.
    static func reaching(
        _ step: EventStep, isNew: Bool, _ rows: PostgresRows, at instant: Timestamp
    ) throws -> [PostgresQuery] {
        let taken = try taken(rows)[step.partition] ?? EventStep.beforeFirst
        try LedgerBehind.check(step, taken: taken)
        guard step.leads(beyond: taken, isNew: isNew) else { return [] }
        return [
            """
            INSERT INTO consumer_positions (consumer, topic, partition, taken_offset, recorded_at)
            VALUES (\(StoredNotices.consumer), \(step.topic.name), \(Int64(step.partition)),
                \(step.offset), \(instant.floored))
            ON CONFLICT (consumer, topic, partition) DO UPDATE
            SET taken_offset = excluded.taken_offset, recorded_at = excluded.recorded_at
            """
        ]
    }
}
