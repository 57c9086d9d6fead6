package import Contracts
package import HTTPTypes
package import Hummingbird
import NIOCore
import Synchronization

/// What a request carries through the door.
package struct HTTPContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    let channel: any Channel

    /// The address that the connection comes from, as bounds count by it.
    package var client: String { channel.remoteAddress?.ipAddress ?? "local" }

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}

/// Adds routes and remembers them.
package struct RouteTable {
    package typealias Handler = @Sendable (Request, HTTPContext) async throws -> Response

    private let router: Router<HTTPContext>
    private let known: KnownRoutes

    init(router: Router<HTTPContext>, known: KnownRoutes) {
        self.router = router
        self.known = known
    }

    /// - Parameters:
    ///   - path: with `{name}` for a segment that is a parameter.
    ///   - isBrief: it answers within microseconds of work, and so on the thread that reads its
    ///     connection; others' connections wait for that one too.
    package func add(
        _ method: HTTPRequest.Method, _ path: String, isBrief: Bool = false,
        _ handler: @escaping Handler
    ) {
        if isBrief {
            router.on(RouterPath(path), method: method, use: handler)
        } else {
            router.on(RouterPath(path), method: method) { request, context in
                try await withTaskExecutorPreference(globalConcurrentExecutor) {
                    try await handler(request, context)
                }
            }
        }
        known.add(method, path)
    }
}

/// What each path serves, so that one that exists refuses other methods with 405, also those that
/// nobody has thought of.
final class KnownRoutes: Sendable {
    private let methods = Mutex<[String: [HTTPRequest.Method]]>([:])

    func add(_ method: HTTPRequest.Method, _ path: String) {
        methods.withLock { $0[path, default: []].append(method) }
    }

    /// The path as it was added, and its methods; `nil` for one that does not exist.
    func route(of path: String) -> (path: String, methods: [HTTPRequest.Method])? {
        let segments = path.split(separator: "/")
        return methods.withLock { methods in
            let found = methods.first { known, _ in
                let parts = known.split(separator: "/")
                return parts.count == segments.count
                    && zip(parts, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
            }
            guard let (path, served) = found else { return nil }
            return (path, served.contains(.get) ? served + [.head] : served)
        }
    }
}

extension Response {
    /// A JSON answer, not to be kept.
    package static func json(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        json(ByteBuffer(string: text), status: status)
    }

    package static func json(_ utf8: [UInt8]) -> Response {
        json(ByteBuffer(bytes: utf8), status: .ok)
    }

    private static func json(_ text: ByteBuffer, status: HTTPResponse.Status) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: Content.jsonType, .cacheControl: "no-store",
            ],
            body: ResponseBody(byteBuffer: text))
    }

    /// A `google.rpc.Status`, with the HTTP status that its code is mapped to unless another is
    /// given.
    package static func fault(
        _ fault: RPCFault, status: HTTPResponse.Status? = nil
    ) -> Response {
        var response = json(
            fault.statusJSON, status: status ?? .init(code: fault.code.httpStatus))
        // 401 says how to authenticate (RFC 9110, 15.5.2).
        if fault.code == .unauthenticated { response.headers[.wwwAuthenticate] = "Bearer" }
        if let wait = fault.retryAfterSeconds { response.headers[.retryAfter] = String(wait) }
        return response
    }
}
