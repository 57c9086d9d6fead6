import Accounts
import Market
import TestSupport
import Testing
import Trading

@Suite("how fast passwords may be tried")
struct LoginPaceTests {
    private let ada: UserID
    private let bob: UserID

    init() throws {
        ada = try #require(UserID("ada"))
        bob = try #require(UserID("bob"))
    }

    @Test("a few at once, then after pauses that grow to a limit; of nobody else")
    func pauses() {
        var pace = LoginPace()
        var waits: [Int64] = []
        var second: Int64 = 0
        for _ in 0..<20 {
            let wait = pace.wait(of: ada, at: Samples.instant(second)) ?? 0
            waits.append(wait)
            second += wait
            #expect(pace.wait(of: ada, at: Samples.instant(second)) == nil)
            pace.began(ada, at: Samples.instant(second))
        }
        #expect(waits.prefix(14) == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256])
        #expect(waits.dropFirst(14).allSatisfy { $0 == LoginPace.longestPauseSeconds })
        #expect(pace.wait(of: bob, at: Samples.instant(second)) == nil)
    }

    @Test("who logs in begins anew, and so does who stays away")
    func forgiveness() {
        var pace = LoginPace()
        let now = Samples.instant(0)
        for _ in 0..<8 { pace.began(ada, at: now) }
        #expect(pace.wait(of: ada, at: now) == 8)
        pace.succeeded(ada)
        #expect(pace.wait(of: ada, at: now) == nil && pace.count == 0)
        for _ in 0..<8 { pace.began(ada, at: now) }
        let later = Samples.instant(11 * LoginPace.longestPauseSeconds)
        pace.began(ada, at: later)
        #expect(pace.wait(of: ada, at: later) == nil)
    }

    @Test("what was withdrawn leaves the pace as it was")
    func withdrawn() throws {
        var pace = LoginPace()
        let ada = try #require(UserID("ada"))
        let now = Samples.instant(0)
        for _ in 0..<20 {
            pace.began(ada, at: now)
            pace.withdrew(ada)
        }
        #expect(pace.wait(of: ada, at: now) == nil && pace.count == 0)
        pace.withdrew(ada)
        for _ in 0..<LoginPace.free { pace.began(ada, at: now) }
        #expect(pace.wait(of: ada, at: now) != nil)
    }

    @Test("what is remembered has a limit, and the latest stay")
    func limit() throws {
        var pace = LoginPace()
        for number in 0...LoginPace.countLimit {
            let user = try #require(UserID("u\(number)"))
            for _ in 0..<6 { pace.began(user, at: Samples.instant(Int64(number))) }
        }
        #expect(pace.count <= LoginPace.countLimit)
        let now = Samples.instant(Int64(LoginPace.countLimit))
        let last = try #require(UserID("u\(LoginPace.countLimit)"))
        let first = try #require(UserID("u0"))
        #expect(pace.wait(of: last, at: now) != nil)
        #expect(pace.wait(of: first, at: now) == nil)
    }
}
