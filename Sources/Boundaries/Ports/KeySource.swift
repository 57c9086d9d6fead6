import FoundationEssentials

/// Where keys that verify tokens come from.
package enum KeySource: Sendable, Equatable {
    /// For HS256.
    case secret(SharedSecret)
    /// A JSON Web Key Set (RFC 7517) in a file, for RS256 and ES256.
    case file(path: String)
    /// The same behind a URL.
    case url(KeySetURL)
}

/// What a token's `iss` and `aud` must be; `nil`: they are not looked at.
package struct TokenExpectations: Sendable, Equatable {
    package let issuer: String?
    /// One of the token's, where it has several.
    package let audience: String?

    package init(issuer: String? = nil, audience: String? = nil) {
        self.issuer = issuer
        self.audience = audience
    }
}

/// What issuer and verifier share. Interpolation, logging and dumping do not show it.
package struct SharedSecret: Sendable, Equatable {
    /// The secret itself; named so that every use is visible in review.
    package let exposed: String

    /// `nil` when it is too short to be one.
    package init?(_ text: String) {
        guard text.utf8.count >= TokenLimits.secretBytesMinimum else { return nil }
        exposed = text
    }
}

extension SharedSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<redacted>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where a key set is fetched from: `https`, or `http` from this machine, since who can change the
/// answer on its way chooses who is let in. No user, no password and no fragment.
package struct KeySetURL: Sendable, Equatable {
    /// As it is requested; a query may hold a secret.
    package let text: String
    /// Without its query.
    private let shown: String

    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let url = URL(string: text),
            let scheme = url.scheme?.lowercased(), let host = url.host(), !host.isEmpty,
            url.user() == nil, url.password() == nil, url.fragment() == nil,
            (1...65_535).contains(url.port ?? 443),
            scheme == "https" || scheme == "http" && LoopbackHost.contains(host)
        else { return nil }
        self.text = text
        shown = String(text.prefix { $0 != "?" })
    }
}

extension KeySetURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { shown }
    package var debugDescription: String { shown }
    package var customMirror: Mirror { Mirror(self, children: ["url": shown]) }
}

/// Hosts that only this machine reaches.
package enum LoopbackHost {
    /// Whether a host, as written, is in 127.0.0.0/8, `::1` or `localhost`. A name that merely
    /// resolves to one of them is not.
    package static func contains(_ host: String) -> Bool {
        let name = host.lowercased()
        if name == "localhost" || name == "::1" || name == "[::1]" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count)
                    && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                    && UInt8(part) != nil
            }
    }
}
