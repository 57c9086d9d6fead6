package import Contracts
import HTTPTypes
import Hosting
package import Hummingbird
import NIOCore

/// Opens WebSockets for those who ask for one as they should (RFC 6455).
package struct WebSocketDoor: Sendable {
    private let crossOrigin: CrossOrigin
    /// Of messages: what a client says counts as its requests do.
    private let limiter: RateLimiter?
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameter now: what rates are counted by.
    package init(
        _ configuration: HTTPConfiguration,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { SteadyClock.now }
    ) {
        crossOrigin = CrossOrigin(allowed: configuration.allowedOrigins)
        limiter = configuration.rate.map { RateLimiter($0) }
        self.now = now
    }

    /// Why a client may say nothing more at the moment.
    package func refusalOfMessage(from client: String) -> RPCFault? {
        limiter?.wait(of: client, at: now()).map {
            RPCFault(
                .resourceExhausted, "too many messages: send the next in \($0) s",
                retryAfterSeconds: $0)
        }
    }

    /// What a request says of the WebSocket that it asks for.
    ///
    /// - Throws: `WebSocketRefusal`; PERMISSION_DENIED for a page from elsewhere.
    package func handshake(_ request: Request) throws -> WebSocketHandshake {
        let handshake = try WebSocketHandshake(request.headers, method: request.method)
        if let fault = crossOrigin.refusalOfSocket(request) { throw fault }
        return handshake
    }

    /// Goes on as a WebSocket. The request's body is then what the client says, a part a message;
    /// it ends when the socket does, from whichever side.
    ///
    /// - Parameters:
    ///   - selected: one of the subprotocols that the client offers; `nil` where there are none.
    ///   - talk: sends messages. A socket that it leaves open is closed behind it; one that it
    ///     fails on is cut off.
    package func open(
        _ handshake: WebSocketHandshake, selecting selected: String?,
        _ talk: @escaping @Sendable @concurrent (inout WebSocketWriter) async throws -> Void
    ) -> Response {
        Response(
            status: .switchingProtocols, headers: handshake.answer(selecting: selected),
            body: ResponseBody { writer in
                var socket = WebSocketWriter(writer: writer)
                // The connection's thread writes bodies, and has others to serve.
                try await withTaskExecutorPreference(globalConcurrentExecutor) {
                    try await talk(&socket)
                }
                try await socket.close(.normal)
            })
    }
}

/// What a WebSocket's client is sent.
package struct WebSocketWriter {
    private var writer: any ResponseBodyWriter
    private var isClosed = false

    fileprivate init(writer: any ResponseBodyWriter) {
        self.writer = writer
    }

    /// Returns once there is room for more: that is the back pressure. Behind the end nothing is
    /// sent.
    @concurrent
    package mutating func send(_ text: String) async throws {
        guard !isClosed else { return }
        try await writer.write(ByteBuffer(string: text))
    }

    /// Says that it ends, behind all that was sent; a second time, nothing.
    @concurrent
    package mutating func close(_ close: WebSocketClose) async throws {
        guard !isClosed else { return }
        isClosed = true
        try await writer.finish(close.trailer)
    }
}

extension Response {
    /// The answer to who does not ask for a WebSocket as one should.
    package static func refusal(_ refusal: WebSocketRefusal) -> Response {
        let (words, status): (String, HTTPResponse.Status) =
            switch refusal {
            case .notAsked:
                (
                    "this is a WebSocket: ask with «Upgrade: websocket», «Connection: Upgrade»",
                    .upgradeRequired
                )
            case .version:
                ("the version is \(WebSocketHandshake.version): send it", .upgradeRequired)
            case .key: ("Sec-WebSocket-Key is not 16 bytes in base64: send those", .badRequest)
            case .offers:
                ("Sec-WebSocket-Protocol names one twice: name each once", .badRequest)
            case .body: ("a request for a WebSocket has no body: leave it out", .badRequest)
            }
        var response = Response.fault(.invalidArgument(words), status: status)
        if status == .upgradeRequired {
            response.headers[.upgrade] = "websocket"
            response.headers[.secWebSocketVersion] = WebSocketHandshake.version
        }
        return response
    }
}
