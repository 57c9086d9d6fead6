import Contracts
import HTTPTypes
package import Hummingbird

/// What a request carries through the gateway.
package struct GatewayContext: RequestContext {
    package var coreContext: CoreRequestContextStorage

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }
}

/// Adds routes and remembers them, so that a known path refuses other methods with 405.
struct RouteTable {
    typealias Handler = @Sendable (Request, GatewayContext) async throws -> Response

    private let router: Router<GatewayContext>
    private var methods: [String: [HTTPRequest.Method]] = [:]

    private static let commonMethods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options,
    ]

    init(router: Router<GatewayContext>) {
        self.router = router
    }

    mutating func add(
        _ method: HTTPRequest.Method, _ path: String, _ handler: @escaping Handler
    ) {
        router.on(RouterPath(path), method: method, use: handler)
        methods[path, default: []].append(method)
    }

    func refuseOtherMethods() {
        for (path, served) in methods {
            let allowed = served.contains(.get) ? served + [.head] : served
            let fault = MethodNotAllowed(path: path, allowed: allowed)
            for method in RouteTable.commonMethods where !allowed.contains(method) {
                router.on(RouterPath(path), method: method) { _, _ -> Response in throw fault }
            }
        }
    }
}

/// A path that exists, asked with a method that it does not serve.
struct MethodNotAllowed: Error {
    let path: String
    let allowed: [HTTPRequest.Method]
}

extension Response {
    /// A JSON answer.
    static func json(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: "application/json; charset=utf-8", .cacheControl: "no-store",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
