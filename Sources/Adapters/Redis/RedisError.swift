/// Why a Redis server did not do what it was asked.
package enum RedisError: Error, Equatable, Sendable {
    /// The reason names no secret.
    case unreadableTarget(reason: String)
    case unreachable(server: String, reason: String)
    /// Nothing was sent: the server could not be reached a moment ago, and it is not yet time to
    /// try again.
    case unavailable(server: String, reason: String, retryIn: Duration)
    /// What was under way may have been done or not.
    case connectionLost(server: String, reason: String)
    /// What was under way may have been done or not, or may yet be.
    case timedOut(server: String, limit: Duration)
    /// The server answered with an error.
    case refused(server: String, RedisFault)
    /// The server sent what is not RESP2, or not an answer; the connection was closed, and what was
    /// under way may have been done or not.
    case protocolViolation(server: String, reason: String)
    /// Nothing was sent: too much is under way already.
    case overloaded(server: String, reason: String)
    /// Nothing was sent: it is larger than what may be sent.
    case tooLarge(bytes: Int, limit: Int)
    case closed(server: String)
    /// An answer of another kind than the command has.
    case unexpectedReply(wanted: String, got: String)
}

extension RedisError {
    /// The same call may succeed a little later. It may also be done twice, when this error leaves
    /// open whether it has been done.
    package var isRetriable: Bool {
        switch self {
        case .unreachable, .unavailable, .connectionLost, .timedOut, .overloaded: true
        case .refused(_, let fault): fault.isRetriable
        case .unreadableTarget, .protocolViolation, .tooLarge, .closed, .unexpectedReply: false
        }
    }

    /// What happened, without the place, for an error that quotes another.
    var reason: String {
        switch self {
        case .unreachable(_, let reason), .connectionLost(_, let reason),
            .protocolViolation(_, let reason), .unavailable(_, let reason, _):
            reason
        case .timedOut(_, let limit): "no answer within \(limit)"
        case .refused(_, let fault): fault.description
        default: description
        }
    }
}

/// An error as the server reports it.
package struct RedisFault: Error, Equatable, Sendable {
    /// The first word: `ERR`, `LOADING`, `OOM`, `READONLY`, `NOAUTH`, `WRONGPASS`, `NOSCRIPT`, …
    package var code: String
    package var message: String

    /// Characters of a message that are kept.
    static let messageLimit = 300

    /// - Parameter line: as it was sent, without the leading `-`.
    package init(line: String) {
        let code = line.prefix { $0.isASCII && ($0.isUppercase || $0.isNumber) }
        let rest = line.dropFirst(code.count)
        // A line without a code word is all message.
        let isCode = !code.isEmpty && (rest.isEmpty || rest.first == " ")
        self.code = isCode ? String(code) : "ERR"
        let message = isCode ? rest.dropFirst() : line[...]
        self.message = String(message.prefix(Self.messageLimit))
    }

    /// The same command may succeed a little later: the server loads its data, runs a script, or
    /// changes its role.
    package var isRetriable: Bool {
        ["LOADING", "BUSY", "TRYAGAIN", "MASTERDOWN", "CLUSTERDOWN", "NOREPLICAS"].contains(code)
    }

    /// What whoever runs the server can do.
    var advice: String? {
        switch code {
        case "NOAUTH": "Set the password in the address: redis://:password@host:6379"
        case "WRONGPASS": "Check user and password in the address"
        case "NOPERM": "Give the user the right to do this (ACL SETUSER)"
        case "OOM": "Raise the server's maxmemory, or let it evict (maxmemory-policy)"
        case "READONLY": "The server is a replica: use the address of its master"
        default: nil
        }
    }
}

extension RedisFault: CustomStringConvertible {
    package var description: String { "\(code): \(message)" + (advice.map { ". \($0)" } ?? "") }
}

extension RedisError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadableTarget(let reason):
            "the address of Redis cannot be read: \(reason). It looks like "
                + "redis://user:password@host:6379/0"
        case .unreachable(let server, let reason):
            "Redis at \(server) cannot be reached: \(reason)"
        case .unavailable(let server, let reason, let retryIn):
            "Redis at \(server) is unavailable (\(reason)); the next attempt is in \(retryIn)"
        case .connectionLost(let server, let reason):
            "the connection to Redis at \(server) was lost: \(reason)"
        case .timedOut(let server, let limit):
            "Redis at \(server) did not answer within \(limit)"
        case .refused(let server, let fault): "Redis at \(server) reports \(fault)"
        case .protocolViolation(let server, let reason):
            "what answers at \(server) does not speak Redis' protocol (\(reason)); the connection "
                + "was closed. Check host and port"
        case .overloaded(let server, let reason):
            "too much is under way with Redis at \(server): \(reason)"
        case .tooLarge(let bytes, let limit):
            "nothing was sent to Redis: \(bytes) bytes, \(limit) at the most"
        case .closed(let server): "the client of Redis at \(server) is closed"
        case .unexpectedReply(let wanted, let got): "Redis answered \(got) instead of \(wanted)"
        }
    }
}
