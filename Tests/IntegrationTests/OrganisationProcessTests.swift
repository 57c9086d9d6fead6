import Foundation
import TestSupport
import Testing

@Suite("Organisations of a serving program", .serialized, .timeLimit(.minutes(5)))
struct OrganisationProcessTests {
    private static let password = "correct horse battery"

    private func program(onPostgres: Bool) async throws -> Program {
        var program = try await Program.fresh(onPostgres: onPostgres)
        program.environment["BLOASIS_AUTH"] = "required"
        program.environment["BLOASIS_JWT_SECRET"] = SignedToken.secret
        for name in ["acme", "beta"] {
            #expect(try await program.run("organisations", "add", name).status == 0)
        }
        for (name, organisation) in [("ann", "acme"), ("bob", "beta")] {
            let added = try await program.run(
                ["users", "add", name, "--organisation", organisation],
                input: Self.password + "\n")
            #expect(added.status == 0, "\(added.errors)")
        }
        return program
    }

    private func token(
        _ subject: String, _ scope: String, of organisation: String?
    ) async throws
        -> String
    {
        let member = organisation.map { #","org":"\#($0)""# } ?? ""
        return try await SignedToken.made(
            #"{"sub":"\#(subject)","scope":"bloasis:\#(scope)"\#(member)}"#)
    }

    private func logIn(_ name: String, at server: Server) async throws -> String {
        struct Pair: Decodable { let accessToken: String }
        let (status, body) = try await server.post(
            "/v1/auth/login", #"{"userId":"\#(name)","password":"\#(Self.password)"}"#)
        try #require(status == 200, "\(body)")
        return try JSONDecoder().decode(Pair.self, from: Data(body.utf8)).accessToken
    }

    private static let fill = #"""
        {"fillId":"f-1","orderId":"o-1","userId":"ann","symbol":"SPX","side":"buy",
        "filledQty":"1.5","filledPrice":"1200","currency":"USD",
        "timestamp":"2002-03-01T15:00:00Z"}
        """#

    @Test("each keeps its own, and nobody reads across", arguments: [false, true])
    func apart(onPostgres: Bool) async throws {
        let program = try await program(onPostgres: onPostgres)
        defer { program.remove() }
        var server = try await Server.start(program)
        let (ann, bob) = (
            try await logIn("ann", at: server), try await logIn("bob", at: server)
        )
        let root = try await token("root", "admin", of: nil)
        let feed = try await token("feed", "ingest", of: "acme")
        let namesake = try await token("ann", "user", of: "beta")
        let stranger = try await token("ann", "user", of: "nowhere")
        for user in [("ann", ann), ("ann", namesake), ("bob", bob)] {
            let met = try await server.post(
                "/v1/notifications/preferences", #"{"userId":"\#(user.0)","preferences":{}}"#,
                method: "PUT", token: user.1)
            #expect(met.status == 200, "\(met.body)")
        }

        let told = try await server.post("/v1/orders/fills", Self.fill, token: feed)
        #expect(told.status == 200, "\(told.body)")
        let inbox = "/v1/notifications?user_id=ann&page_size=1000"
        try await eventually {
            try await server.get(inbox, token: ann).body.contains("Filled: buy 1.5")
        }
        try await program.announce(lines: 1_200)
        let changes = try await server.changes(token: root)
        try #require(changes.count > 2)
        for token in [ann, namesake] {
            try await eventually {
                let told = try await server.get(inbox, token: token).body
                return Set(changes).isSubset(of: Told.eventIDs(told))
            }
        }
        for round in 1...2 {
            let portfolio = "/v1/users/ann/portfolio"
            #expect(try await server.get(portfolio, token: ann).body.contains(#""quantity":"1.5""#))
            for other in [namesake, root] {
                let answer = try await server.get(portfolio, token: other)
                #expect(answer.status == 200)
                #expect(answer.body.contains(#""sequence":"0""#), "\(answer.body)")
            }
            #expect(try await server.get(portfolio, token: bob).status == 403)
            let nowhere = try await server.get(portfolio, token: stranger)
            #expect(nowhere.status == 403 && nowhere.body.contains("no organisation nowhere"))
            let ids = Told.eventIDs(try await server.get(inbox, token: ann).body)
            #expect(ids.count == Set(ids).count && ids.count == changes.count + 1)
            let across = try await server.get(inbox, token: namesake).body
            #expect(!across.contains("Filled") && Told.eventIDs(across).count == changes.count)
            let bars = try await server.post(
                "/v1/market-data/bars", #"{"market":"SPX","bars":[]}"#, token: feed)
            #expect(bars.status == 403 && bars.body.contains("what all share"), "\(bars.body)")
            guard round == 1 else { break }
            #expect(try await server.stop() == 0)
            server = try await Server.start(program)
        }
        #expect(try await server.stop() == 0)

        let own = try await program.run("portfolio", "--user", "ann", "--organisation", "acme")
        #expect(own.status == 0 && own.output.contains("1.5"), "\(own.errors)")
        for (arguments, said) in [
            ([], "no fills of ann"), (["--organisation", "beta"], "no fills of ann"),
            (["--organisation", "nowhere"], "no organisation nowhere"),
        ] {
            let other = try await program.run(["portfolio", "--user", "ann"] + arguments)
            #expect(other.status == 3 && other.errors.contains(said), "\(other.errors)")
        }
    }

    @Test("one that is added while the program serves is worked for at once")
    func later() async throws {
        let program = try await program(onPostgres: false)
        defer { program.remove() }
        let server = try await Server.start(program)
        let root = try await token("root", "admin", of: nil)
        let added = try await server.post(
            "/v1/organisations", #"{"name":"late"}"#, token: root)
        #expect(added.status == 200, "\(added.body)")
        let feed = try await token("feed", "ingest", of: "late")
        let told = try await server.post("/v1/orders/fills", Self.fill, token: feed)
        #expect(told.status == 200, "\(told.body)")
        let ann = try await token("ann", "user", of: "late")
        try await eventually {
            try await server.get("/v1/notifications?user_id=ann", token: ann).body
                .contains("Filled: buy 1.5")
        }
        #expect(try await server.stop() == 0)
    }

    @Test("one whose database cannot be opened is refused for the time being, and nobody else")
    func broken() async throws {
        let program = try await program(onPostgres: false)
        defer { program.remove() }
        let folder = program.home + "/store/bloasis.sqlite.organisations"
        try Data("no database at all, whatever its name says".utf8)
            .write(to: URL(filePath: folder + "/beta.db"))
        let server = try await Server.start(program)
        let ann = try await logIn("ann", at: server)
        let bob = try await logIn("bob", at: server)
        let answer = try await server.get("/v1/users/bob/portfolio", token: bob)
        #expect(answer.status == 503 && answer.body.contains("(corrupt)"), "\(answer.body)")
        #expect(try await server.get("/v1/users/ann/portfolio", token: ann).status == 200)
        #expect(try await server.get("/ready").status == 200)
        server.running.signal(SIGTERM)
        let outcome = await server.running.outcome()
        #expect(outcome.status == 0)
        #expect((outcome.output + outcome.errors).contains("An organisation is not opened"))
    }
}
