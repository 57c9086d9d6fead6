import Accounts
import Market
import TestSupport
import Testing

@Suite("sessions")
struct LoginSessionTests {
    private let day: Int64 = 86_400

    private func session() throws -> LoginSession {
        Samples.session("s", of: try Samples.account("ada"))
    }

    private func instant(_ second: Int64) -> Timestamp { Samples.instant(1_600_000_000 + second) }

    private func renewal(
        of session: LoginSession, by token: String = "s-0", second: Int64
    ) -> Renewal {
        Renewal(
            of: session, by: TokenDigest(token), next: TokenDigest("n"), isDisabled: false,
            at: instant(second))
    }

    @Test("a session that nobody renews ends, and one that is renewed ends later, but it ends")
    func ends() throws {
        var session = try session()
        let idle = LoginSession.idleDays * day
        #expect(renewal(of: session, second: idle) == .refused(.expired))
        var second: Int64 = 0
        while true {
            second += idle - 1
            guard
                case .renewed(let next) = Renewal(
                    of: session, by: session.current, next: TokenDigest("t\(second)"),
                    isDisabled: false, at: instant(second))
            else { break }
            session = next
        }
        #expect(second >= LoginSession.lifetimeDays * day)
        #expect(second - (idle - 1) < LoginSession.lifetimeDays * day)
    }

    @Test("an earlier token ends the session also when it could not be renewed any more")
    func reuse() throws {
        let session = try session()
        guard
            case .reused(let over) = renewal(
                of: session, by: "older", second: 100 * day)
        else {
            Issue.record("the token was taken for another")
            return
        }
        #expect(over.ended?.because == .reused && over.ended?.at == instant(100 * day))
        #expect(renewal(of: over, second: 1) == .refused(.ended(.reused)))
    }

    @Test("what has ended stays as it ended")
    func endsOnce() throws {
        var session = try session()
        session.end(at: instant(1), because: .loggedOut)
        session.end(at: instant(2), because: .reused)
        #expect(session.ended?.at == instant(1) && session.ended?.because == .loggedOut)
    }
}
