import Market
import Ports
import Testing

@testable import Tokens

@Suite("Tokens as another implementation made and judged them")
struct GoldenTokenTests {
    /// What PyJWT calls our refusals; its missing claims are several of ours.
    private static let names: [String: Set<TokenRefusal>] = [
        "ExpiredSignatureError": [.expired],
        "ImmatureSignatureError": [.notYetValid],
        "InvalidSignatureError": [.badSignature],
        "InvalidAlgorithmError": [.unsupportedAlgorithm],
        "InvalidIssuerError": [.wrongIssuer],
        "InvalidAudienceError": [.wrongAudience],
        "MissingRequiredClaimError": [
            .malformed(.expiry), .malformed(.subject), .wrongIssuer, .wrongAudience,
        ],
    ]

    @Test("each is accepted or refused, for the same reason")
    func verdicts() async throws {
        let workshop = try Workshop()
        let golden = workshop.golden
        #expect(golden.tokens.count > 60)
        for row in golden.tokens {
            let verifier = try await workshop.verifier(expecting: row.expectations)
            switch await verifier.answer(row.token, at: golden.instant) {
            case .success(let principal):
                #expect(row.verdict == "accepted", "\(row.name)")
                #expect(principal.subject == row.subject, "\(row.name)")
                #expect(
                    Set(principal.scopes.map(\.rawValue)) == Set(row.scopes ?? []), "\(row.name)")
            case .failure(let refusal):
                let expected = try #require(Self.names[row.verdict], "\(row.name): \(row.verdict)")
                #expect(expected.contains(refusal), "\(row.name): \(refusal)")
            }
        }
    }

    @Test("no refusal says anything of the token")
    func silence() async throws {
        let workshop = try Workshop()
        for row in workshop.golden.tokens {
            let verifier = try await workshop.verifier(expecting: row.expectations)
            guard case .failure(let refusal) = await verifier.answer(row.token, at: workshop.now)
            else { continue }
            let said = "\(refusal) \(String(reflecting: refusal))"
            for part in row.token.split(separator: ".") { #expect(!said.contains(part)) }
            for value in ["alice", "issuer.example", "rsa-1"] { #expect(!said.contains(value)) }
        }
    }

    @Test("without keys of its kind a good token has an unknown key")
    func noKeys() async throws {
        let workshop = try Workshop()
        let verifier = try await JWTVerifier(
            [try workshop.secret()], expecting: TokenExpectations(), at: workshop.now,
            failed: { _ in })
        for algorithm in TokenAlgorithm.allCases {
            let token = try workshop.golden.token("\(algorithm.rawValue), a text of scopes")
            let answer = await verifier.answer(token, at: workshop.now)
            if algorithm == .hs256 {
                #expect(throws: Never.self) { try answer.get() }
            } else {
                #expect(answer == .failure(.unknownKey))
            }
        }
    }
}
