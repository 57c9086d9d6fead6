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
        return foreign(request).map { refusal(of: $0, "may not write here") }
    }

    /// Why a page from elsewhere may not open a socket: a browser lets it read all that comes, and
    /// asks nobody first.
    func refusalOfSocket(_ request: Request) -> RPCFault? {
        foreign(request).map { refusal(of: $0, "may not listen here") }
    }

    /// Why a page from elsewhere may not open an event stream: it may not read what comes, but it
    /// would hold a place, and be told from then on under whatever name it gives. What a page asks
    /// for in other ways than by script names no origin; there the browser says whose page it is.
    func refusalOfStream(_ request: Request) -> RPCFault? {
        if let refusal = refusalOfSocket(request) { return refusal }
        guard !allowsAll, request.headers[.origin] == nil,
            let site = CrossOrigin.fetchSite.flatMap({ request.headers[$0] }),
            CrossOrigin.foreignSites.contains(site)
        else { return nil }
        return refusal(of: "another site", "may not listen here")
    }

    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")
    /// Other ports of this host are the same site, too.
    private static let foreignSites: Set = ["cross-site", "same-site"]

    private func refusal(of origin: String, _ verdict: String) -> RPCFault {
        RPCFault(
            .permissionDenied,
            "pages of \(RequestReading.excerpt(origin)) \(verdict): name it in "
                + "HTTP_ALLOWED_ORIGINS if they shall")
    }

    /// The origin of a request from a page that is not allowed; `nil` when no browser says one.
    private func foreign(_ request: Request) -> String? {
        guard let origin = request.headers[.origin], !allowsAll, !allowed.contains(origin),
            !isOwn(origin, request)
        else { return nil }
        return origin
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
