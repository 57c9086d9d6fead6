/// Why a PostgreSQL server did not do what it was asked.
package enum PostgresError: Error, Equatable, Sendable {
    /// A connection string that libpq cannot read; the reason names no secret.
    case unreadableTarget(reason: String)
    case unreachable(server: String, reason: String)
    /// What was under way may have been done or not.
    case connectionLost(server: String, reason: String)
    /// The server was told to stop; what was under way may have been done or not.
    case timedOut(server: String, limit: Duration)
    /// The server answered with an error; nothing of the batch was done.
    case refused(ServerFault)
    case poolExhausted(server: String, maximum: Int, waited: Duration)
    case closed(server: String)
    /// A connection was asked while it was still answering.
    case busy(server: String)
    /// What PostgreSQL has no place for, refused before anything was sent.
    case unsendable(reason: String)
    /// A column is not what the reader takes it for.
    case unexpectedColumn(index: Int, name: String, wanted: String, type: UInt32)
}

/// An error as the server reports it.
package struct ServerFault: Equatable, Sendable {
    /// Five characters, «Appendix A. PostgreSQL Error Codes».
    package var state: String
    package var message: String
    package var detail: String?
    package var hint: String?
    package var constraint: String?

    package init(
        state: String, message: String, detail: String? = nil, hint: String? = nil,
        constraint: String? = nil
    ) {
        self.state = state
        self.message = message
        self.detail = detail
        self.hint = hint
        self.constraint = constraint
    }

    /// The same transaction may succeed when tried again: serialisation failures and deadlocks.
    package var isRetriable: Bool { state == "40001" || state == "40P01" }
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadableTarget(let reason):
            return "the database's address cannot be read: \(reason). It looks like "
                + "postgresql://user:password@host:5432/database"
        case .unreachable(let server, let reason):
            return "PostgreSQL at \(server) cannot be reached: \(reason)"
        case .connectionLost(let server, let reason):
            return "the connection to PostgreSQL at \(server) was lost: \(reason)"
        case .timedOut(let server, let limit):
            return "PostgreSQL at \(server) did not answer within \(limit)"
        case .refused(let fault): return fault.description
        case .poolExhausted(let server, let maximum, let waited):
            return
                "pool exhausted: all \(maximum) connections to PostgreSQL at \(server) stayed in "
                + "use for \(waited)"
        case .closed(let server): return "the connections to PostgreSQL at \(server) are closed"
        case .busy(let server):
            return "a connection to PostgreSQL at \(server) was asked while it was answering"
        case .unsendable(let reason): return "nothing was sent to PostgreSQL: \(reason)"
        case .unexpectedColumn(let index, let name, let wanted, let type):
            return "column \(index) (\(name)) of type \(type) cannot be read as \(wanted)"
        }
    }
}

extension ServerFault: CustomStringConvertible {
    package var description: String {
        var text = "PostgreSQL reports \(state): \(message)"
        if let detail { text += ". \(detail)" }
        if let hint { text += ". \(hint)" }
        return text
    }
}
