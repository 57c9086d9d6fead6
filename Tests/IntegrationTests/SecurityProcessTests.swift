import Foundation
import TestSupport
import Testing

@Suite("gRPC over TLS", .serialized, .timeLimit(.minutes(3)))
struct SecurityProcessTests {
    private struct Files {
        let folder: String

        func callAsFunction(_ name: String) -> String { "\(folder)/\(name).pem" }
    }

    private func world() async throws -> (Program, Files) {
        let program = try Program.fresh()
        let lines = try Fixture.text(Fixture.spx).split(separator: "\n").prefix(400)
        let csv = try program.file("start.csv", lines.joined(separator: "\n") + "\n")
        #expect(try await program.run("backfill", "--csv", csv, "--market", "SPX").status == 0)
        let made = try await IndependentClient.run("certificates.py", program.home)
        #expect(made.status == 0, "\(made.errors)")
        return (program, Files(folder: program.home))
    }

    private func ask(_ server: Server, _ files: String...) async throws -> Int32 {
        let port = server.program.environment["GRPC_PORT"] ?? ""
        let arguments = [IndependentClient.file("grpc_current.py"), "localhost:\(port)"] + files
        return try await IndependentClient.python(arguments).status
    }

    @Test("a client that trusts the authority is answered, in plain text nobody is")
    func encrypted() async throws {
        var (program, files) = try await world()
        defer { program.remove() }
        program.environment["GRPC_TLS_CERTIFICATE"] = files("server")
        program.environment["GRPC_TLS_KEY"] = files("server-key")
        let server = try await Server.start(program, service: "market-regime")
        #expect(try await ask(server, files("authority")) == 0)
        #expect(try await ask(server) == 1)
        #expect(try await ask(server, files("stranger")) == 1)
        #expect(try await server.stop() == 0)
    }

    @Test("a client that stands still keeps nobody from ending, encrypted or not")
    func standstill() async throws {
        var (program, files) = try await world()
        defer { program.remove() }
        program.environment["GRPC_TLS_CERTIFICATE"] = files("server")
        program.environment["GRPC_TLS_KEY"] = files("server-key")
        let server = try await Server.start(program)
        let client = try await IndependentClient.start([
            IndependentClient.file("grpc_hold.py"), "localhost:\(server.grpcPort)",
            files("authority"),
        ])
        #expect(await client.output.wait(for: "open\n"))
        client.signal(SIGSTOP)
        server.running.signal(SIGTERM)
        let outcome = await server.running.outcome()
        client.signal(SIGKILL)
        _ = await client.outcome()
        #expect(outcome.status == 0, "\(outcome.errors.suffix(2_000))")
        try ShutdownTime.expectWithinDrainLimit(outcome.errors)
        #expect(!outcome.errors.contains("Doors cut off"))
    }

    @Test("with authorities for clients only those are answered that they vouch for; so a gateway")
    func mutual() async throws {
        var (program, files) = try await world()
        defer { program.remove() }
        program.environment["GRPC_TLS_CERTIFICATE"] = files("server")
        program.environment["GRPC_TLS_KEY"] = files("server-key")
        program.environment["GRPC_TLS_CLIENT_AUTHORITIES"] = files("authority")
        let server = try await Server.start(program, service: "market-regime")
        #expect(try await ask(server, files("authority")) == 1)
        #expect(
            try await ask(server, files("authority"), files("client"), files("client-key")) == 0)
        #expect(
            try await ask(server, files("authority"), files("stranger"), files("stranger-key"))
                == 1)

        var elsewhere = try Program.fresh()
        defer { elsewhere.remove() }
        elsewhere.environment = [
            "MARKET_REGIME_HOST": "localhost",
            "MARKET_REGIME_PORT": server.program.environment["GRPC_PORT"] ?? "",
            "GRPC_TLS_AUTHORITIES": files("authority"),
            "GRPC_TLS_CERTIFICATE": files("client"), "GRPC_TLS_KEY": files("client-key"),
        ]
        let gateway = try await Server.start(elsewhere, service: "gateway")
        let answer = try await gateway.get("/v1/market-regime/current")
        #expect(answer.status == 200, "\(answer.body)")
        #expect(try await gateway.stop() == 0)
        elsewhere.environment["GRPC_TLS_CERTIFICATE"] = files("stranger")
        elsewhere.environment["GRPC_TLS_KEY"] = files("stranger-key")
        let stranger = try await Server.start(elsewhere, service: "gateway")
        #expect(try await stranger.get("/v1/market-regime/current").status == 503)
        #expect(try await stranger.stop() == 0)
        #expect(try await server.stop() == 0)
    }

    @Test("what is configured by halves, or is no certificate, is an error at start")
    func mistakes() async throws {
        var program = try Program.fresh()
        defer { program.remove() }
        program.environment["HTTP_PORT"] = String(try LoopbackPort.free())
        program.environment["GRPC_PORT"] = String(try LoopbackPort.free())
        let file = try program.file("none.pem", "no certificate\n")
        program.environment["GRPC_TLS_CERTIFICATE"] = file
        let half = try await program.run("serve", "market-regime")
        #expect(half.status == 2 && half.errors.contains("GRPC_TLS_KEY"), "\(half.errors)")
        program.environment["GRPC_TLS_KEY"] = file
        let wrong = try await program.run("serve", "market-regime")
        #expect(wrong.status == 2 && wrong.errors.contains(file), "\(wrong.errors)")
        program.environment["GRPC_TLS_CERTIFICATE"] = program.home + "/nowhere.pem"
        let missing = try await program.run("serve", "market-regime")
        #expect(missing.status == 2 && missing.errors.contains("nowhere.pem"))
    }
}
