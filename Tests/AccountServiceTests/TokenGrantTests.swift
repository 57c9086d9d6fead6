import AccountService
import Accounts
import Contracts
import Ports
import TestSupport
import Testing

@Suite("tokens")
struct TokenGrantTests {
    @Test("a login gives a pair that says who it is for")
    func pair() async throws {
        let fixture = AccountFixture()
        try await fixture.organisation("acme")
        _ = try await fixture.signUp("bob", role: "manager", organisation: "acme")
        let pair = try await fixture.logIn("bob")
        #expect(pair.accessToken == "bob|acme|bloasis:manager,bloasis:user|600")
        #expect(pair.tokenType == "Bearer" && pair.expiresIn == 600)
        #expect(pair.refreshExpiresIn == LoginSession.idleDays * 86_400)
        #expect(pair.userID == "bob" && pair.organisation == "acme" && pair.role == "manager")
        // base64url of 32 bytes, and not what is stored.
        #expect(pair.refreshToken.utf8.count == 43)
        let sessions = try await fixture.store.sessions(of: Samples.account("bob").userID)
        #expect(sessions.count == 1)
        #expect(!sessions.contains { $0.current.text.contains(pair.refreshToken) })
    }

    @Test(
        "each role's token has the scopes that it needs, and no other",
        arguments: [
            ("admin", "bloasis:admin"), ("member", "bloasis:user"), ("ingest", "bloasis:ingest"),
            ("service", "bloasis:service"),
        ])
    func scopes(role: String, scopes: String) async throws {
        let fixture = AccountFixture()
        _ = try await fixture.signUp("ann", role: role)
        #expect(try await fixture.logIn("ann").accessToken == "ann|-|\(scopes)|600")
    }

    @Test("a wrong password and a name that nobody has are told apart by nobody")
    func wrong() async throws {
        let fixture = AccountFixture()
        _ = try await fixture.signUp("ann")
        var faults: [RPCFault] = []
        for (name, password) in [
            ("ann", "wrong horse battery"), ("ann", ""), ("nobody", AccountFixture.password),
            ("No Name", AccountFixture.password), ("", ""),
            ("ann", String(repeating: "x", count: 2_000)),
        ] {
            do {
                _ = try await fixture.logIn(name, password)
                Issue.record("\(name) logged in")
            } catch let fault as RPCFault {
                faults.append(fault)
            }
        }
        #expect(faults.count == 6 && Set(faults.map(\.message)).count == 1)
        #expect(faults.allSatisfy { $0.code == .unauthenticated })
        // Whoever has no hash to look at takes as long; what nobody can have takes nothing.
        #expect(fixture.hasher.pretended == 1)
    }

