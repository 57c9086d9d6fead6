import Market
import Ports
import TestSupport
import Testing

@testable import Tokens

@Suite("Tokens that are not what they should be")
struct RefusalTests {
    private func refusal(_ token: String, _ workshop: Workshop) async throws -> TokenRefusal? {
        let verifier = try await workshop.verifier()
        if case .failure(let refusal) = await verifier.answer(token, at: workshop.now) {
            return refusal
        }
        return nil
    }

    private func claims(_ workshop: Workshop, _ more: String = "") -> String {
        #"{"sub":"alice","exp":\#(workshop.seconds + 60)\#(more)}"#
    }

    @Test("any byte changed, the token is refused", arguments: TokenAlgorithm.allCases)
    func tampered(algorithm: TokenAlgorithm) async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        let token = try workshop.golden.token("\(algorithm.rawValue), a text of scopes")
        for seed in Sweep.seeds(2) {
            var generator = SplitMix64(seed: seed)
            for index in token.utf8.indices {
                var bytes = Array(token.utf8)
                let place = token.utf8.distance(from: token.startIndex, to: index)
                let old = bytes[place]
                // Most often a letter that may stand there, so that more than the form is tried.
                let letters = Array("ABYZabyz0189-_.".utf8)
                repeat {
                    bytes[place] =
                        generator.next() % 4 > 0
                        ? letters[Int(generator.next() % UInt64(letters.count))]
                        : UInt8(generator.next() % 128)
                } while bytes[place] == old
                let changed = String(decoding: bytes, as: UTF8.self)
                let answer = await verifier.answer(changed, at: workshop.now)
                guard case .failure = answer else {
                    Issue.record("seed \(seed): byte \(place) of \(algorithm)")
                    continue
                }
            }
        }
        #expect(try await verifier.principal(of: token, at: workshop.now).subject == "alice")
    }

    @Test("any last letter but its own is refused", arguments: TokenAlgorithm.allCases)
    func lastLetter(algorithm: TokenAlgorithm) async throws {
        let workshop = try Workshop()
        let token = try workshop.golden.token("\(algorithm.rawValue), a text of scopes")
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        let verifier = try await workshop.verifier()
        for letter in letters where letter != token.last {
            let changed = token.dropLast() + String(letter)
            guard case .failure = await verifier.answer(String(changed), at: workshop.now) else {
                Issue.record("\(algorithm): the last letter may also be \(letter)")
                continue
            }
        }
    }

    @Test("cut off anywhere, the token is refused", arguments: TokenAlgorithm.allCases)
    func truncated(algorithm: TokenAlgorithm) async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        let token = try workshop.golden.token("\(algorithm.rawValue), a text of scopes")
        for length in 0..<token.utf8.count {
            guard
                case .failure = await verifier.answer(
                    String(token.prefix(length)), at: workshop.now)
            else {
                Issue.record("\(algorithm): \(length) bytes")
                continue
            }
        }
    }

    @Test("as long as may be it is read, one byte longer it is not")
    func length() async throws {
        let workshop = try Workshop()
        let verifier = try await workshop.verifier()
        /// A token whose claims have so many bytes, which a member without a meaning fills.
        func token(claimBytes: Int) async throws -> String {
            let rest = claims(workshop, #","x":"""#).utf8.count
            let filler = String(repeating: "x", count: claimBytes - rest)
            return try await workshop.token(claims: claims(workshop, #","x":"\#(filler)""#))
        }
        let longest = try await token(claimBytes: 6_095)
        #expect(longest.utf8.count == TokenLimits.tokenBytes)
        #expect(try await verifier.principal(of: longest, at: workshop.now).subject == "alice")
        let longer = try await token(claimBytes: 6_096)
        #expect(longer.utf8.count == TokenLimits.tokenBytes + 1)
        #expect(await verifier.answer(longer, at: workshop.now) == .failure(.malformed(.length)))
        let endless = String(repeating: "A.", count: 1 << 20)
        #expect(await verifier.answer(endless, at: workshop.now) == .failure(.malformed(.length)))
    }

    @Test(
        "what has no form of a token",
        arguments: [
            "", ".", "..", "...", "a", "a.b", "e30", "e30.e30", "e30.e30.e30.e30", "e30.e30.a",
            "e3 0.e30.", "e30=.e30.", "ü.e30.", "e30.e30\n.", " e30.e30.", "e31.e30.", "\u{0}.e30.",
            "a.b.c.d.e",
        ])
    func formless(token: String) async throws {
        let refusal = try await refusal(token, try Workshop())
        #expect(refusal == .malformed(.form) || refusal == .malformed(.header))
    }

    @Test(
        "headers that say too little, too much or the same thing twice",
        arguments: [
            #"{}"#, #"[]"#, #""HS256""#, #"{"alg":null}"#, #"{"alg":256}"#, #"{"alg":["HS256"]}"#,
            #"{"alg":"HS256","kid":1}"#, #"{"alg":"HS256","kid":null}"#, #"{"alg":"HS256"}x"#,
            #"{"alg":"none","alg":"HS256"}"#, #"{"alg":"HS256","a\u006cg":"HS256"}"#,
            "\u{FEFF}" + #"{"alg":"HS256"}"#, #"{"alg":"HS256",}"#,
        ])
    func headers(header: String) async throws {
        let workshop = try Workshop()
        let token = try await workshop.token(header: header, claims: claims(workshop))
        #expect(try await refusal(token, workshop) == .malformed(.header))
    }

    @Test("an extension that must be understood is not")
    func critical() async throws {
        let workshop = try Workshop()
        let token = try await workshop.token(
            header: #"{"alg":"HS256","b64":true,"crit":["b64"]}"#, claims: claims(workshop))
        #expect(try await refusal(token, workshop) == .malformed(.critical))
    }

    @Test("keys that a header brings along are not looked at")
    func embedded() async throws {
        let workshop = try Workshop()
        let key = #"{"kty":"oct","k":"AAAA"}"#
        let header = #"{"alg":"HS256","jwk":\#(key),"jku":"https://evil.example/","x5c":["x"]}"#
        let good = try await workshop.token(header: header, claims: claims(workshop))
        #expect(try await refusal(good, workshop) == nil)
        let signed = good.split(separator: ".").dropLast().joined(separator: ".")
        #expect(try await refusal(signed + ".AAAA", workshop) == .badSignature)
    }

    @Test(
        "claims that are none, or that two readers could read differently",
        arguments: [
            "", "[]", "null", #""sub""#, "{", #"{"sub":"a","sub":"b","exp":1}"#,
            #"{"exp":1,"sub":"a","exp":9999999999}"#, #"{"sub":"a","\u0073ub":"b","exp":1}"#,
            #"{"sub":"a","x":{"y":1,"y":2}}"#, #"{"sub":"\ud800"}"#, #"{"sub":"a" "exp":1}"#,
            #"{"sub":'a'}"#, #"{"sub":"a","exp":01}"#, #"{"sub":"a","exp":NaN}"#,
        ])
    func broken(claims: String) async throws {
        let workshop = try Workshop()
        let token = try await workshop.token(claims: claims)
        #expect(try await refusal(token, workshop) == .malformed(.claims))
    }

    @Test("a name that no key has is unknown, whoever signed", arguments: ["", "rsa-2", "ec-1"])
    func unknownName(name: String) async throws {
        let workshop = try Workshop()
        let token = try await workshop.token(
            .rs256, header: #"{"alg":"RS256","kid":"\#(name)"}"#, claims: claims(workshop))
        #expect(try await refusal(token, workshop) == .unknownKey)
    }

    @Test("the shared secret has no name: a token may give it any")
    func namedSecret() async throws {
        let workshop = try Workshop()
        let token = try await workshop.token(
            header: #"{"alg":"HS256","kid":"rsa-1"}"#, claims: claims(workshop))
        #expect(try await refusal(token, workshop) == nil)
    }

    @Test("every refusal says what is wrong and what to do")
    func descriptions() {
        let refusals: [TokenRefusal] =
            TokenRefusal.Flaw.allCases.map { .malformed($0) } + [
                .unsupportedAlgorithm, .unknownKey, .badSignature, .expired, .notYetValid,
                .wrongIssuer, .wrongAudience, .keysUnavailable,
            ]
        #expect(Set(refusals.map { "\($0)" }).count == refusals.count)
        for refusal in refusals { #expect("\(refusal)".contains(": "), "\(refusal)") }
    }
}
