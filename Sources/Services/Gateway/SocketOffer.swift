import Contracts
import HTTPServing

/// What a client offers besides the messages' own subprotocol: a token.
///
/// A browser sets no `Authorization` for a WebSocket, and what stands in a URL is written down by
/// whoever passes it on. So the token may be offered as a subprotocol, which is never selected.
struct SocketOffer: Equatable {
    /// Of the messages.
    static let subprotocol = "bloasis.v1"
    static let tokenPrefix = "bearer."

    /// What the server selects; `nil` where nothing is offered.
    let selected: String?
    /// As the header would have it; a secret.
    let authorization: String?

    /// - Parameters:
    ///   - offers: the subprotocols that the client offers.
    ///   - authorization: the header.
    /// - Throws: INVALID_ARGUMENT.
    init(_ offers: [String], authorization: String?) throws(RPCFault) {
        let tokens = offers.filter { $0.hasPrefix(SocketOffer.tokenPrefix) }
        guard tokens.count + (authorization == nil ? 0 : 1) <= 1 else {
            throw .invalidArgument(
                "there is more than one token: send it in Authorization, or as one subprotocol")
        }
        guard offers.isEmpty || offers.contains(SocketOffer.subprotocol) else {
            throw .invalidArgument(
                "none of the subprotocols that are offered is spoken here: offer "
                    + "\(SocketOffer.subprotocol)")
        }
        selected = offers.isEmpty ? nil : SocketOffer.subprotocol
        self.authorization =
            authorization
            ?? tokens.first.map { "Bearer " + $0.dropFirst(SocketOffer.tokenPrefix.count) }
    }
}
