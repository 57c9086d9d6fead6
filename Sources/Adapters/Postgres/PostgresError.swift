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
        guard let server else { return reason }
        return "PostgreSQL at \(server): \(reason)"
    }

    /// What went wrong, for those who name the server themselves.
    package var reason: String {
        switch self {
        case .unreadableTarget(let reason):
            "the database's address cannot be read: \(reason). It looks like "
                + "postgresql://user:password@host:5432/database"
        case .unreachable(_, let reason): "cannot be reached: \(reason)"
        case .connectionLost(_, let reason): "the connection was lost: \(reason)"
        case .timedOut(_, let limit): "did not answer within \(limit)"
        case .refused(let fault): fault.description
        case .poolExhausted(_, let maximum, let waited):
            "pool exhausted: all \(maximum) connections stayed in use for \(waited)"
        case .closed: "the connections are closed"
        case .busy: "a connection was asked while it was answering"
        case .unsendable(let reason): "nothing was sent to PostgreSQL: \(reason)"
        case .unexpectedColumn(let index, let name, let wanted, let type):
            "column \(index) (\(name)) of type \(type) cannot be read as \(wanted)"
        }
    }

    private var server: String? {
        switch self {
        case .unreachable(let server, _), .connectionLost(let server, _),
            .timedOut(let server, _), .poolExhausted(let server, _, _), .closed(let server),
            .busy(let server):
            server
        case .unreadableTarget, .refused, .unsendable, .unexpectedColumn: nil
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
