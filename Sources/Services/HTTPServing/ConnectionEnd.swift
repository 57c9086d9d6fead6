import HTTPTypes
import NIOHTTPTypes

/// When an HTTP/1.1 connection has had its last answer (RFC 9112, section 9).
///
/// The promise: a request that reaches a connection before anybody said that it will close is
/// answered in full, also when a shutdown comes meanwhile. So the last answer says
/// `Connection: close`, and a connection without a request outlives the beginning of a shutdown by
/// a grace: who sends a request at that moment is answered.
///
/// An answer is the last one when its request asks for that, when it is given in a shutdown, and
/// when it begins before its request came whole: the rest of a body that nobody wants is not
/// waited for. In a shutdown a body has a limit to come whole within.
struct ConnectionEnd {
    /// Requests that have begun and whose answers have not ended.
    private var unanswered = 0
    /// The newest of them has not come whole.
    private var isReading = false
    /// An answer has begun and not ended.
    private var isAnswering = false
    private var takesRequests = true
    private var isShuttingDown = false
    private var isOver = false

    /// What to do about the connection.
    enum Step: Equatable {
        case stay
        /// Close it unless a request comes within the grace.
        case awaitRequest
        /// Give up the request that is being read unless it comes whole within the limit.
        case awaitBody
        case close
    }

    /// - Returns: whether this part is of a request that will be answered.
    mutating func takes(_ part: HTTPRequestPart) -> Bool {
        switch part {
        case .head(let head):
            guard takesRequests else { return false }
            unanswered += 1
            isReading = true
            takesRequests = !head.headerFields.sayClose
            return true
        case .body:
            return isReading && !isOver
        case .end:
            defer { isReading = false }
            return isReading && !isOver
        }
    }

    /// - Returns: whether it is the last answer, which is to say so.
    mutating func answerBegins(_ head: HTTPResponse) -> Bool {
        guard head.status.kind != .informational else { return false }
        isAnswering = true
        guard unanswered <= 1,
            isShuttingDown || !takesRequests || isReading || head.headerFields.sayClose
        else { return false }
        takesRequests = false
        return true
    }

    /// Whether the body that is read now can still be asked for: it has not come whole, and no
    /// answer is under way.
    var invites: Bool { isReading && !isAnswering && unanswered == 1 && !isOver }

    mutating func answerEnds() -> Step {
        unanswered = max(unanswered - 1, 0)
        isAnswering = false
        guard unanswered == 0 else { return .stay }
        guard takesRequests else {
            isOver = true
            return .close
        }
        return isShuttingDown ? .awaitRequest : .stay
    }

    mutating func shutDown() -> Step {
        isShuttingDown = true
        if isOver { return .stay }
        return unanswered == 0 ? .awaitRequest : reading
    }

    /// What to do once a part that is taken has been passed on.
    func taken(_ part: HTTPRequestPart) -> Step {
        guard isShuttingDown, !isOver, case .head = part else { return .stay }
        return reading
    }

    private var reading: Step { isReading ? .awaitBody : .stay }

    /// Whether the request that is being read is to be given up: its limit is over.
    func bodyIsLate() -> Bool { isReading && !isOver }

    mutating func graceEnds() -> Step {
        guard unanswered == 0, !isOver else { return .stay }
        takesRequests = false
        isOver = true
        return .close
    }
}

extension HTTPFields {
    /// Whether `Connection` holds the option `close`, however it is written.
    fileprivate var sayClose: Bool {
        self[values: .connection].contains { field in
            field.split(separator: ",").contains { option in
                option.filter { $0 != " " && $0 != "\t" }.lowercased() == "close"
            }
        }
    }
}
