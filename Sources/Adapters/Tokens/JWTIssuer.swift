package import Accounts
import FoundationEssentials
import JWTKit
package import Market
package import Ports

/// Signs access tokens that `JWTVerifier` verifies: HS256, with the secret all services share.
package struct JWTIssuer: TokenIssuer {
    private let secret: SharedSecret
    private let expectations: TokenExpectations

    /// - Parameter expectations: what verifiers want to read is written.
    package init(_ secret: SharedSecret, expecting expectations: TokenExpectations) {
        self.secret = secret
        self.expectations = expectations
    }

    package func accessToken(
        for principal: Principal, session: SessionID, from start: Timestamp,
        lifetimeSeconds: Int64
    ) async throws -> String {
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: secret.exposed), digestAlgorithm: .sha256)
        let issued = start.nanoseconds / Timestamp.nanosecondsPerSecond
        return try await keys.sign(
            AccessClaims(
                sub: principal.subject, org: principal.organisation?.text,
                scope: principal.scopes.map(\.rawValue).sorted().joined(separator: " "),
                iat: issued, exp: issued + lifetimeSeconds, iss: expectations.issuer,
                aud: expectations.audience, sid: session.text))
    }
}

/// The names are those of RFC 7519, RFC 8693 (`scope`) and OpenID Connect's front-channel logout
/// (`sid`).
private struct AccessClaims: JWTPayload {
    let sub: String
    let org: String?
    let scope: String
    let iat: Int64
    let exp: Int64
    let iss: String?
    let aud: String?
    let sid: String

    /// Tokens are only made with it.
    func verify(using algorithm: some JWTAlgorithm) throws {}
}
