import Crypto
import Market
import Ports
import TestSupport
import Testing

@testable import Tokens

@Suite("Tokens verified a moment ago")
struct VerifiedTokensTests {
    private let now = Samples.day(19_000)
    private let alice = Principal(subject: "alice", scopes: [.user])

    private func digest(_ number: Int) -> SHA256Digest {
        SHA256.hash(data: Array("\(number)".utf8))
    }

    @Test("are known for a minute, and no longer than they are valid")
    func ends() {
        var tokens = VerifiedTokens()
        tokens.remember(digest(1), alice, keys: 1, at: now, until: now + 3_600)
        tokens.remember(digest(2), alice, keys: 1, at: now, until: now + 10)
        func isKnown(_ number: Int, after seconds: Int) -> Bool {
            tokens.principal(digest(number), keys: 1, at: now + seconds) != nil
        }
        let lifetime = VerifiedTokens.lifetimeSeconds
        #expect(isKnown(1, after: 0) && isKnown(1, after: lifetime - 1))
        #expect(!isKnown(1, after: lifetime))
        #expect(isKnown(2, after: 9) && !isKnown(2, after: 10))
        #expect(!isKnown(1, after: -1))
        #expect(!isKnown(3, after: 0))
        #expect(tokens.principal(digest(1), keys: 2, at: now) == nil)
        tokens.remember(digest(4), alice, keys: 1, at: .latest, until: .latest)
        #expect(tokens.principal(digest(4), keys: 1, at: .latest) == nil)
    }

    @Test("are so many at the most; the last half of that many are always among them")
    func bounded() {
        var tokens = VerifiedTokens()
        let half = VerifiedTokens.countLimit / 2
        for number in 0..<(5 * half + 7) {
            tokens.remember(digest(number), alice, keys: 1, at: now, until: now + 60)
            #expect(tokens.count <= VerifiedTokens.countLimit)
            let earlier = max(0, number - half + 1)
            #expect(tokens.principal(digest(earlier), keys: 1, at: now) == alice)
        }
        #expect(tokens.principal(digest(0), keys: 1, at: now) == nil)
    }
}
