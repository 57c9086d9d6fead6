package import Contracts
package import HTTPTypes
package import Hummingbird
import NIOCore

/// What a request carries through the door.
package struct HTTPContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The address that the connection comes from; `nil` where there is no connection.
    package let remoteAddress: SocketAddress?

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress
    }
}

/// Adds routes and remembers them, so that a known path refuses other methods with 405.
package struct RouteTable {
    package typealias Handler = @Sendable (Request, HTTPContext) async throws -> Response

    private let router: Router<HTTPContext>
    private var methods: [String: [HTTPRequest.Method]] = [:]

    private static let commonMethods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options,
    ]

    init(router: Router<HTTPContext>) {
        self.router = router
    }

    /// - Parameter path: with `{name}` for a segment that is a parameter.
    package mutating func add(
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
    /// A JSON answer, not to be kept.
    package static func json(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: "application/json; charset=utf-8", .cacheControl: "no-store",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// A `google.rpc.Status`, with the HTTP status that its code is mapped to unless another is
    /// given.
    package static func fault(
        _ fault: RPCFault, status: HTTPResponse.Status? = nil
    ) -> Response {
        .json(fault.statusJSON, status: status ?? .init(code: fault.code.httpStatus))
    }
}
