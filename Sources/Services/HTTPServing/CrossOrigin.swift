import Contracts
import HTTPTypes
import Hummingbird

/// Lets pages from elsewhere ask (Fetch standard, CORS protocol): those whose origin is allowed
/// read answers and may send what the API takes; others are told nothing.
struct CrossOrigin: Sendable {
    private let allowed: Set<String>
    private let allowsAll: Bool

    /// How long a browser may remember what a preflight was told, in seconds.
    private static let preflightLifetimeSeconds = 600
    private static let methods = "GET, HEAD, POST, PUT, PATCH, DELETE"
    private static let headers =
        "authorization, content-type, if-none-match, last-event-id, traceparent"
    private static let exposed = "etag, retry-after"

    init(allowed: [String]) {
        self.allowed = Set(allowed)
        allowsAll = allowed.contains("*")
    }

    /// What is answered without asking a route: a refusal, or a preflight's answer.
    func answer(to request: Request) -> Response? {
        if let fault = refusal(of: request) { return .fault(fault) }
        guard request.method == .options,
            request.headers[.accessControlRequestMethod] != nil,
            let origin = allowedOrigin(of: request)
        else { return nil }
        var response = Response(status: .noContent, headers: preflight)
        allow(origin, to: &response)
        return response
    }

    /// Says in an answer who may read it.
    func mark(_ response: inout Response, to request: Request) {
        if let origin = allowedOrigin(of: request) {
            allow(origin, to: &response)
            response.headers[.accessControlExposeHeaders] = CrossOrigin.exposed
        } else if allowsAll || !allowed.isEmpty {
            // What is kept of it must not be given to a page that may read it.
            response.headers[values: .vary].append("origin")
        }
    }

    private func allowedOrigin(of request: Request) -> String? {
        guard allowsAll || !allowed.isEmpty, let origin = request.headers[.origin] else {
            return nil
        }
        return allowsAll || allowed.contains(origin) ? origin : nil
    }

    private func allow(_ origin: String, to response: inout Response) {
        response.headers[.accessControlAllowOrigin] = allowsAll ? "*" : origin
        if !allowsAll { response.headers[values: .vary].append("origin") }
    }

    /// A page from elsewhere may send what browsers send without asking first; where nobody is
    /// asked for a token, that would be done in the name of whoever looks at the page.
    private func refusal(of request: Request) -> RPCFault? {
        if request.method == .get || request.method == .head || request.method == .options {
            return nil
        }
        guard let origin = request.headers[.origin], !allowsAll, !allowed.contains(origin),
            !isOwn(origin, request)
        else { return nil }
        return RPCFault(
            .permissionDenied,
            "pages of \(RequestReading.excerpt(origin)) may not write here: name it in "
                + "HTTP_ALLOWED_ORIGINS if they shall")
    }

    /// Whether an origin is this door, under the name that it was asked by.
    private func isOwn(_ origin: String, _ request: Request) -> Bool {
        guard let authority = request.head.authority else { return false }
        return origin == "http://\(authority)" || origin == "https://\(authority)"
    }

    private var preflight: HTTPFields {
        [
            .accessControlAllowMethods: CrossOrigin.methods,
            .accessControlAllowHeaders: CrossOrigin.headers,
            .accessControlMaxAge: String(CrossOrigin.preflightLifetimeSeconds),
        ]
    }
}
