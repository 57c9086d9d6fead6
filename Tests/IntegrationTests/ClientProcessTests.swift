import Foundation
import TestSupport
import Testing

@Suite("Clients that others wrote", .serialized, .timeLimit(.minutes(10)))
struct ClientProcessTests {
    @Test("a grpcio client of a proto with four known fields gets what curl gets")
    func oldProto() async throws {
        let server = try await Server.start(try await Program.backfilled())
        defer { server.program.remove() }
        let asked = try await IndependentClient.run("grpc_current.py", server.grpcAddress)
        #expect(asked.status == 0, "\(asked.errors)")
        let told = try JSON.object(asked.output)
        let current = try JSON.object(
            try await server.get("/v1/market-regime/current?user_id=u").body)
        for field in ["regime", "timestamp"] {
            #expect(try #require(told[field] as? String) == current[field] as? String)
        }
        #expect(
            try #require(told["confidence"] as? Double) == current["confidence"] as? Double)
        #expect(try await server.stop() == 0)
    }

    @Test("reflection names every service and method, and health is told for each name")
    func explore() async throws {
        let server = try await Server.start(try await Program.backfilled())
        defer { server.program.remove() }
        let explored = try await IndependentClient.run("grpc_explore.py", server.grpcAddress)
        #expect(explored.status == 0, "\(explored.errors)")
        let lines = Set(explored.output.split(separator: "\n").map(String.init))
        for line in [
            "service bloasis.market_regime.MarketRegimeService",
            "service bloasis.trading.TradingService", "service grpc.health.v1.Health",
            "service grpc.reflection.v1.ServerReflection",
            "service grpc.reflection.v1alpha.ServerReflection",
            "method bloasis.market_regime.MarketRegimeService/GetCurrentRegime "
                + "bloasis.market_regime.RegimeRequest",
            "method bloasis.trading.TradingService/RecordFill bloasis.trading.RecordFillRequest",
            "health - SERVING", "health bloasis.market_regime.MarketRegimeService SERVING",
            "health no.such NOT_FOUND", "watch no.such SERVICE_UNKNOWN",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        #expect(try await server.stop() == 0)
    }

    @Test("schemathesis finds no fault of the server, and answers as the document has them")
    func document() async throws {
        let server = try await Server.start(try await Program.backfilled())
        defer { server.program.remove() }
        let checks = [
            "not_a_server_error", "status_code_conformance", "content_type_conformance",
            "response_schema_conformance", "unsupported_method",
        ]
        let outcome = try await IndependentClient.python([
            "-m", "schemathesis.cli", "--config-file", IndependentClient.file("schemathesis.toml"),
            "run", server.url("/openapi.json").absoluteString,
            "--checks", checks.joined(separator: ","),
            // A stream does not end.
            "--exclude-path", "/v1/market-regime/stream",
            "--exclude-path", "/v1/notifications/stream",
            // Passwords are hashed at length, and others' tests run beside.
            "--request-timeout", "60", "--max-examples", "60", "--seed", "20261122",
            "--generation-database", "none",
            "--no-color",
        ])
        #expect(outcome.status == 0, "\(outcome.output.suffix(6_000))\(outcome.errors)")
        #expect(try await server.stop() == 0)
    }
}

enum JSON {
    struct NoObject: Error {
        let text: String
    }

    static func object(_ text: String) throws -> [String: Any] {
        guard
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
                as? [String: Any]
        else { throw NoObject(text: text) }
        return object
    }
}
