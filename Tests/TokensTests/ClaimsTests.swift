import Accounts
import Market
import Ports
import Testing

@testable import Tokens

@Suite("What a token's claims say")
struct ClaimsTests {
    private func claims(_ members: String) throws(TokenRefusal) -> TokenClaims {
        try TokenClaims(Array("{\(members)}".utf8))
    }

    private func second(_ seconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: seconds * Timestamp.nanosecondsPerSecond)
    }

    @Test("it is valid from the leeway before nbf to just before the leeway after exp")
    func period() throws {
        let claims = try claims(#""sub":"a","nbf":1000,"exp":2000.5"#)
        let none = TokenExpectations()
        let leeway = TokenClaims.leewaySeconds
        #expect(throws: TokenRefusal.notYetValid) {
            try claims.check(
                none, at: (second(1000) + -leeway).advanced(byNanoseconds: -1))
        }
        #expect(throws: Never.self) { try claims.check(none, at: second(1000) + -leeway) }
        let end = second(2000).advanced(byNanoseconds: 500_000_000) + leeway
        #expect(throws: Never.self) { try claims.check(none, at: end.advanced(byNanoseconds: -1)) }
        #expect(throws: TokenRefusal.expired) { try claims.check(none, at: end) }
        #expect(claims.lastInstant == end)
    }

    @Test(
        "an end beyond time is time's end",
        arguments: ["9999999999", "1e300", "9223372036.9", "9223372036"])
    func farAway(seconds: String) throws {
        let claims = try claims(#""sub":"a","exp":\#(seconds)"#)
        #expect(throws: Never.self) {
            try claims.check(TokenExpectations(), at: second(9_223_372_000))
        }
    }

    @Test(
        "before time's beginning it has expired, and begun", arguments: ["-1e300", "-9223372037"])
    func longAgo(seconds: String) throws {
        let expired = try claims(#""sub":"a","exp":\#(seconds)"#)
        #expect(throws: TokenRefusal.expired) {
            try expired.check(TokenExpectations(), at: second(0))
        }
        let begun = try claims(#""sub":"a","exp":1,"nbf":\#(seconds)"#)
        #expect(throws: Never.self) { try begun.check(TokenExpectations(), at: second(0)) }
    }

    @Test(
        "instants that are no numbers",
        arguments: [#""1""#, "null", "true", "[1]", "1e999", "{}"])
    func noInstant(value: String) {
        #expect(throws: TokenRefusal.malformed(.expiry)) {
            try claims(#""sub":"a","exp":\#(value)"#)
        }
        #expect(throws: TokenRefusal.malformed(.start)) {
            try claims(#""sub":"a","exp":1,"nbf":\#(value)"#)
        }
    }

    @Test("a subject has 1 to 255 bytes, none of them a control character")
    func subject() throws {
        let longest = String(repeating: "é", count: 127) + "a"
        #expect(try claims(#""sub":"\#(longest)","exp":1"#).subject == longest)
        for wrong in [longest + "b", "", #"a\nb"#, #"\u0000"#, #"a\u0085"#] {
            #expect(throws: TokenRefusal.malformed(.subject)) {
                try claims(#""sub":"\#(wrong)","exp":1"#)
            }
        }
        for wrong in ["1", "null", #"["a"]"#] {
            #expect(throws: TokenRefusal.malformed(.subject)) {
                try claims(#""sub":\#(wrong),"exp":1"#)
            }
        }
    }

    private static let spellings: [(members: String, scopes: Set<Scope>)] = [
        (#""scope":"bloasis:admin bloasis:user""#, [.admin, .user]),
        (#""scope":"  bloasis:ingest  ""#, [.ingest]),
        (#""scope":"""#, []),
        (#""scp":["bloasis:user"]"#, [.user]),
        (#""scp":"bloasis:user""#, [.user]),
        (#""scopes":["bloasis:ingest","x"]"#, [.ingest]),
        (#""scopes":[]"#, []),
        (#""scope":"bloasis:user","scp":["bloasis:ingest"]"#, [.user, .ingest]),
        (#""scope":"bloasis:Admin BLOASIS:USER admin bloasis:admin,bloasis:user""#, []),
        (#""scp":["bloasis:admin bloasis:user"]"#, []),
        (#""Scope":"bloasis:admin""#, []),
    ]

    @Test(
        "scopes come as one text or as a list, under three names; others are passed over",
        arguments: spellings)
    func scopes(members: String, scopes: Set<Scope>) throws {
        #expect(try claims(#""sub":"a","exp":1,"# + members).scopes == scopes)
    }

    @Test("scopes of another kind", arguments: ["1", "null", "{}", #"["a",1]"#, "true"])
    func noScopes(value: String) {
        for name in ["scope", "scopes", "scp"] {
            #expect(throws: TokenRefusal.malformed(.scopes)) {
                try claims(#""sub":"a","exp":1,"\#(name)":\#(value)"#)
            }
        }
    }

    @Test("issuer and audience count byte for byte, and only where they are expected")
    func destination() throws {
        let now = second(0)
        let composed = "caf\u{E9}"
        let claims = try claims(
            #""sub":"a","exp":1,"iss":"\#(composed)","aud":["x","\#(composed)"]"#)
        func check(_ issuer: String?, _ audience: String?) throws(TokenRefusal) {
            try claims.check(TokenExpectations(issuer: issuer, audience: audience), at: now)
        }
        #expect(throws: Never.self) { try check(nil, nil) }
        #expect(throws: Never.self) { try check(composed, composed) }
        #expect(throws: TokenRefusal.wrongIssuer) { try check("cafe\u{301}", nil) }
        #expect(throws: TokenRefusal.wrongAudience) { try check(nil, "cafe\u{301}") }
        #expect(throws: TokenRefusal.wrongAudience) { try check(nil, "") }
    }

    @Test("an audience is a text or a list of texts", arguments: ["1", "null", "[1]", "{}"])
    func noAudience(value: String) {
        #expect(throws: TokenRefusal.malformed(.audience)) {
            try claims(#""sub":"a","exp":1,"aud":\#(value)"#)
        }
    }

    @Test("an organisation is read as a name, and what is none is refused: not as no organisation")
    func organisation() throws {
        let acme = OrganisationName("acme")
        #expect(try claims(#""sub":"a","exp":1,"org":"acme""#).organisation == acme)
        #expect(try claims(#""sub":"a","exp":1"#).organisation == nil)
        for value in ["null", "1", #""""#, #""Acme""#, #"["acme"]"#, #""x' dbname=y""#] {
            #expect(throws: TokenRefusal.malformed(.organisation)) {
                try claims(#""sub":"a","exp":1,"org":\#(value)"#)
            }
        }
    }
}