    @Test("a weak hash is replaced when its password comes, and its sessions go on")
    func upgrade() async throws {
        let fixture = AccountFixture()
        let weak = try Samples.account("ann", hash: "1:\(AccountFixture.password)")
        try await fixture.store.add(weak)
        let first = try await fixture.logIn("ann")
        let stored = try await fixture.store.account(weak.userID)
        #expect(stored?.passwordHash == PasswordHash("2:\(AccountFixture.password)"))
        #expect(stored?.revision == 2)
        _ = try await fixture.logIn("ann")
        #expect(try await fixture.store.account(weak.userID)?.revision == 2)
        _ = try await fixture.renew(first.refreshToken)
        #expect(
            await code { _ = try await fixture.logIn("ann", "wrong horse battery") }
                == .unauthenticated)
    }

    @Test("a stolen token that is used after its owner's ends the session of both")
    func stolen() async throws {
        let fixture = AccountFixture()
        _ = try await fixture.signUp("ann")
        let first = try await fixture.logIn("ann")
        let elsewhere = try await fixture.logIn("ann")
        let owners = try await fixture.renew(first.refreshToken)
        #expect(owners.refreshToken != first.refreshToken)
        for token in [first.refreshToken, owners.refreshToken, first.refreshToken] {
            #expect(await code { _ = try await fixture.renew(token) } == .unauthenticated)
        }
        _ = try await fixture.renew(elsewhere.refreshToken)
        #expect(await code { _ = try await fixture.renew("") } == .unauthenticated)
        #expect(await code { _ = try await fixture.renew("stranger") } == .unauthenticated)
    }

    @Test("who logs out is out, and logging out twice harms nobody")
    func logOut() async throws {
        let fixture = AccountFixture()
        _ = try await fixture.signUp("ann")
        let pair = try await fixture.logIn("ann")
        var request = Bloasis_Accounts_LogOutRequest()
        request.refreshToken = pair.refreshToken
        _ = try await fixture.tokens.logOut(request)
        _ = try await fixture.tokens.logOut(request)
        #expect(await code { _ = try await fixture.renew(pair.refreshToken) } == .unauthenticated)
    }

    @Test("a new password ends all sessions, and the old one is worth nothing")
    func changed() async throws {
        let fixture = AccountFixture()
        _ = try await fixture.signUp("ann")
        let pair = try await fixture.logIn("ann")
        var request = Bloasis_Accounts_ChangePasswordRequest()
        request.userID = "ann"
        request.password = "wrong horse battery"
        request.newPassword = "another horse battery"
        #expect(
            await code { _ = try await fixture.tokens.changePassword(request) }
                == .unauthenticated)
        request.password = AccountFixture.password
        request.newPassword = "short"
        #expect(
            await code { _ = try await fixture.tokens.changePassword(request) }
                == .invalidArgument)
        _ = try await fixture.renew(pair.refreshToken)
        request.newPassword = "another horse battery"
        _ = try await fixture.tokens.changePassword(request)
        #expect(await code { _ = try await fixture.renew(pair.refreshToken) } == .unauthenticated)
        #expect(await code { _ = try await fixture.logIn("ann") } == .unauthenticated)
        _ = try await fixture.logIn("ann", "another horse battery")
    }

    @Test("passwords are tried at a bounded pace, of one account and not of another")
    func paced() async throws {
        let fixture = AccountFixture()
        for name in ["ann", "bob"] { _ = try await fixture.signUp(name) }
        for _ in 0..<LoginPace.free {
            #expect(
                await code { _ = try await fixture.logIn("ann", "wrong horse battery") }
                    == .unauthenticated)
        }
        do {
            _ = try await fixture.logIn("ann")
            Issue.record("nobody was told to wait")
        } catch let fault as RPCFault {
            #expect(fault.code == .resourceExhausted && fault.retryAfterSeconds == 1)
        }
        _ = try await fixture.logIn("bob")
        fixture.pass(seconds: 1)
        _ = try await fixture.logIn("ann")
    }

    @Test("a disabled account says so to whoever knows its password alone")
    func disabled() async throws {
        let fixture = AccountFixture()
        _ = try await fixture.signUp("ann")
        let pair = try await fixture.logIn("ann")
        _ = try await fixture.update("ann") { $0.disabled = true }
        #expect(await code { _ = try await fixture.renew(pair.refreshToken) } == .unauthenticated)
        #expect(await code { _ = try await fixture.logIn("ann") } == .permissionDenied)
        let wrong = "wrong horse battery"
        #expect(await code { _ = try await fixture.logIn("ann", wrong) } == .unauthenticated)
        _ = try await fixture.update("ann") { $0.disabled = false }
        _ = try await fixture.logIn("ann")
    }

    @Test("without a secret to sign with nobody logs in, and says what is missing")
    func noSecret() async throws {
        let fixture = AccountFixture(hasIssuer: false)
        _ = try await fixture.signUp("ann")
        do {
            _ = try await fixture.logIn("ann")
            Issue.record("a token was made of nothing")
        } catch let fault as RPCFault {
            #expect(fault.code == .failedPrecondition)
            #expect(fault.message.contains("BLOASIS_JWT_SECRET"))
        }
    }
}
