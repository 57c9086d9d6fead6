import JWTKit
import Market
import Ports
import Testing

@testable import Tokens

@Suite("What a key set gives")
struct KeySetDocumentTests {
    private func keys(
        _ document: String
    ) async throws(KeySetDocument.Flaw) -> [VerificationKey] {
        try await KeySetDocument.keys(in: Array(document.utf8))
    }

    /// The fixture's keys, each with other members.
    private func document(rsa: String = "", ec: String = "") throws -> String {
        let golden = try GoldenTokens.load()
        let (first, second) = (golden.keySet.keys[0], golden.keySet.keys[1])
        return """
            {"keys":[
            {"kty":"RSA","n":"\(first.modulus ?? "")","e":"AQAB"\(rsa)},
            {"kty":"EC","crv":"P-256","x":"\(second.x ?? "")","y":"\(second.y ?? "")"\(ec)}
            ]}
            """
    }

    private func algorithms(_ document: String) async throws -> [TokenAlgorithm] {
        try await keys(document).map(\.algorithm)
    }

    @Test("keys with and without names, algorithms and uses")
    func accepted() async throws {
        #expect(try await keys(document()).map(\.id) == [nil, nil])
        let full = try document(
            rsa: #","kid":"r","alg":"RS256","use":"sig","key_ops":["verify"],"x5t":"?""#,
            ec: #","kid":"e","alg":"ES256","key_ops":["sign","verify"],"ext":true"#)
        #expect(try await keys(full).map(\.id) == ["r", "e"])
        #expect(try await algorithms(full) == [.rs256, .es256])
    }

    @Test(
        "keys for something else are passed over",
        arguments: [
            #","alg":"RS512""#, #","alg":"PS256""#, #","alg":"HS256""#, #","alg":"none""#,
            #","use":"enc""#, #","key_ops":["encrypt"]"#, #","key_ops":[]"#,
        ])
    func otherUses(members: String) async throws {
        #expect(try await algorithms(document(rsa: members)) == [.es256])
        #expect(try await algorithms(document(ec: members)) == [.rs256])
    }

    @Test(
        "keys that are none of ours are passed over",
        arguments: [
            #"{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#, #"{"kty":"EC","crv":"P-384"}"#,
            #"{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}"#, #"{"kty":"RSA"}"#,
            #"{"kty":"RSA","n":"AAAA","e":"AQAB"}"#, #"{"kty":"new"}"#, "{}", "null", "7", "[]",
        ])
    func strangers(key: String) async throws {
        let document = try document().replacing("[", with: "[\(key),")
        #expect(try await algorithms(document) == [.rs256, .es256])
        await #expect(throws: KeySetDocument.Flaw.self) { try await keys(#"{"keys":[\#(key)]}"#) }
    }

    @Test("an RSA key of fewer than 2,048 bits is none")
    func shortModulus() async throws {
        let modulus = Workshop.encode([0x80] + [UInt8](repeating: 1, count: 127))
        let document = try document().replacing(
            "[", with: #"[{"kty":"RSA","n":"\#(modulus)","e":"AQAB"},"#)
        #expect(try await algorithms(document) == [.rs256, .es256])
    }

    @Test(
        "documents without a key to use",
        arguments: ["", "{}", "[]", #"{"keys":[]}"#, #"{"keys":{}}"#, "<html>", #"{"keys":[]"#])
    func empty(document: String) async {
        await #expect(throws: KeySetDocument.Flaw.self) { try await keys(document) }
    }

    @Test("as many keys as may be, and one more")
    func count() async throws {
        func many(_ count: Int) throws -> String {
            let fillers = String(repeating: "{},", count: count - 2)
            return try document().replacing("[", with: "[" + fillers)
        }
        #expect(try await algorithms(many(KeySetDocument.keyLimit)).count == 2)
        await #expect(throws: KeySetDocument.Flaw.self) {
            try await keys(many(KeySetDocument.keyLimit + 1))
        }
    }

    @Test("without a name at most a few keys of the algorithm are tried")
    func attempts() async throws {
        let workshop = try Workshop()
        let strangers = try document(ec: #","use":"enc""#)
            .replacing("[", with: "[" + Self.others(KeyRing.attemptLimit))
        let token = try workshop.golden.token("RS256, no key named")
        func answer(_ document: String) async throws -> Result<Principal, TokenRefusal> {
            let bytes = Array(document.utf8)
            let verifier = try await JWTVerifier(
                [try Workshop.url()], expecting: TokenExpectations(),
                fetcher: ScriptedFetcher { _ in bytes }, at: workshop.now, failed: { _ in })
            return await verifier.answer(token, at: workshop.now)
        }
        #expect(try await answer(strangers) == .failure(.badSignature))
        let fewer = try document().replacing("[", with: "[" + Self.others(KeyRing.attemptLimit - 1))
        let accepted = try await answer(fewer)
        #expect(throws: Never.self) { try accepted.get() }
    }

    /// RSA keys that nobody can sign with.
    private static func others(_ count: Int) -> String {
        (0..<count).map { number in
            var modulus = [UInt8](repeating: 0xC3, count: 256)
            modulus[255] = UInt8(2 * number + 1)
            return #"{"kty":"RSA","n":"\#(Workshop.encode(modulus))","e":"AQAB"},"#
        }.joined()
    }
}
