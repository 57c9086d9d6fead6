import Postgres
import TestSupport
import Testing

/// A connection to a database of the test's own.
struct Database {
    /// Far longer than anything takes that is not meant to.
    static let patience = Duration.seconds(60)

    let url: String
    let target: PostgresTarget

    init() async throws {
        url = try await PostgresServer.shared.value.database()
        target = try PostgresTarget(url: url)
    }

    func open() async throws -> PostgresConnection {
        try await PostgresConnection.open(target, within: Self.patience)
    }
}

extension PostgresConnection {
    @discardableResult
    func ask(_ query: PostgresQuery) async throws -> PostgresRows {
        try await run(query, within: Database.patience)
    }

    func count(_ query: PostgresQuery) async throws -> Int64 {
        try #require(await ask(query).first).value(0)
    }
}
