import GRDB
import Market
import Ports

/// How far the log was taken.
extension NoticeRows {
    func taken(of topic: Topic) throws -> [Int32: Int64] {
        let rows = try fetch(
            """
            SELECT partition, taken_offset FROM consumer_positions
            WHERE consumer = ? AND topic = ?
            """, [StoredNotices.consumer, topic.name])
        return Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0[1]) })
    }

    /// Notes that an event is done.
    ///
    /// - Throws: `LedgerBehind`.
    func reach(_ step: EventStep, isNew: Bool, at instant: Timestamp) throws {
        let taken = try taken(of: step.topic)[step.partition] ?? EventStep.beforeFirst
        try LedgerBehind.check(step, taken: taken)
        guard step.leads(beyond: taken, isNew: isNew) else { return }
        try execute(
            """
            INSERT INTO consumer_positions (consumer, topic, partition, taken_offset, recorded_at)
            VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (consumer, topic, partition) DO UPDATE
            SET taken_offset = excluded.taken_offset, recorded_at = excluded.recorded_at
            """,
            [
                StoredNotices.consumer, step.topic.name, step.partition, step.offset,
                instant.nanoseconds,
            ])
    }
}
