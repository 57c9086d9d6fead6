import AccountService
import Accounts
import Contracts
import Ports
import Testing
import Trading

@Suite("Who keeps accounts, by token and by account")
struct KeeperTests {
    private func fixture() async throws -> AccountFixture {
        let fixture = AccountFixture()
        for name in ["acme", "beta"] { try await fixture.organisation(name) }
        _ = try await fixture.signUp("root", role: "admin")
        _ = try await fixture.signUp("mia", role: "manager", organisation: "acme")
        _ = try await fixture.signUp("bob", organisation: "beta")
        _ = try await fixture.signUp("alice")
        return fixture
    }

    @Test("a token gives nothing that its account has no more")
    func outlived() async throws {
        let fixture = try await fixture()
        func change() async throws {
            try await AccountFixture.calling(as: "mia", [.manager, .user], of: "acme") {
                _ = try await fixture.signUp("new-\(fixture.hasher.pretended)")
            }
        }
        _ = try await fixture.update("mia") { $0.disabled = true }
        #expect(await code { try await change() } == .permissionDenied)
        _ = try await fixture.update("mia") { $0.disabled = false }
        try await change()
        _ = try await fixture.update("mia") { $0.role = "member" }
        #expect(await code { try await change() } == .permissionDenied)
    }

    @Test("nobody gives back to oneself what was taken, or takes it")
    func own() async throws {
        let fixture = try await fixture()
        let callers: [(String, Set<Scope>, String?)] = [
            ("root", [.admin], nil), ("mia", [.manager, .user], "acme"),
            ("alice", [.manager, .user], nil),
        ]
        for (name, scopes, organisation) in callers {
            for change in [
                { $0.disabled = false }, { $0.role = "admin" }, { $0.password = "a b c d e f g h" },
            ] as [@Sendable (inout Bloasis_Accounts_UpdateAccountRequest) -> Void] {
                let code = await code {
                    try await AccountFixture.calling(as: name, scopes, of: organisation) {
                        _ = try await fixture.update(name, change)
                    }
                }
                #expect(code == .permissionDenied, "\(name)")
            }
            let user = try #require(UserID(name))
            #expect(try await fixture.store.account(user)?.revision == 1)
        }
    }

    @Test("a name is another organisation's where the token is")
    func namesakes() async throws {
        let fixture = try await fixture()
        var request = Bloasis_Accounts_GetAccountRequest()
        request.userID = "bob"
        for organisation in ["acme", nil] {
            let code = await code {
                try await AccountFixture.calling(as: "bob", [.user], of: organisation) {
                    _ = try await fixture.accounts.getAccount(request)
                }
            }
            #expect(code == .notFound)
        }
    }

    @Test("where nobody looks at tokens, who shows one is not taken for everybody")
    func unverified() async throws {
        let fixture = try await fixture()
        let context = CallContext(authorization: "Bearer whatever")
        let code = await code {
            try await CallContext.$current.withValue(context) {
                _ = try await fixture.signUp("new", role: "admin")
            }
        }
        #expect(code == .failedPrecondition)
    }

    @Test("an organisation that cannot have a database is not added")
    func roomless() async throws {
        let fixture = try await fixture()
        let code = await code { try await fixture.organisation("roomless") }
        #expect(code == .failedPrecondition)
        #expect(try await fixture.store.organisations().map(\.name.text) == ["acme", "beta"])
    }

    @Test("an attempt that says nothing of the password does not count")
    func withdrawn() async throws {
        let fixture = try await fixture()
        fixture.hasher.setCrowded(true)
        for _ in 0..<20 {
            let code = await code { _ = try await fixture.logIn("alice") }
            #expect(code == .resourceExhausted)
        }
        fixture.hasher.setCrowded(false)
        #expect(try await fixture.logIn("alice").userID == "alice")
    }

    @Test("an account whose hash cannot be read is told apart from none by nobody")
    func unreadable() async throws {
        let fixture = try await fixture()
        let alice = try #require(UserID("alice"))
        let account = try #require(try await fixture.store.account(alice))
        try await fixture.store.update(
            account.changed { $0.passwordHash = PasswordHash("?") }, endingSessions: nil,
            at: account.createdAt)
        let before = fixture.hasher.pretended
        #expect(await code { _ = try await fixture.logIn("alice") } == .unauthenticated)
        #expect(fixture.hasher.pretended == before + 1)
    }
}
