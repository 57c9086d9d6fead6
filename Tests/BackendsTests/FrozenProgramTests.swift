import Ports
import Postgres
import TestSupport
import Testing

@testable import Backends

@Suite("A program that stops in the middle of a transaction", .timeLimit(.minutes(5)))
struct FrozenProgramTests {
    @Test("loses its place to those who wait for its rows")
    func frozen() async throws {
        try await TemporaryDatabase.with { database in
            let store = try await database.open(idleTransactionLimit: .seconds(1)).regimes
            _ = try await store.register(Samples.profile())
            let other = try await PostgresConnection.open(
                try PostgresTarget(url: database.url), within: .seconds(30))
            let row = SeriesQueries.lock(on: Samples.series)
            let error = await #expect(throws: StoreError.self) {
                try await store.database.transaction([row]) { _, _ in
                    // Waits until the server has ended this transaction.
                    let rows = try await other.run(row, within: .seconds(30))
                    return Ending(value: rows.count, queries: [])
                }
            }
            #expect(error?.code == .unavailable, "\(String(describing: error))")
            #expect(try await store.head(of: Samples.series) != nil)
            await other.close()
        }
    }
}
