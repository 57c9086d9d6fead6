import Foundation
import GRDB
import Market
import Ports

/// Messages as columns: topic, key, payload, headers.
enum EventRows {
    /// Reads a message from four columns in a row.
    static func message(_ row: Row, from column: Int) throws -> EventMessage {
        let payload: Data = row[column + 2]
        return EventMessage(
            topic: Topic(row[column]), key: row[column + 1], payload: Array(payload),
            headers: try StoredText.headers(row[column + 3]))
    }

    static func blob(_ payload: [UInt8]) -> Data { Data(payload) }

    /// Events of a topic later than an offset, oldest first.
    static func events(
        _ topic: Topic, after offset: Int64, limit: Int, _ database: Database
    ) throws -> [LoggedEvent] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT topic, key, payload, headers, partition, "offset" FROM events
                WHERE topic = ? AND partition = ? AND "offset" > ? ORDER BY "offset" LIMIT ?
                """)
        let arguments: StatementArguments = [topic.name, DurableEventLog.partition, offset, limit]
        return try Row.fetchAll(statement, arguments: arguments).map { row in
            LoggedEvent(message: try message(row, from: 0), partition: row[4], offset: row[5])
        }
    }

    /// The offset of a topic's last event; 0 without one.
    static func lastOffset(_ topic: Topic, _ database: Database) throws -> Int64 {
        let statement = try database.cachedStatement(
            sql: """
                SELECT coalesce(max("offset"), 0) FROM events WHERE topic = ? AND partition = ?
                """)
        let arguments: StatementArguments = [topic.name, DurableEventLog.partition]
        return try Int64.fetchOne(statement, arguments: arguments) ?? 0
    }

    /// The last offset whose effect a group has done, 0 before the first; `nil` when it never
    /// began.
    static func committedOffset(
        _ topic: Topic, of group: ConsumerGroup, _ database: Database
    ) throws -> Int64? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT committed_offset FROM consumer_offsets
                WHERE consumer_group = ? AND topic = ? AND partition = ?
                """)
        let arguments: StatementArguments = [group.name, topic.name, DurableEventLog.partition]
        return try Int64.fetchOne(statement, arguments: arguments)
    }

    static func append(
        _ message: EventMessage, at instant: Timestamp, _ database: Database
    ) throws -> LoggedEvent {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO events (topic, partition, key, payload, headers, recorded_at)
                VALUES (?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            message.topic.name, DurableEventLog.partition, message.key, blob(message.payload),
            StoredText.text(of: message.headers), instant.nanoseconds,
        ])
        return LoggedEvent(
            message: message, partition: Int32(DurableEventLog.partition),
            offset: database.lastInsertedRowID)
    }

    /// Gives a group its first offset in a topic where it has none.
    static func begin(
        _ topic: Topic, as group: ConsumerGroup, after offset: Int64, at instant: Timestamp,
        _ database: Database
    ) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO consumer_offsets
                    (consumer_group, topic, partition, committed_offset, recorded_at)
                VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """)
        try statement.execute(arguments: [
            group.name, topic.name, DurableEventLog.partition, offset, instant.nanoseconds,
        ])
    }

    static func commit(
        _ event: LoggedEvent, of group: ConsumerGroup, at instant: Timestamp,
        _ database: Database
    ) throws {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE consumer_offsets SET committed_offset = ?, recorded_at = ?
                WHERE consumer_group = ? AND topic = ? AND partition = ?
                    AND committed_offset < ?
                """)
        try statement.execute(arguments: [
            event.offset, instant.nanoseconds, group.name, event.message.topic.name,
            DurableEventLog.partition, event.offset,
        ])
    }
}
