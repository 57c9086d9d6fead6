import Crypto
import FoundationEssentials
import HTTPTypes

/// What the head of a request says of a WebSocket (RFC 6455, sections 4.1 and 4.2).
package struct WebSocketHandshake: Sendable, Equatable {
    /// The one version there is.
    static let version = "13"
    /// Bytes that a key stands for.
    private static let keyBytes = 16
    /// What a server adds to a key to show that it speaks the protocol (section 1.3).
    private static let identifier = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// The subprotocols that the client offers, those it likes best first. They may hold a token.
    package let offers: [String]
    private let key: String

    /// - Throws: `WebSocketRefusal`.
    init(_ fields: HTTPFields, method: HTTPRequest.Method) throws(WebSocketRefusal) {
        guard WebSocketHandshake.isAsked(fields, method: method) else { throw .notAsked }
        guard fields[values: .secWebSocketVersion] == [WebSocketHandshake.version] else {
            throw .version
        }
        guard fields[values: .transferEncoding].isEmpty,
            fields[values: .contentLength].allSatisfy({ $0 == "0" })
        else { throw .body }
        let keys = fields[values: .secWebSocketKey]
        guard keys.count == 1,
            Data(base64Encoded: keys[0])?.count == WebSocketHandshake.keyBytes
        else { throw .key }
        key = keys[0]
        offers = fields.items(of: .secWebSocketProtocol)
        guard Set(offers).count == offers.count else { throw .offers }
    }

    /// Whether a request asks to go on as a WebSocket.
    static func isAsked(_ fields: HTTPFields, method: HTTPRequest.Method) -> Bool {
        method == .get && fields.items(of: .upgrade).contains { $0.lowercased() == "websocket" }
            && fields.items(of: .connection).contains { $0.lowercased() == "upgrade" }
    }

    /// What `101 Switching Protocols` says.
    ///
    /// - Parameter selected: one of the offers; `nil` where there were none.
    func answer(selecting selected: String?) -> HTTPFields {
        var fields: HTTPFields = [
            .upgrade: "websocket", .connection: "Upgrade", .secWebSocketAccept: accept,
        ]
        fields[.secWebSocketProtocol] = selected
        return fields
    }

    /// That the server has read the key; SHA-1 is what the protocol has, and keeps nothing secret.
    private var accept: String {
        let digest = Insecure.SHA1.hash(data: Data((key + WebSocketHandshake.identifier).utf8))
        return Data(digest).base64EncodedString()
    }
}

/// Why a request cannot go on as a WebSocket.
package enum WebSocketRefusal: Error, Equatable {
    case notAsked
    case version
    case key
    case offers
    /// Behind its head nothing may come but frames: a body would be taken for messages.
    case body
}

extension HTTPFields {
    /// The items of a field that is a list, however many times it is there.
    func items(of name: HTTPField.Name) -> [String] {
        self[values: name].flatMap { $0.split(separator: ",") }
            .map { $0.filter { $0 != " " && $0 != "\t" } }
            .filter { !$0.isEmpty }
    }
}
