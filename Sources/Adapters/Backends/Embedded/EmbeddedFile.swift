import GRDB
import Ports
import SQLite

/// The embedded database as the ports fulfilled here see it: with their errors and their signal.
struct EmbeddedFile: Sendable {
    let database: EmbeddedDatabase
    let signal: CommitSignal

    /// Reads a consistent snapshot.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await translating { try await database.read(body) }
    }

    /// Runs one immediate transaction; see `EmbeddedDatabase.write`.
    func write<Value: Sendable>(
        isNews: Bool = true, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await translating { try await database.write(isNews: isNews, body) }
    }

    func probe() async throws {
        try await translating { try await database.probe() }
    }

    /// Ends the streams of commits and closes the file; later calls fail as unavailable.
    func close() throws {
        signal.finish()
        do {
            try database.close()
        } catch let failure as DatabaseFailure {
            throw StoreError(failure)
        }
    }

    private func translating<Value: Sendable>(
        _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let failure as DatabaseFailure {
            throw StoreError(failure)
        } catch let row as UnreadableRow {
            throw StoreError(
                .corrupt, location: database.path, detail: row.description,
                advice: "Restore the file from a backup, or move it away to begin anew")
        }
    }
}

extension StoreError {
    init(_ failure: DatabaseFailure) {
        let code: StoreError.Code
        switch failure.code {
        case .full: code = .full
        case .readOnly: code = .readOnly
        case .newerSchema: code = .newerSchema
        case .corrupt: code = .corrupt
        case .busy: code = .busy
        case .unavailable: code = .unavailable
        case .failed: code = .failed
        }
        self.init(
            code, location: failure.path, detail: failure.detail, advice: failure.advice)
    }
}
