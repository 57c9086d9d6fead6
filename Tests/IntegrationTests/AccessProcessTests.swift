import Foundation
import FoundationNetworking
import TestSupport
import Testing

@Suite("Who may ask a serving program", .serialized, .timeLimit(.minutes(3)))
struct AccessProcessTests {
    private static let secret = SignedToken.secret

    private func token(_ claims: String, algorithm: String = "HS256") async throws -> String {
        try await SignedToken.made(claims, algorithm: algorithm)
    }

    private func status(
        _ server: Server, _ path: String, token: String?, post body: String? = nil
    ) async throws -> (Int, String) {
        var request = URLRequest(url: server.url(path))
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "authorization") }
        if let body {
            request.httpMethod = "POST"
            request.httpBody = Data(body.utf8)
            request.setValue("application/json", forHTTPHeaderField: "content-type")
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        return (status, String(decoding: data, as: UTF8.self))
    }

    private func serving() async throws -> Server {
        var program = try Program.fresh()
        let lines = try Fixture.text(Fixture.spx).split(separator: "\n").prefix(400)
        let csv = try program.file("start.csv", lines.joined(separator: "\n") + "\n")
        #expect(try await program.run("backfill", "--csv", csv, "--market", "SPX").status == 0)
        program.environment["BLOASIS_AUTH"] = "required"
        program.environment["BLOASIS_JWT_SECRET"] = Self.secret
        return try await Server.start(program)
    }

    @Test("tokens are asked for, verified and told apart; no secret reaches the log")
    func tokens() async throws {
        let server = try await serving()
        defer { server.program.remove() }
        let current = "/v1/market-regime/current"
        #expect(try await status(server, current, token: nil).0 == 401)
        let ann = try await token(#"{"sub":"ann","scope":"bloasis:user"}"#)
        #expect(try await status(server, current, token: ann).0 == 200)
        #expect(try await status(server, "/v1/users/ann/portfolio", token: ann).0 == 200)
        #expect(try await status(server, "/v1/users/bob/portfolio", token: ann).0 == 403)
        #expect(try await status(server, "/health", token: nil).0 == 200)
        let bar = #"{"market":"SPX","timestamp":"2000-08-01T20:00:00Z","close":1438.1}"#
        #expect(try await status(server, "/v1/market-data/bars", token: ann, post: bar).0 == 403)
        let feed = try await token(#"{"sub":"feed","scope":"bloasis:ingest"}"#)
        #expect(try await status(server, "/v1/market-data/bars", token: feed, post: bar).0 == 200)
        for (claims, algorithm) in [
            (#"{"sub":"ann","scope":"bloasis:user","exp":1}"#, "HS256"),
            (#"{"sub":"ann","scope":"bloasis:user"}"#, "HS512"),
            (#"{"sub":"ann","scope":"bloasis:user"}"#, "none"),
        ] {
            let bad = try await token(claims, algorithm: algorithm)
            let (code, body) = try await status(server, current, token: bad)
            #expect(code == 401 && !body.contains(bad), "\(body)")
        }
        #expect(try await status(server, current, token: ann + "x").0 == 401)
        let outcome = try await stopped(server)
        for secret in [ann, feed, Self.secret] { #expect(!outcome.contains(secret)) }
    }

    @Test("an override is ordered by an administrator, announced, and audited in the token's name")
    func override() async throws {
        let server = try await serving()
        defer { server.program.remove() }
        let path = "/v1/market-regime/overrides"
        let expiry = ISO8601DateFormatter().string(from: .now + 3_600)
        let order =
            #"{"market":"SPX","userId":"somebody else","regime":"crisis","#
            + #""reason":"a test","expiresAt":"\#(expiry)"}"#
        let ann = try await token(#"{"sub":"ann","scope":"bloasis:user"}"#)
        #expect(try await status(server, path, token: ann, post: order).0 == 403)
        let admin = try await token(#"{"sub":"root","scope":"bloasis:admin"}"#)
        let (code, body) = try await status(server, path, token: admin, post: order)
        #expect(code == 200, "\(body)")
        let now = try await status(server, "/v1/market-regime/current", token: ann).1
        #expect(now.contains(#""regime":"crisis""#) && now.contains(#""trigger":"override""#))
        #expect(!now.contains("root"))
        let wrong = order.replacing("crisis", with: "panic")
        let refused = try await status(server, path, token: admin, post: wrong)
        #expect(refused.0 == 400)
        #expect(refused.1.contains("Invalid regime value: panic. Must be one of: "))
        let changes = try await status(
            server, "/v1/market-regime/changes?after=0", token: ann
        ).1
        #expect(changes.contains(#""trigger":"override""#))
        _ = try await stopped(server)
    }

    @Test("an address that others reach is not served without keys")
    func publicAddress() async throws {
        var program = try Program.fresh()
        defer { program.remove() }
        program.environment["HTTP_PORT"] = String(try LoopbackPort.free())
        program.environment["BIND_ADDRESS"] = "0.0.0.0"
        let refused = try await program.run("serve")
        #expect(refused.status == 2)
        #expect(refused.errors.contains("BLOASIS_JWKS_URL"), "\(refused.errors)")
        #expect(refused.errors.contains("BLOASIS_AUTH=off"))
    }

    private func stopped(_ server: Server) async throws -> String {
        server.running.signal(SIGTERM)
        let outcome = await server.running.outcome()
        #expect(outcome.status == 0)
        return outcome.errors
    }
}
