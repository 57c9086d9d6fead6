import Accounts
import Market
import Ports

/// What a token says of its bearer. Read only once its signature is known to be good.
struct TokenClaims: Sendable, Equatable {
    /// How far issuer's and verifier's clocks may be apart.
    static let leewaySeconds = 30

    let subject: String
    let scopes: Set<Scope>
    /// From here on it is not valid.
    let expiry: Timestamp
    /// Before, it is not valid.
    let start: Timestamp?
    let issuer: String?
    let audiences: [String]
    let organisation: OrganisationName?

    init(_ json: [UInt8]) throws(TokenRefusal) {
        guard let members = (try? JSONReader.value(of: json))?.object else {
            throw .malformed(.claims)
        }
        guard let subject = members["sub"]?.text, Self.isSubject(subject) else {
            throw .malformed(.subject)
        }
        guard let expiry = members["exp"].flatMap(Self.instant) else { throw .malformed(.expiry) }
        let start = members["nbf"].flatMap(Self.instant)
        guard start != nil || members["nbf"] == nil else { throw .malformed(.start) }
        self.subject = subject
        self.expiry = expiry
        self.start = start
        issuer = members["iss"]?.text
        audiences = try Self.audiences(members["aud"])
        scopes = try Self.scopes(members)
        organisation = try Self.organisation(members["org"])
    }

    /// Throws when the token is not for us, or not for now.
    func check(_ expectations: TokenExpectations, at now: Timestamp) throws(TokenRefusal) {
        guard now < lastInstant else { throw .expired }
        if let start, Self.shifted(start, bySeconds: -Self.leewaySeconds) > now {
            throw .notYetValid
        }
        if let wanted = expectations.issuer, !Self.isSame(wanted, issuer) { throw .wrongIssuer }
        if let wanted = expectations.audience,
            !audiences.contains(where: { Self.isSame(wanted, $0) })
        {
            throw .wrongAudience
        }
    }

    /// From here on no clock within the leeway finds it valid.
    var lastInstant: Timestamp { Self.shifted(expiry, bySeconds: Self.leewaySeconds) }

    // MARK: - Claims

    private static func isSubject(_ text: String) -> Bool {
        (1...TokenLimits.subjectBytes).contains(text.utf8.count)
            && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    private static func audiences(_ value: JSONValue?) throws(TokenRefusal) -> [String] {
        guard let value else { return [] }
        if let audience = value.text { return [audience] }
        guard let audiences = value.texts else { throw .malformed(.audience) }
        return audiences
    }

    /// Who belongs to one whose name cannot be read belongs nowhere: least of all to none.
    private static func organisation(
        _ value: JSONValue?
    ) throws(TokenRefusal) -> OrganisationName? {
        guard let value else { return nil }
        guard let name = value.text.flatMap(OrganisationName.init) else {
            throw .malformed(.organisation)
        }
        return name
    }

    /// `scope` (RFC 8693, 4.2) is a text with spaces; issuers write `scopes`, `scp` and lists too.
    private static func scopes(_ members: [String: JSONValue]) throws(TokenRefusal) -> Set<Scope> {
        var scopes: Set<Scope> = []
        for name in ["scope", "scopes", "scp"] {
            guard let value = members[name] else { continue }
            guard let names = value.text?.split(separator: " ").map(String.init) ?? value.texts
            else { throw .malformed(.scopes) }
            scopes.formUnion(names.compactMap(Scope.init(rawValue:)))
        }
        return scopes
    }

    /// Seconds since the epoch, with a fraction or not; what lies beyond time is its end.
    private static func instant(_ value: JSONValue) -> Timestamp? {
        guard case .number(let text) = value, let seconds = Double(text), seconds.isFinite else {
            return nil
        }
        let nanoseconds = seconds * Double(Timestamp.nanosecondsPerSecond)
        if let exact = Int64(exactly: nanoseconds.rounded()) {
            return Timestamp(nanoseconds: exact)
        }
        return seconds < 0 ? .earliest : .latest
    }

    private static func shifted(_ instant: Timestamp, bySeconds seconds: Int) -> Timestamp {
        let (nanoseconds, overflows) = instant.nanoseconds.addingReportingOverflow(
            Int64(seconds) * Timestamp.nanosecondsPerSecond)
        guard overflows else { return Timestamp(nanoseconds: nanoseconds) }
        return seconds < 0 ? .earliest : .latest
    }

    /// By bytes: `==` holds texts alike that others tell apart.
    private static func isSame(_ wanted: String, _ text: String?) -> Bool {
        text.map { wanted.utf8.elementsEqual($0.utf8) } ?? false
    }
}
