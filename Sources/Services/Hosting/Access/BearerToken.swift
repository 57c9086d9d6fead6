import Market
import Ports

/// The token of an `Authorization: Bearer` header (RFC 6750, 2.1). It is not shown anywhere.
package struct BearerToken: Sendable, Equatable {
    /// The token itself; named so that every use is visible in review.
    package let exposed: String

    private static let scheme = "bearer"

    /// - Parameter headers: the values of all `Authorization` headers of a request.
    /// - Returns: `nil` when there is none.
    /// - Throws: `AccessRefusal.unauthenticated` for anything but one bearer token.
    package static func parse(_ headers: [String]) throws(AccessRefusal) -> BearerToken? {
        guard let value = headers.first else { return nil }
        guard headers.count == 1 else {
            throw .unauthenticated("there are \(headers.count) Authorization headers: send one")
        }
        guard value.utf8.count <= scheme.utf8.count + 1 + TokenLimits.tokenBytes else {
            throw .unauthenticated("\(TokenRefusal.malformed(.length))")
        }
        let parts = value.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == scheme else {
            throw .unauthenticated("the Authorization header is not «Bearer <token>»: send a token")
        }
        let token = parts[1].drop { $0 == " " }
        guard isToken(token.utf8) else {
            throw .unauthenticated("what follows «Bearer» is not one token: send one alone")
        }
        return BearerToken(exposed: String(token))
    }

    /// `b64token` of RFC 6750: letters, digits and `-._~+/`, then `=`.
    private static func isToken(_ bytes: Substring.UTF8View) -> Bool {
        let body = bytes.prefix { $0 != UInt8(ascii: "=") }
        return !body.isEmpty && bytes.dropFirst(body.count).allSatisfy { $0 == UInt8(ascii: "=") }
            && body.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
    }
}

extension BearerToken: Concealed {
    package var description: String { Redaction.mask }
}
