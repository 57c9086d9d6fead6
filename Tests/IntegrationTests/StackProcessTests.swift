import Foundation
import TestSupport
import Testing

/// PostgreSQL, Redis and a Kafka broker (noida-db) of the test run's own.
@Suite("The program on the full stack", .serialized, .timeLimit(.minutes(10)))
struct StackProcessTests {
    private struct Stack {
        let program: Program
        let redis: RedisServer
        let broker: KafkaBroker

        init() async throws {
            redis = try await RedisServer()
            broker = try await KafkaBroker()
            var program = try Program.fresh()
            program.environment = [
                "DATABASE_URL": try await PostgresServer.shared.value.database(),
                "REDIS_URL": redis.url, "REDPANDA_BROKERS": broker.servers,
                "KAFKA_SESSION_TIMEOUT_MS": "6000", "KAFKA_MAX_POLL_INTERVAL_MS": "8000",
                "KAFKA_FETCH_WAIT_MAX_MS": "20",
            ]
            self.program = program
        }

        /// What an independent client reads of a topic: one line an event.
        func kcat(_ topic: String, format: String) async throws -> [String] {
            try await kcat(["-C", "-t", topic, "-e", "-q", "-f", format + "\n"])
        }

        func kcat(_ arguments: [String]) async throws -> [String] {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["kcat", "-b", broker.servers] + arguments
            let outcome = try await Program.finish(process)
            #expect(outcome.status == 0, "\(outcome.errors)")
            return outcome.output.split(separator: "\n").map(String.init)
        }
    }

    private static let backfill = ["backfill", "--csv", Fixture.spx, "--market", "SPX", "--emit"]

    /// The members of section 3 of the contracts, those that came later included.
    private static let members: Set<String> = [
        "regime", "confidence", "timestamp", "source", "event_id", "event_type", "market",
        "timeframe", "previous_regime", "sequence", "previous_event_id", "as_of", "trigger",
        "model_version", "supersedes", "risk_level", "probabilities", "schema_version",
        "reasoning",
    ]

