import Foundation
import TestSupport
import Testing

@Suite("Faults while a program starts", .serialized, .timeLimit(.minutes(5)))
struct StartFaultTests {
    /// A program whose database is behind a proxy that refuses.
    private func program() async throws -> (program: Program, database: FaultProxy) {
        let address = try await PostgresServer.shared.value.database()
        var url = try #require(URLComponents(string: address))
        let proxy = try FaultProxy(to: try #require(url.port))
        proxy.set(.refusing)
        url.port = proxy.port
        var program = try Program.fresh()
        program.environment["DATABASE_URL"] = url.string
        let port = try LoopbackPort.free()
        program.environment["HTTP_PORT"] = String(port)
        program.environment["GRPC_PORT"] = String(try LoopbackPort.free(besides: port))
        return (program, proxy)
    }

    @Test("a database that is gone at start and comes back is waited for")
    func comesBack() async throws {
        let (program, database) = try await program()
        defer { program.remove() }
        let running = try Running(program.process(["serve"]))
        #expect(await running.errors.wait(for: "retry_operation"))
        database.set(.passing)
        #expect(await running.errors.wait(for: "Serving"))
        running.signal(SIGTERM)
        let outcome = await running.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test("one that stays away is named, with whatever else fails, and nothing hangs")
    func staysAway() async throws {
        var (program, database) = try await program()
        defer { program.remove() }
        program.environment["LANGUAGE_MODEL"] = "fingpt"
        program.environment["FINGPT_API_KEY"] = "key"
        program.environment["LANGUAGE_MODEL_URL"] = "http://127.0.0.1:\(try LoopbackPort.free())"
        let outcome = try await program.run("serve")
        #expect(outcome.status == 4, "\(outcome.errors)")
        for name in ["database:", "language-model:", "127.0.0.1:\(database.port)"] {
            #expect(outcome.errors.contains(name), "\(outcome.errors)")
        }
        #expect(database.accepted == 0)
    }
}
