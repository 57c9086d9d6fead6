import Foundation
import TestSupport
import Testing

@Suite("The serving program", .serialized)
struct ServeProcessTests {
    @Test("answers, takes bars, says so on its topics, and drains on SIGTERM")
    func life() async throws {
        let program = try await Program.backfilled()
        defer { program.remove() }
        let server = try await Server.start(program)
        let health = try await server.get("/health")
        #expect(health.body == #"{"status":"healthy","service":"market-regime"}"#)
        let current = try await server.get("/v1/market-regime/current?market=SPX")
        #expect(current.status == 200)
        for field in ["regime", "confidence", "timestamp", "stale", "probabilities", "sequence"] {
            #expect(current.body.contains("\"\(field)\""), "\(current.body)")
        }
        #expect(try await server.get("/").body.contains("<html"))
        let metrics = try await server.get("/metrics").body
        #expect(metrics.contains("regime_current"))
        DescribedMetrics.expect(in: metrics)
        #expect(try await server.get("/v1/market-regime/current?market=NOPE").status == 404)
        let posted = try await server.post(
            "/v1/market-data/bars",
            #"{"market":"SPX","timestamp":"2002-03-11T21:00:00Z","close":1168.26}"#)
        #expect(posted.status == 200, "\(posted.body)")
        let now = try await server.get("/v1/market-regime/current?market=SPX")
        #expect(now.body.contains("2002-03-11T21:00:00Z"))
        // The other processes of the machine see what this one wrote.
        let seen = try await program.run("current", "--market", "SPX", "--json")
        #expect(seen.output.contains("2002-03-11T21:00:00Z"))
        server.running.signal(SIGTERM)
        let outcome = await server.running.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        for line in ["SIGTERM received", "Shutdown initiated", "Shutdown complete"] {
            #expect(outcome.errors.contains(line))
        }
    }

    @Test("a busy port is an error that names it, exit code 4")
    func busyPort() async throws {
        let program = try await Program.backfilled()
        defer { program.remove() }
        let server = try await Server.start(program)
        // Both doors open at once: only one of them finds its port taken.
        for (busy, other) in [("HTTP_PORT", "GRPC_PORT"), ("GRPC_PORT", "HTTP_PORT")] {
            var program = server.program
            let port = try #require(program.environment[busy])
            program.environment[other] = String(try LoopbackPort.free())
            let second = try await program.run("serve")
            #expect(second.status == 4)
            #expect(second.errors.contains("127.0.0.1:\(port)"))
            #expect(second.errors.contains(busy))
        }
        server.running.signal(SIGTERM)
        _ = await server.running.outcome()
    }

    @Test("watch prints what backfill --emit announces, once, and resumes by name")
    func watch() async throws {
        let program = try await Program.backfilled()
        defer { program.remove() }
        let csv = program.home + "/start.csv"
        let emitted = try await program.run(
            "backfill", "--csv", csv, "--market", "SPX", "--emit", "--json")
        #expect(emitted.status == 0)
        let first = try await program.run("watch", "--name", "desk", "--count", "1", "--json")
        #expect(first.output.contains(#""sequence":"1""#))
        let second = try await program.run("watch", "--name", "desk", "--count", "1", "--json")
        #expect(second.output.contains(#""sequence":"2""#))
        let again = try await program.run(
            "backfill", "--csv", csv, "--market", "SPX", "--emit", "--json")
        #expect(again.output.contains(#""announced":0"#))
        // Stopped by a signal it gives its name back: the next one need not wait for a lease.
        let running = try Running(program.process(["watch", "--name", "desk", "--json"]))
        #expect(await running.output.wait(for: #""sequence":"3""#))
        running.signal(SIGTERM)
        #expect(await running.outcome().status == 0)
    }
}
