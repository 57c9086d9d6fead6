import CPQ

/// What another connection told by NOTIFY.
package struct PostgresNotification: Sendable, Equatable {
    package var channel: String
    package var payload: String

    package init(channel: String, payload: String) {
        self.channel = channel
        self.payload = payload
    }
}

extension PostgresConnection {
    /// Hears of what is told on a channel from now on.
    package func listen(to channel: PostgresName, within limit: Duration) async throws {
        try await run("LISTEN \(channel)", within: limit)
    }

    /// The next notification on a channel that is listened to; waits until there is one.
    ///
    /// - Throws: `PostgresError.timedOut` when none comes in time.
    package func notification(within limit: Duration) async throws -> PostgresNotification {
        try await exchange(within: limit) { connection in
            while true {
                let handle = try connection.connection
                if let notification = PQnotifies(handle) {
                    defer { PQfreemem(notification) }
                    return PostgresNotification(
                        channel: String(cString: notification.pointee.relname),
                        payload: String(cString: notification.pointee.extra))
                }
                try await connection.awaitServer(handle, writing: false)
            }
        }
    }
}
