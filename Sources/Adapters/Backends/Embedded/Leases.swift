import GRDB
import Market
import Ports

/// Rows that say who may do what only one may do at a time. A lease that its owner does not
/// extend runs out, so that a killed process blocks nobody for longer than that.
enum Leases {
    /// Whether an owner could take or extend a lease now.
    static func isFree(
        _ resource: String, by owner: String, for term: LeaseTerm, _ database: Database
    ) throws -> Bool {
        let statement = try database.cachedStatement(
            sql: "SELECT owner, expires_at FROM leases WHERE resource = ?")
        guard let row = try Row.fetchOne(statement, arguments: [resource]) else { return true }
        let holder: String = row[0]
        let expiry: Int64 = row[1]
        return holder == owner || term.mayTake(leaseUntil: Timestamp(nanoseconds: expiry))
    }

    /// Takes or extends a lease; `false` while another owner's may not be taken.
    static func acquire(
        _ resource: String, by owner: String, for term: LeaseTerm, _ database: Database
    ) throws -> Bool {
        guard try isFree(resource, by: owner, for: term, database) else { return false }
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO leases (resource, owner, expires_at) VALUES (?, ?, ?)
                ON CONFLICT (resource)
                DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
                """)
        try statement.execute(arguments: [resource, owner, term.end.nanoseconds])
        return true
    }

    static func isHeld(_ resource: String, by owner: String, _ database: Database) throws -> Bool {
        let statement = try database.cachedStatement(
            sql: "SELECT count(*) FROM leases WHERE resource = ? AND owner = ?")
        return try Int.fetchOne(statement, arguments: [resource, owner]) == 1
    }

    /// Gives a lease back, if this owner has it.
    static func release(_ resource: String, by owner: String, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "DELETE FROM leases WHERE resource = ? AND owner = ?")
        try statement.execute(arguments: [resource, owner])
    }
}