    @Test("kcat sees exactly the announced events, keyed, with their headers; again, none more")
    func events() async throws {
        let stack = try await Stack()
        defer { stack.program.remove() }
        #expect(try await stack.program.run(Self.backfill).status == 0)
        let lines = try await stack.kcat("regime-change", format: "%k|%h|%s")
        let changes = try await stack.program.run("changes", "--market", "SPX", "--json")
        let told = try #require(
            try JSONSerialization.jsonObject(with: Data(changes.output.utf8)) as? [[String: Any]])
        #expect(lines.count == told.count)
        #expect(lines.count > 50)
        var previous: String?
        for (index, (line, change)) in zip(lines, told).enumerated() {
            let parts = line.split(separator: "|", maxSplits: 2).map(String.init)
            try #require(parts.count == 3)
            let event = try #require(
                try JSONSerialization.jsonObject(with: Data(parts[2].utf8)) as? [String: Any])
            #expect(parts[0] == "SPX")
            #expect(Set(event.keys) == Self.members)
            #expect(event["sequence"] as? Int == index + 1)
            #expect(event["source"] as? String == "market-regime-service")
            #expect(event["as_of"] as? String == change["asOf"] as? String)
            #expect(event["regime"] as? String == change["regime"] as? String)
            #expect(event["previous_event_id"] as? String == previous)
            previous = event["event_id"] as? String
            let headers = Set(parts[1].split(separator: ",").map(String.init))
            #expect(headers.contains("content-type=application/json"))
            #expect(headers.contains("ce-id=\(previous ?? "none")"))
            #expect(headers.contains("ce-source=market-regime-service"))
        }
        let again = try await stack.program.run(Self.backfill + ["--json"])
        #expect(again.output.contains(#""announced":0"#))
        #expect(try await stack.kcat("regime-change", format: "%k").count == lines.count)
        let cached = try await stack.redis.cli("get", "market:regime:current")
        #expect(cached.contains(#""asOf":"2018-12-31T21:00:00Z""#))
        #expect(!cached.contains("stale"))
        let lifetime = try await stack.redis.cli("ttl", "market:regime:current")
        let seconds = try #require(
            Int(lifetime.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect((19_400...23_760).contains(seconds))
    }

    @Test("Redis killed in mid-flight: 1,000 concurrent requests all succeed")
    func redisAway() async throws {
        let stack = try await Stack()
        defer { stack.program.remove() }
        #expect(try await stack.program.run(Self.backfill).status == 0)
        let server = try await Server.start(stack.program)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<1_000 {
                group.addTask {
                    if number == 300 { try await stack.redis.stop(mercifully: false) }
                    return try await server.get("/v1/market-regime/current?market=SPX").status
                }
            }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(statuses == [200: 1_000])
        // Nobody fails for it, but whoever asks what is away is told.
        let ready = try await server.get("/ready")
        #expect(ready.status == 503 && ready.body.contains(#""failing":["redis"]"#))
        let metrics = try await server.get("/metrics").body
        #expect(metrics.contains("cache_requests_total{"))
        DescribedMetrics.expect(in: metrics)
        server.running.signal(SIGTERM)
        #expect(await server.running.outcome().status == 0)
    }

    @Test("a bar sent over HTTP goes through the broker, and its answer comes back")
    func bar() async throws {
        let stack = try await Stack()
        defer { stack.program.remove() }
        #expect(try await stack.program.run(Self.backfill).status == 0)
        let server = try await Server.start(stack.program)
        let posted = try await server.post(
            "/v1/market-data/bars",
            #"{"market":"SPX","timestamp":"2019-01-02T21:00:00Z","close":2510.03}"#)
        #expect(posted.status == 200)
        #expect(posted.body.contains(#""queued":true"#))
        try await eventually {
            try await server.get("/v1/market-regime/current").body
                .contains("2019-01-02T21:00:00Z")
        }
        let bars = try await stack.kcat("market-bars", format: "%k")
        #expect(bars == ["SPX"])
        // One partition has had the bar, and nothing of it is left to do.
        try await eventually {
            try await server.get("/metrics").body.split(separator: "\n").contains {
                $0.hasPrefix("kafka_consumergroup_lag{") && $0.hasSuffix(" 0")
                    && $0.contains(#"consumergroup="market-regime-service""#)
                    && $0.contains(#"topic="market-bars""#)
            }
        }
        // Made at the start, though nobody has written to them.
        let topics = try await stack.kcat(["-L"])
        for topic in ["market-bars.dlq", "regime-change", "regime-change.dlq", "order-filled"] {
            #expect(topics.contains { $0.contains(#"topic "\#(topic)" with 6 partitions"#) })
        }
        server.running.signal(SIGTERM)
        #expect(await server.running.outcome().status == 0)
        #expect(try await stack.program.run("verify").status == 0)
    }

    private static let report = #"""
        {"fillId":"f-1","orderId":"o-1","userId":"ann","symbol":"SPX","side":"buy","filledQty":8.50,
        "filledPrice":"2506.85","commission":"-0.25","currency":"USD",
        "timestamp":"2018-12-31T21:00:00.25Z"}
        """#

    @Test("a fill sent over HTTP is one event, keyed by its user, with headers; again, none more")
    func fill() async throws {
        let stack = try await Stack()
        defer { stack.program.remove() }
        #expect(try await stack.program.run(Self.backfill).status == 0)
        let server = try await Server.start(stack.program)
        var lines: [String] = []
        for isDuplicate in [false, true] {
            let posted = try await server.post("/v1/orders/fills", Self.report)
            #expect(posted.status == 200, "\(posted.body)")
            #expect(posted.body.contains(#""duplicate":\#(isDuplicate)"#))
            try await eventually {
                try await server.get("/metrics").body.contains("\noutbox_pending_rows 0")
            }
            lines = try await stack.kcat("order-filled", format: "%k|%h|%s")
            #expect(lines.count == 1)
        }
        let parts = try #require(lines.first).split(separator: "|", maxSplits: 2).map(String.init)
        try #require(parts.count == 3)
        let event = try #require(
            try JSONSerialization.jsonObject(with: Data(parts[2].utf8)) as? [String: Any])
        let identifier = try #require(event["event_id"] as? String)
        #expect(parts[0] == "ann")
        let headers = parts[1].split(separator: ",").map(String.init)
        #expect(headers.contains { $0.hasPrefix("traceparent=00-") })
        #expect(
            Set(headers.filter { !$0.hasPrefix("traceparent=") }) == [
                "content-type=application/json", "ce-specversion=1.0", "ce-id=\(identifier)",
                "ce-type=bloasis.order-filled.v1", "ce-source=trading-service",
                "ce-time=2018-12-31T21:00:00.25Z",
            ])
        let expected = [
            "user_id": "ann", "event_type": "fill", "order_id": "o-1", "fill_id": "f-1",
            "symbol": "SPX", "side": "buy", "filled_qty": "8.5", "filled_price": "2506.85",
            "commission": "-0.25", "currency": "USD", "timestamp": "2018-12-31T21:00:00.25Z",
            "regime_market": "SPX", "regime_as_of": "2018-12-31T21:00:00Z",
        ]
        for (member, value) in expected {
            #expect(event[member] as? String == value, "\(member)")
        }
        #expect(event["regime"] is String)
        #expect(event["sequence"] as? Int == 1)
        let portfolio = try await server.get("/v1/users/ann/portfolio").body
        #expect(portfolio.contains(#""quantity":"8.5""#))
        server.running.signal(SIGTERM)
        #expect(await server.running.outcome().status == 0)
    }
}
