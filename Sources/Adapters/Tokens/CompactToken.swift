import Ports

/// How a token may be signed. Anything else, `none` among it, is refused before a key is looked at.
enum TokenAlgorithm: String, Sendable, CaseIterable {
    case rs256 = "RS256"
    case es256 = "ES256"
    case hs256 = "HS256"
}

/// What a token's header says of its signature.
///
/// Keys that a header brings along or points at (`jwk`, `jku`, `x5c`, `x5u`) are not looked at:
/// whoever wrote the token chose them.
struct TokenHeader: Sendable, Equatable {
    let algorithm: TokenAlgorithm
    /// The name of the key, `kid`.
    let keyID: String?

    init(algorithm: TokenAlgorithm, keyID: String?) {
        self.algorithm = algorithm
        self.keyID = keyID
    }

    init(_ json: [UInt8]) throws(TokenRefusal) {
        guard let members = (try? JSONReader.value(of: json))?.object,
            let name = members["alg"]?.text
        else { throw .malformed(.header) }
        guard let algorithm = TokenAlgorithm(rawValue: name) else { throw .unsupportedAlgorithm }
        guard members["crit"] == nil else { throw .malformed(.critical) }
        let keyID = members["kid"]
        guard keyID == nil || keyID?.text != nil else { throw .malformed(.header) }
        self.init(algorithm: algorithm, keyID: keyID?.text)
    }
}

/// A token in its parts (JWS compact serialisation, RFC 7515, 7.1), none of them verified.
struct CompactToken: Sendable {
    let header: TokenHeader
    /// JSON, not yet read.
    let claims: [UInt8]
    let signature: [UInt8]
    /// What is signed: header and claims as they were sent.
    let signed: [UInt8]

    /// - Parameter token: its length has been looked at.
    init(_ token: String) throws(TokenRefusal) {
        let bytes = Array(token.utf8)
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]),
            let claims = Base64URL.decode(parts[1]), let signature = Base64URL.decode(parts[2])
        else { throw .malformed(.form) }
        self.header = try TokenHeader(header)
        self.claims = claims
        self.signature = signature
        signed = Array(bytes[..<parts[1].endIndex])
    }
}
