import Contracts
import Ports
import WebCalls

/// One API of language models: what is said and heard, without a connection.
protocol ModelDialect: Sendable {
    /// Where messages are posted, behind the base.
    var path: String { get }

    func headers(_ key: APIKey) -> [(name: String, value: String)]

    func body(_ prompt: ModelPrompt, model: String, isStreamed: Bool) -> JSONValue

    /// - Throws: `DialectProblem`.
    func reply(_ answer: JSONValue) throws(DialectProblem) -> ModelReply

    /// Takes one event of a streamed answer.
    ///
    /// - Returns: what was written on.
    /// - Throws: `DialectProblem`.
    func take(
        _ event: EventLines.Event, into answer: inout StreamedAnswer
    ) throws(DialectProblem) -> String?
}

/// What is known of an answer that is being written.
struct StreamedAnswer: Equatable {
    var model = ""
    var usage = ModelUsage()
    var ending: ModelEnding?
    /// Nothing follows.
    var isOver = false
}

/// Why an answer is none.
enum DialectProblem: Error, Equatable {
    case unreadable(String)
    /// The API's own error, also one that comes after a good beginning.
    ///
    /// - status: what its kind says of it; `nil` where it says nothing.
    case fault(kind: String, status: Int?, message: String)

    static let unexplained = "it did not say why"

    /// The `error` of an answer; `nil` when it holds none.
    init?(_ answer: JSONValue) {
        guard let object = answer.object else { return nil }
        // vLLM before 0.10 says it without the envelope.
        let isBare = object["object"]?.string == "error"
        guard let error = isBare ? object : object["error"]?.object else {
            guard let text = object["error"]?.string else { return nil }
            self = .fault(kind: "", status: nil, message: text)
            return
        }
        let kinds = [error["type"]?.string, error["code"]?.string].compactMap(\.self)
        var status = kinds.compactMap { DialectProblem.statuses[$0] }.first
        if case .number(let literal)? = error["code"], let code = Int(literal),
            (400...599).contains(code)
        {
            status = status ?? code
        }
        self = .fault(
            kind: kinds.first ?? "", status: status,
            message: error["message"]?.string ?? DialectProblem.unexplained)
    }

    /// - Parameter status: of the answer it came with.
    func reason(status: Int, retryAfterSeconds: Int64?) -> ModelError.Reason {
        guard case .fault(let kind, let own, let message) = self else {
            if case .unreadable(let problem) = self { return .unreadable(problem) }
            return .unreadable(DialectProblem.unexplained)
        }
        // After a good beginning the error alone says what the status would have.
        let status = status == 200 ? own ?? status : status
        let said = kind.isEmpty ? message : "\(kind): \(message)"
        switch status {
        case 408, 429, 503, 529:
            return .busy(status: status, retryAfterSeconds: retryAfterSeconds, detail: said)
        case 500...: return .unreachable("\(status), \(said)")
        default: return .refused(status: status, detail: said)
        }
    }

    private static let statuses = [
        "overloaded_error": 529, "rate_limit_error": 429, "rate_limit_exceeded": 429,
        "api_error": 500, "server_error": 500, "internal_server_error": 500,
        "InternalServerError": 500, "timeout_error": 504,
    ]
}

extension EventLines.Event {
    /// - Throws: `DialectProblem.unreadable`.
    func json() throws(DialectProblem) -> JSONValue {
        do {
            return try JSONValue(parsing: data)
        } catch {
            throw DialectProblem.unreadable("an event is no JSON: \(error)")
        }
    }
}

extension JSONObject {
    /// No answer has more tokens.
    private static var tokensLimit: Int { 1_000_000_000 }

    /// A count of tokens; `nil` for what is none.
    func count(_ name: String) -> Int? {
        guard case .number(let literal)? = self[name], let count = Int(literal),
            (0...JSONObject.tokensLimit).contains(count)
        else { return nil }
        return count
    }

    /// The members that there are.
    init(_ members: (String, JSONValue?)...) {
        self.init(
            members.compactMap { name, value in value.map { JSONObject.Member(name, $0) } })
    }
}
