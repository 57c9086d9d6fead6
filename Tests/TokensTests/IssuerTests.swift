import Accounts
import Market
import Ports
import TestSupport
import Testing

@testable import Tokens

@Suite("Tokens that are made here")
struct IssuerTests {
    private static let secret = "a secret that is longer than 32 bytes"
    private let start = Samples.instant(1_600_000_000)

    private func token(
        for principal: Principal, expecting expectations: TokenExpectations = TokenExpectations()
    ) async throws -> String {
        let secret = try #require(SharedSecret(Self.secret))
        return try await JWTIssuer(secret, expecting: expectations).accessToken(
            for: principal, session: SessionID("s"), from: start, lifetimeSeconds: 600)
    }

    private func verifier(
        _ secret: String = IssuerTests.secret,
        expecting expectations: TokenExpectations = TokenExpectations()
    ) async throws -> JWTVerifier {
        try await JWTVerifier(
            [.secret(try #require(SharedSecret(secret)))], expecting: expectations, at: start,
            failed: { _ in })
    }

    @Test("they stand for whom they were made, until they end")
    func verified() async throws {
        let verifier = try await verifier()
        for principal in [
            Principal(subject: "ann", scopes: [.admin]),
            Principal(
                subject: "bob@acme.example", scopes: [.manager, .user],
                organisation: OrganisationName("acme")),
        ] {
            let token = try await token(for: principal)
            #expect(try await verifier.principal(of: token, at: start) == principal)
            await #expect(throws: TokenRefusal.expired) {
                try await verifier.principal(of: token, at: Samples.instant(1_600_000_700))
            }
        }
    }

    @Test("they name the issuer and the audience that verifiers expect, and no others do")
    func expectations() async throws {
        let ann = Principal(subject: "ann", scopes: [.user])
        let expected = TokenExpectations(issuer: "https://bloasis", audience: "traders")
        let token = try await token(for: ann, expecting: expected)
        #expect(
            try await verifier(expecting: expected).principal(of: token, at: start) == ann)
        await #expect(throws: TokenRefusal.wrongAudience) {
            try await verifier(expecting: TokenExpectations(issuer: nil, audience: "others"))
                .principal(of: token, at: start)
        }
        await #expect(throws: TokenRefusal.badSignature) {
            try await verifier("another secret, longer than 32 bytes")
                .principal(of: token, at: start)
        }
    }
}
