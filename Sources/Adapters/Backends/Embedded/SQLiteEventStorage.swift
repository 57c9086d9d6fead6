import GRDB
import Market
import Ports

/// The durable log in the embedded file.
struct SQLiteEventStorage: EventLogStorage {
    let file: EmbeddedFile

    var signal: CommitSignal { file.signal }

    func append(
        _ messages: [EventMessage], at instant: Timestamp
    ) async throws -> [LoggedEvent] {
        try await file.write { database in
            try messages.map { try EventRows.append($0, at: instant, database) }
        }
    }

    func events(
        after positions: [Topic: Int64], limit: Int
    ) async throws -> [LoggedEvent] {
        try await file.read { database in
            let events = try positions.flatMap { topic, position in
                try EventRows.events(topic, after: position, limit: limit, database)
            }
            return Array(events.sorted { $0.offset < $1.offset }.prefix(limit))
        }
    }

    func lastOffset(_ topic: Topic) async throws -> Int64 {
        try await file.read { try EventRows.lastOffset(topic, $0) }
    }

    func committed(_ topic: Topic, by group: ConsumerGroup) async throws -> Int64? {
        try await file.read { try EventRows.committedOffset(topic, of: group, $0) }
    }

    func begin(
        _ topics: [Topic], as group: ConsumerGroup, from start: StartingOffset,
        at instant: Timestamp
    ) async throws {
        try await file.write(isNews: false) { database in
            for topic in topics {
                let first = start == .earliest ? 0 : try EventRows.lastOffset(topic, database)
                try EventRows.begin(topic, as: group, after: first, at: instant, database)
            }
        }
    }

    func free(
        _ topics: [Topic], for member: GroupMember, during term: LeaseTerm
    ) async throws -> [Topic] {
        try await file.read { database in
            try topics.filter {
                try Leases.isFree(member.resource($0), by: member.owner, for: term, database)
            }
        }
    }

    func take(
        _ topics: [Topic], for member: GroupMember, during term: LeaseTerm
    ) async throws -> [TakenTopic] {
        try await file.write(isNews: false) { database in
            try topics.compactMap { topic in
                let resource = member.resource(topic)
                let wasHeld = try Leases.isHeld(resource, by: member.owner, database)
                guard
                    try Leases.acquire(resource, by: member.owner, for: term, database)
                else { return nil }
                return TakenTopic(
                    topic: topic, wasHeld: wasHeld,
                    committed: try EventRows.committedOffset(topic, of: member.group, database)
                        ?? 0)
            }
        }
    }

    func commit(
        _ event: LoggedEvent, by member: GroupMember, extending term: LeaseTerm
    ) async throws -> Bool {
        let resource = member.resource(event.message.topic)
        return try await file.write(isNews: false) { database in
            guard try Leases.isHeld(resource, by: member.owner, database) else { return false }
            _ = try Leases.acquire(resource, by: member.owner, for: term, database)
            try EventRows.commit(event, of: member.group, at: term.start, database)
            return true
        }
    }

    func release(_ topics: [Topic], by member: GroupMember) async throws {
        try await file.write { database in
            for topic in topics {
                try Leases.release(member.resource(topic), by: member.owner, database)
            }
        }
    }

    func ping() async throws {
        _ = try await file.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM leases") }
    }
}
