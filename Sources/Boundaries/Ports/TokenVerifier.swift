package import Accounts
package import Market

/// What a caller may do; `admin` may do all of it.
package enum Scope: String, Sendable, CaseIterable {
    /// Everything, of everybody.
    case admin = "bloasis:admin"
    /// To read regimes, and what is the user's own.
    case user = "bloasis:user"
    /// To send bars, and fills of any user.
    case ingest = "bloasis:ingest"
    /// To make services known in the registry, so that others are sent to them.
    case service = "bloasis:service"
    /// To keep the accounts of one's organisation.
    case manager = "bloasis:manager"
}

/// Who calls, as a verified token says.
package struct Principal: Hashable, Sendable {
    /// The token's `sub`; of a user, the user's id.
    package let subject: String
    /// Of those that are known here; a token may name others.
    package let scopes: Set<Scope>
    /// The token's `org`: whose data the caller is shown; `nil`: what is kept centrally.
    package let organisation: OrganisationName?

    package init(
        subject: String, scopes: Set<Scope>, organisation: OrganisationName? = nil
    ) {
        self.subject = subject
        self.scopes = scopes
        self.organisation = organisation
    }

    /// Whoever belongs to an organisation administers nothing, whatever its token says.
    package var isAdministrator: Bool { scopes.contains(.admin) && organisation == nil }
}

/// Says who a bearer token stands for.
package protocol TokenVerifier: Sendable {
    /// Who the token stands for at an instant.
    ///
    /// - Throws: `TokenRefusal`; a refused token stands for nobody.
    func principal(of token: String, at now: Timestamp) async throws(TokenRefusal) -> Principal
}

/// What tokens and the secrets behind them may measure.
package enum TokenLimits {
    /// Longest token that is looked at.
    package static let tokenBytes = 8_192
    /// Longest `sub`: whoever has a token can be named as a user.
    package static let subjectBytes = IdentifierRule.lengthLimit
    /// Shortest secret for HS256: as long as its hash (RFC 7518, 3.2).
    package static let secretBytesMinimum = 32
}

/// Why a token stands for nobody. Nothing of the token is in it.
package enum TokenRefusal: Error, Hashable, Sendable {
    /// What cannot be read.
    package enum Flaw: Sendable, CaseIterable {
        case length
        case form
        case header
        /// The token demands an extension (`crit`, RFC 7515, 4.1.11).
        case critical
        case claims
        case subject
        case expiry
        case start
        case audience
        case scopes
        case organisation
    }

    case malformed(Flaw)
    /// `none` is one of them.
    case unsupportedAlgorithm
    case unknownKey
    case badSignature
    case expired
    case notYetValid
    case wrongIssuer
    case wrongAudience
    /// Nothing can be said of the token: no keys could be had so far.
    case keysUnavailable
}

extension TokenRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let flaw): "the token is malformed: \(flaw): get a new one"
        case .unsupportedAlgorithm:
            "the token is not signed with RS256, ES256 or HS256: sign it with one of them"
        case .unknownKey:
            "no key of that name and algorithm is known here: get a new token, or add its key"
        case .badSignature: "the token's signature is wrong: get a new one from the issuer"
        case .expired: "the token has expired: get a new one"
        case .notYetValid: "the token is not valid yet: use it later, or set the clock"
        case .wrongIssuer: "the token is from another issuer: get one from the configured issuer"
        case .wrongAudience: "the token is meant for others: get one for this audience"
        case .keysUnavailable: "the keys that verify tokens cannot be had at present: try again"
        }
    }
}

extension TokenRefusal.Flaw: CustomStringConvertible {
    package var description: String {
        switch self {
        case .length: "it is longer than \(TokenLimits.tokenBytes) bytes"
        case .form: "it is not three parts of base64url, parted by points"
        case .header: "its header is not a JSON object with alg, and kid as a text if at all"
        case .critical: "its header demands an extension (crit)"
        case .claims: "its claims are not a JSON object whose members occur once"
        case .subject:
            "sub is not a text of 1 to \(TokenLimits.subjectBytes) bytes without control characters"
        case .expiry: "exp is missing, or no number of seconds"
        case .start: "nbf is no number of seconds"
        case .audience: "aud is neither a text nor a list of texts"
        case .scopes: "scope, scopes or scp is neither a text nor a list of texts"
        case .organisation: "org is no organisation's name"
        }
    }
}
