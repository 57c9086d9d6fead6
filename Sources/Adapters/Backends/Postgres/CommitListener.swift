import Ports
import Postgres

/// Hears of the commits of every process by LISTEN, on a connection of its own, and passes them
/// on; what may have been missed while there was no connection counts as one.
final class CommitListener: Sendable {
    /// How long nothing may be heard until the connection is asked whether it still is one.
    static let silenceLimit = Duration.seconds(30)
    static let connectLimit = Duration.seconds(5)
    static let retryDelay = Duration.milliseconds(100)
    static let retryDelayMaximum = Duration.seconds(5)

    private let task: Task<Void, Never>

    init(target: PostgresTarget, signal: CommitSignal) {
        task = Task {
            var delay = CommitListener.retryDelay
            while !Task.isCancelled {
                if await CommitListener.listen(target, signal) { delay = CommitListener.retryDelay }
                try? await Task.sleep(for: delay)
                delay = min(delay * 2, CommitListener.retryDelayMaximum)
            }
        }
    }

    func stop() async {
        task.cancel()
        await task.value
    }

    /// Listens until the connection breaks or the task is cancelled; whether there was one.
    private static func listen(_ target: PostgresTarget, _ signal: CommitSignal) async -> Bool {
        guard let connection = try? await PostgresConnection.open(target, within: connectLimit)
        else { return false }
        do {
            try await connection.listen(to: SharedDatabase.channel, within: connectLimit)
            signal.notify()
            while true {
                if try await hears(connection) { signal.notify() }
            }
        } catch {
            await connection.close()
            return true
        }
    }

    private static func hears(_ connection: PostgresConnection) async throws -> Bool {
        do {
            _ = try await connection.notification(within: silenceLimit)
            return true
        } catch PostgresError.timedOut {
            try await connection.run("SELECT", within: connectLimit)
            return false
        }
    }
}
