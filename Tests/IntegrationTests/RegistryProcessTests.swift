import Foundation
import TestSupport
import Testing

@Suite("The service registry and those who use it", .serialized, .timeLimit(.minutes(5)))
struct RegistryProcessTests {
    private static let base = "/api/v1/registry"

    /// What the registry lists, once it holds.
    private func listed(
        _ registry: Server, _ name: String, until holds: ([[String: Any]]) -> Bool
    ) async throws -> [[String: Any]] {
        while true {
            let body = try await registry.get("\(Self.base)/services/\(name)").body
            let list = try #require(
                try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [[String: Any]])
            if holds(list) { return list }
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    private func isHealthy(_ list: [[String: Any]]) -> Bool {
        list.count == 1 && list[0]["status"] as? String == "healthy"
    }

    @Test("httpx sees the calls of the contract, and instances outlive a restart")
    func calls() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let registry = try await Server.start(program, service: "config-service")
        let called = try await IndependentClient.run(
            "registry_calls.py", registry.url("").absoluteString)
        #expect(called.status == 0, "\(called.output)\(called.errors)")
        let registered = try await registry.post(
            "\(Self.base)/register",
            #"{"service_name":"kept","service_url":"http://127.0.0.1:9","#
                + #""service_metadata":{"instance_id":"k1","zone":1.50}}"#)
        #expect(registered.status == 201)
        #expect(registered.body == #"{"instance_id":"k1"}"#)
        #expect(try await registry.stop() == 0)
        let again = try await Server.start(program, service: "config-service")
        let kept = try await again.get("\(Self.base)/services/kept")
        #expect(kept.body.contains(#""instance_id":"k1""#) && kept.body.contains("1.50"))
        #expect(try await again.stop() == 0)
    }

    @Test("a service registers once it answers, is found by a gateway, and leaves first")
    func life() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let registry = try await Server.start(program, service: "config-service")
        var service = try Program.fresh()
        defer { service.remove() }
        service.environment["CONFIG_SERVICE_URL"] = registry.url("/").absoluteString
        let lines = try Fixture.text(Fixture.spx).split(separator: "\n").prefix(800)
        let csv = try service.file("start.csv", lines.joined(separator: "\n") + "\n")
        #expect(try await service.run("backfill", "--csv", csv, "--market", "SPX").status == 0)
        let regimes = try await Server.start(service, service: "market-regime")
        let list = try await listed(registry, "market-regime", until: isHealthy)
        let id = try #require(list[0]["instance_id"] as? String)
        await regimes.running.errors.wait(
            for: "Registered market-regime with service registry as instance \(id)")
        let found = try await registry.get("\(Self.base)/services/market-regime/url")
        #expect(found.body == #"{"url":"http://127.0.0.1:\#(regimes.port)"}"#)

        // The gateway is told nothing of where the service is.
        var elsewhere = try Program.fresh()
        defer { elsewhere.remove() }
        elsewhere.environment["CONFIG_SERVICE_URL"] = registry.url("").absoluteString
        let gateway = try await Server.start(elsewhere, service: "gateway")
        let answer = try await gateway.get("/v1/market-regime/current?market=SPX")
        #expect(answer.status == 200, "\(answer.body)")
        #expect(answer.body == (try await regimes.get("/v1/market-regime/current")).body)
        #expect(try await gateway.stop() == 0)

        regimes.running.signal(SIGTERM)
        let outcome = await regimes.running.outcome()
        #expect(outcome.status == 0)
        let order = ["Deregistered market-regime from service registry", "Service stopped"]
            .map { outcome.errors.firstRange(of: $0)?.lowerBound }
        #expect(try #require(order[0]) < (try #require(order[1])))
        let left = try await registry.get("\(Self.base)/services/market-regime")
        #expect(left.body == "[]")
        #expect(try await registry.stop() == 0)
    }

    @Test("with tokens a service registers by its own, and a gateway that asks for them finds it")
    func guarded() async throws {
        let token = try await SignedToken.made(#"{"sub":"regimes","scope":"bloasis:service"}"#)
        let reader = try await SignedToken.made(#"{"sub":"gateway"}"#)
        let ann = try await SignedToken.made(#"{"sub":"ann","scope":"bloasis:user"}"#)
        let asking = ["BLOASIS_AUTH": "required", "BLOASIS_JWT_SECRET": SignedToken.secret]
        var program = try Program.fresh()
        defer { program.remove() }
        program.environment = asking
        let registry = try await Server.start(program, service: "config-service")
        #expect(try await registry.get("\(Self.base)/services").status == 401)
        #expect(try await registry.get("/health").status == 200)

        var service = try await Program.backfilled()
        defer { service.remove() }
        service.environment = asking
        service.environment["CONFIG_SERVICE_URL"] = registry.url("").absoluteString
        service.environment["CONFIG_SERVICE_TOKEN_FILE"] = try service.file("token", token + "\n")
        let regimes = try await Server.start(service, service: "market-regime")
        await regimes.running.errors.wait(for: "Registered market-regime with service registry")

        var elsewhere = try Program.fresh()
        defer { elsewhere.remove() }
        elsewhere.environment = asking
        elsewhere.environment["CONFIG_SERVICE_URL"] = registry.url("").absoluteString
        elsewhere.environment["CONFIG_SERVICE_TOKEN"] = reader
        // Where it is configured to be, nobody is.
        elsewhere.environment["MARKET_REGIME_PORT"] = String(try LoopbackPort.free())
        let gateway = try await Server.start(elsewhere, service: "gateway")
        let path = "/v1/market-regime/current?market=SPX"
        #expect(try await gateway.get(path).status == 401)
        try await eventually { try await gateway.get(path, token: ann).status == 200 }
        // It may look, and not make itself known.
        await gateway.running.errors.wait(for: "Service registry registration failed: ")
        for server in [gateway, regimes, registry] {
            server.running.signal(SIGTERM)
            let outcome = await server.running.outcome()
            #expect(outcome.status == 0)
            for secret in [token, reader, ann] { #expect(!outcome.errors.contains(secret)) }
        }
    }

    @Test("a registry that is away keeps nobody from serving")
    func away() async throws {
        var program = try Program.fresh()
        defer { program.remove() }
        let port = try LoopbackPort.free()
        program.environment["CONFIG_SERVICE_URL"] = "http://127.0.0.1:\(port)"
        let server = try await Server.start(program)
        await server.running.errors.wait(for: "Service registry registration failed: ")
        #expect(try await server.get("/health").status == 200)
        #expect(try await server.stop() == 0)
    }
}
