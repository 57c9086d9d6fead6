import Foundation
import TestSupport
import Testing

@Suite("Accounts of a serving program", .serialized, .timeLimit(.minutes(5)))
struct AccountProcessTests {
    private static let password = "correct horse battery"

    private struct Pair: Decodable {
        let accessToken, refreshToken, role: String
        let organisation: String
    }

    private func pair(_ body: String) throws -> Pair {
        try JSONDecoder().decode(Pair.self, from: Data(body.utf8))
    }

    private func logIn(_ name: String, at server: Server) async throws -> Pair {
        let (status, body) = try await server.post(
            "/v1/auth/login", #"{"userId":"\#(name)","password":"\#(Self.password)"}"#)
        try #require(status == 200, "\(body)")
        return try pair(body)
    }

    private func program() async throws -> Program {
        var program = try Program.fresh()
        program.environment["BLOASIS_AUTH"] = "required"
        program.environment["BLOASIS_JWT_SECRET"] = SignedToken.secret
        let added = try await program.run("organisations", "add", "acme")
        #expect(added.status == 0 && added.output == "acme\n")
        let root = try await program.run(
            ["users", "add", "root", "--role", "admin"], input: Self.password + "\n")
        #expect(root.status == 0, "\(root.errors)")
        return program
    }

    @Test("from the first administrator to a member who sees what is the member's own")
    func signUp() async throws {
        let program = try await program()
        defer { program.remove() }
        var server = try await Server.start(program)
        let root = try await logIn("root", at: server)
        let newcomer = #"{"userId":"%","password":"\#(Self.password)","role":"@"#
        let manager = newcomer.replacing("%", with: "mia").replacing("@", with: "manager")
        let made = try await server.post(
            "/v1/accounts", manager + #"","organisation":"acme"}"#, token: root.accessToken)
        #expect(made.status == 200, "\(made.body)")
        let mia = try await logIn("mia", at: server)
        #expect(mia.organisation == "acme" && mia.role == "manager")
        let member = newcomer.replacing("%", with: "ann").replacing("@", with: "member") + #""}"#
        #expect(try await server.post("/v1/accounts", member).status == 401)
        #expect(
            try await server.post("/v1/accounts", member, token: mia.accessToken).status == 200)
        let ann = try await logIn("ann", at: server)
        for (path, token, status) in [
            ("/v1/users/ann/portfolio", ann, 200), ("/v1/users/mia/portfolio", ann, 403),
            ("/v1/users/ann/portfolio", mia, 403), ("/v1/users/ann/portfolio", root, 200),
            ("/v1/accounts", ann, 403), ("/v1/accounts/ann", ann, 200),
            ("/v1/accounts/root", mia, 404), ("/v1/organisations", mia, 403),
            ("/v1/organisations", root, 200),
        ] {
            let answer = try await server.get(path, token: token.accessToken)
            #expect(answer.status == status, "\(path): \(answer.body)")
        }
        let listed = try await server.get("/v1/accounts", token: mia.accessToken).body
        #expect(listed.contains("mia") && listed.contains("ann") && !listed.contains("root"))
        let log = try await stopped(server)

        // Sessions outlive the process.
        server = try await Server.start(program)
        let renewal = #"{"refreshToken":"\#(ann.refreshToken)"}"#
        let renewed = try await server.post("/v1/auth/refresh", renewal)
        #expect(renewed.status == 200)
        let later = try pair(renewed.body)
        #expect(try await server.post("/v1/auth/refresh", renewal).status == 401)
        let thief = #"{"refreshToken":"\#(later.refreshToken)"}"#
        #expect(try await server.post("/v1/auth/refresh", thief).status == 401)
        let metrics = try await server.get("/metrics").body
        #expect(metrics.contains(#"logins_total{outcome="reused"} 1"#))
        let second = try await stopped(server)
        #expect(second.contains("came a second time"))
        for secret in [
            Self.password, SignedToken.secret, root.accessToken, ann.accessToken,
            ann.refreshToken, later.refreshToken, "$scrypt",
        ] { #expect(!(log + second).contains(secret)) }
    }

    @Test("the gateway asks the accounts service in a process of its own")
    func split() async throws {
        let program = try await program()
        defer { program.remove() }
        let accounts = try await Server.start(program, service: "accounts")
        var elsewhere = program
        elsewhere.environment["ACCOUNTS_PORT"] = String(accounts.grpcPort)
        let gateway = try await Server.start(elsewhere, service: "gateway")
        let root = try await logIn("root", at: gateway)
        let list = try await gateway.get("/v1/accounts", token: root.accessToken)
        #expect(list.status == 200 && list.body.contains(#""userId":"root""#), "\(list.body)")
        let wrong = try await gateway.post(
            "/v1/auth/login", #"{"userId":"root","password":"wrong horse battery"}"#)
        #expect(wrong.status == 401 && wrong.body.contains("no account has this name"))
        #expect(try await gateway.stop() == 0)
        #expect(try await accounts.stop() == 0)
    }

    @Test("the command line keeps accounts, and says what is wrong with what it is told")
    func commands() async throws {
        let program = try await program()
        defer { program.remove() }
        for (arguments, input, status, said) in [
            (["users", "add", "bob", "--organisation", "acme"], "short\n", 2, "12 characters"),
            (["users", "add", "bob", "--organisation", "nowhere"], Self.password, 2, "nowhere"),
            (["users", "add", "Bob"], Self.password, 2, "lower-case"),
            (["users", "add", "bob", "--role", "king"], Self.password, 2, "none of admin"),
            (["users", "add", "root"], Self.password, 1, "already"),
            (["users", "add", "bob"], "", 2, "standard input"),
            (["users", "set", "bob", "--disable"], "", 3, "no account bob"),
            (["users", "set", "root"], "", 2, "--role, --disable"),
            (["users", "list", "--organisation", "acme"], "", 3, "no accounts of acme"),
            (["organisations", "add", "x' dbname=central"], "", 2, "not an organisation's name"),
            (["organisations", "add", "acme"], "", 1, "already"),
        ] {
            let outcome = try await program.run(arguments, input: input)
            #expect(outcome.status == Int32(status), "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains(said), "\(arguments): \(outcome.errors)")
        }
        let add = try await program.run(
            ["users", "add", "bob", "--organisation", "acme", "--json"], input: Self.password)
        #expect(add.output.contains(#""userId":"bob","organisation":"acme","role":"member""#))
        let disabled = try await program.run("users", "set", "bob", "--disable")
        #expect(disabled.status == 0 && disabled.output.contains("disabled"))
        let list = try await program.run("users", "list", "--json").output
        #expect(list.contains(#""userId":"bob""#) && list.contains(#""disabled":true"#))
        #expect(!list.contains("scrypt"))
    }

    private func stopped(_ server: Server) async throws -> String {
        server.running.signal(SIGTERM)
        let outcome = await server.running.outcome()
        #expect(outcome.status == 0)
        return outcome.output + outcome.errors
    }
}
