import AccountService
import Accounts
import Contracts
import Ports
import TestSupport
import Testing

@Suite("accounts and organisations")
struct AdministrationTests {
    /// Two organisations with a manager and a member each, and an administrator.
    private func fixture() async throws -> AccountFixture {
        let fixture = AccountFixture()
        for name in ["acme", "zeta"] {
            try await fixture.organisation(name)
            _ = try await fixture.signUp("m-\(name)", role: "manager", organisation: name)
            _ = try await fixture.signUp("u-\(name)", organisation: name)
        }
        _ = try await fixture.signUp("root", role: "admin")
        return fixture
    }

    private func listed(
        _ fixture: AccountFixture, _ organisation: String = "", pageSize: Int32 = 0
    ) async throws -> [String] {
        var (names, request) = ([String](), Bloasis_Accounts_ListAccountsRequest())
        request.organisation = organisation
        request.pageSize = pageSize
        repeat {
            let page = try await fixture.accounts.listAccounts(request)
            names += page.items.map(\.userID)
            request.pageToken = page.nextPageToken
        } while !request.pageToken.isEmpty
        return names
    }

    private func asManager<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        try await AccountFixture.calling(as: "m-acme", [.manager, .user], of: "acme", body)
    }

    @Test("an administrator keeps all accounts, page by page")
    func administrator() async throws {
        let fixture = try await fixture()
        try await AccountFixture.calling(as: "root", [.admin]) { () async throws in
            #expect(
                try await listed(fixture, pageSize: 2) == [
                    "m-acme", "m-zeta", "root", "u-acme", "u-zeta",
                ])
            #expect(try await listed(fixture, "zeta") == ["m-zeta", "u-zeta"])
            #expect(try await fixture.update("u-zeta") { $0.role = "manager" }.role == "manager")
        }
    }

    @Test("a manager keeps the accounts of one organisation, and finds no others")
    func manager() async throws {
        let fixture = try await fixture()
        try await asManager { () async throws in
            #expect(try await listed(fixture) == ["m-acme", "u-acme"])
            #expect(try await fixture.signUp("new").organisation == "acme")
            #expect(try await fixture.update("u-acme") { $0.disabled = true }.disabled)
            #expect(await code { _ = try await listed(fixture, "zeta") } == .permissionDenied)
            #expect(
                await code { _ = try await fixture.signUp("x", organisation: "zeta") }
                    == .permissionDenied)
            #expect(
                await code { _ = try await fixture.signUp("x", role: "admin") }
                    == .invalidArgument)
            for name in ["u-zeta", "root", "nobody"] {
                var (get, end) = (
                    Bloasis_Accounts_GetAccountRequest(), Bloasis_Accounts_EndSessionsRequest()
                )
                (get.userID, end.userID) = (name, name)
                #expect(await code { _ = try await fixture.accounts.getAccount(get) } == .notFound)
                #expect(
                    await code { _ = try await fixture.accounts.endSessions(end) }
                        == .notFound)
                #expect(
                    await code { _ = try await fixture.update(name) { $0.password = "x" } }
                        == .notFound)
            }
        }
        // What a token says besides does not help.
        try await AccountFixture.calling(as: "m-acme", [.manager, .admin], of: "acme") {
            () async throws in
            #expect(try await listed(fixture) == ["m-acme", "new", "u-acme"])
        }
        // A manager of none keeps none.
        await AccountFixture.calling(as: "stray", [.manager]) {
            #expect(await code { _ = try await listed(fixture) } == .permissionDenied)
        }
    }

    @Test("a member sees its own account, and ends its own sessions")
    func member() async throws {
        let fixture = try await fixture()
        let pair = try await fixture.logIn("u-acme")
        try await AccountFixture.calling(as: "u-acme", [.user], of: "acme") { () async throws in
            var request = Bloasis_Accounts_GetAccountRequest()
            request.userID = "u-acme"
            let account = try await fixture.accounts.getAccount(request)
            #expect(account.sessions == 1 && account.role == "member" && !account.disabled)
            request.userID = "m-acme"
            #expect(await code { _ = try await fixture.accounts.getAccount(request) } == .notFound)
            var end = Bloasis_Accounts_EndSessionsRequest()
            end.userID = "u-acme"
            #expect(try await fixture.accounts.endSessions(end).sessions == 0)
        }
        #expect(await code { _ = try await fixture.renew(pair.refreshToken) } == .unauthenticated)
    }

    @Test("who is trusted with less, or with something else, logs in again")
    func roles() async throws {
        let fixture = try await fixture()
        let pair = try await fixture.logIn("m-acme")
        #expect(try await fixture.update("m-acme") { $0.role = "manager" }.revision == 1)
        _ = try await fixture.update("m-acme") { $0.role = "member" }
        #expect(await code { _ = try await fixture.renew(pair.refreshToken) } == .unauthenticated)
        #expect(
            await code { _ = try await fixture.update("m-acme") { $0.role = "admin" } }
                == .invalidArgument)
        #expect(
            await code { _ = try await fixture.update("m-acme") { $0.role = "king" } }
                == .invalidArgument)
    }

    @Test("a change says which state it changes, if it cares")
    func revisions() async throws {
        let fixture = try await fixture()
        let first = try await fixture.update("u-acme") {
            $0.disabled = true
            $0.revision = 1
        }
        #expect(first.revision == 2)
        #expect(
            await code {
                _ = try await fixture.update("u-acme") {
                    $0.disabled = false
                    $0.revision = 1
                }
            } == .aborted)
        #expect(
            try await fixture.update("u-acme") { $0.password = "yet another battery" }.revision
                == 3)
        _ = try await fixture.update("u-acme") { $0.disabled = false }
        _ = try await fixture.logIn("u-acme", "yet another battery")
    }

    @Test("what is no name, no role, no password or taken is refused before anything is written")
    func refusals() async throws {
        let fixture = try await fixture()
        for (name, role, organisation, password, wanted) in [
            ("Ann", "", "", AccountFixture.password, RPCFault.Code.invalidArgument),
            ("ann b", "", "", AccountFixture.password, .invalidArgument),
            ("ann", "king", "", AccountFixture.password, .invalidArgument),
            ("ann", "manager", "", AccountFixture.password, .invalidArgument),
            ("ann", "", "x' dbname=central", AccountFixture.password, .invalidArgument),
            ("ann", "", "nowhere", AccountFixture.password, .invalidArgument),
            ("ann", "", "", "short", .invalidArgument),
            ("root", "", "", AccountFixture.password, .alreadyExists),
        ] {
            let found = await code {
                _ = try await fixture.signUp(
                    name, role: role, organisation: organisation, password: password)
            }
            #expect(found == wanted, "\(name) \(role) \(organisation)")
        }
        #expect(await code { try await fixture.organisation("acme") } == .alreadyExists)
        #expect(await code { try await fixture.organisation("A;B") } == .invalidArgument)
        #expect(try await listed(fixture).count == 5)
        let all = try await fixture.accounts.listOrganisations(
            Bloasis_Accounts_ListOrganisationsRequest())
        #expect(all.items.map(\.name) == ["acme", "zeta"])
    }
}
