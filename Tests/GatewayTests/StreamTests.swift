import Contracts
import Gateway
import HTTPServing
import HTTPTypes
import Hosting
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Ports
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@Suite("Event streams", .timeLimit(.minutes(5)))
struct StreamTests {
    private static let lastEventID = HTTPField.Name("Last-Event-ID")

    /// Asks a live gateway for a stream, lets the source act, and answers the whole response.
    private func stream(
        _ fixture: GatewayFixture, _ query: String = "", headers: HTTPFields = [:],
        clock: some Clock<Duration> = ContinuousClock(),
        _ source: @Sendable @escaping (FakeService.Source) async -> Void
    ) async throws -> TestResponse {
        let service = fixture.service
        let gateway = try fixture.gateway(clock: clock)
        return try await gateway.application.test(.live) { client in
            async let response = client.execute(
                uri: "/v1/market-regime/stream\(query)", method: .get, headers: headers
            ) { $0 }
            await source(try await service.nextSource())
            return try await response
        }
    }

    @Test("changes are events with their sequence as id")
    func events() async throws {
        let fixture = GatewayFixture()
        let response = try await stream(fixture) { source in
            source.yield(FakeService.change(8))
            source.yield(FakeService.change(9))
            source.finish()
        }
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "text/event-stream")
        let data = #"{"market":"SPX","regime":"crisis","sequence""#
        #expect(
            response.text == """
                retry: 2000

                id: 8
                event: regime-change
                data: \(data):"8"}

                id: 9
                event: regime-change
                data: \(data):"9"}


                """)
        let asked = fixture.service.asked(Bloasis_MarketRegime_StreamRegimeChangesRequest.self)
        #expect(asked.map(\.hasAfter) == [false], "it begins live")
    }

    @Test(
        "a stream resumes after the header, then the parameter, then the field",
        arguments: [
            ("?after=3", nil, 3), ("?after=3&lastEventId=4", nil, 4),
            ("?after=3&lastEventId=4", "5", 5), ("", "0", 0),
        ] as [(String, String?, Int64)])
    func resume(query: String, header: String?, after: Int64) async throws {
        let fixture = GatewayFixture()
        var headers: HTTPFields = [:]
        if let header { headers[try #require(Self.lastEventID)] = header }
        _ = try await stream(fixture, query, headers: headers) { $0.finish() }
        let asked = fixture.service.asked(Bloasis_MarketRegime_StreamRegimeChangesRequest.self)
        #expect(asked.map(\.hasAfter) == [true] && asked.map(\.after) == [after])
    }

    @Test("silence is broken by heartbeats")
    func heartbeats() async throws {
        let clock = CountingClock(sleeps: 3)
        let response = try await stream(GatewayFixture(), clock: clock) { source in
            await clock.exhausted()
            source.finish()
        }
        #expect(response.text == "retry: 2000\n\n: heartbeat\n\n: heartbeat\n\n: heartbeat\n\n")
    }

    @Test("a failure of the source ends the stream with an event that says so")
    func failure() async throws {
        let response = try await stream(GatewayFixture()) { source in
            source.yield(FakeService.change(1))
            source.finish(throwing: RPCFault(.resourceExhausted, "fell behind"))
        }
        let status = #"{"code":8,"message":"fell behind","details":[]}"#
        #expect(response.text.hasSuffix("event: error\ndata: \(status)\n\n"))
    }

    @Test("a failure that nobody foresaw keeps its secrets, in a stream too")
    func unforeseen() async throws {
        let response = try await stream(GatewayFixture()) { source in
            source.finish(
                throwing: StoreError(
                    .busy, location: "/srv/x.db", detail: "locked", advice: "wait"))
        }
        #expect(response.text.contains(#""code":14,"message":"the store cannot answer (busy)"#))
        #expect(!response.text.contains("/srv"))
    }

    @Test("a client that goes away ends its stream at the source, and its place is free again")
    func disconnect() async throws {
        var fixture = GatewayFixture()
        fixture.configuration.streamsLimit = 1
        let service = fixture.service
        try await serving(fixture) { port in
            let path = "/v1/market-regime/stream"
            try await TestClient.withClient(host: "127.0.0.1", port: port) { client in
                try await client.executeAndDontWaitForResponse(
                    TestClient.Request(
                        path, method: .get, authority: "localhost", headers: [:], body: nil))
                _ = try await service.nextSource()
                try await TestClient.withClient(host: "127.0.0.1", port: port) { second in
                    let refused = try await second.get(path)
                    #expect(refused.status.code == 429)
                }
            }
            await service.streamEnded()
        }
    }

    @Test("one address has so many streams, and is told when to ask again")
    func perClient() async throws {
        var fixture = GatewayFixture()
        fixture.configuration.clientStreamsLimit = 2
        let service = fixture.service
        try await serving(fixture) { port in
            let path = "/v1/market-regime/stream"
            let clients = (0..<3).map { _ in TestClient(host: "127.0.0.1", port: port) }
            for client in clients { client.connect() }
            for client in clients.prefix(2) {
                try await client.executeAndDontWaitForResponse(
                    TestClient.Request(
                        path, method: .get, authority: "localhost", headers: [:], body: nil))
                _ = try await service.nextSource()
            }
            let refused = try await clients[2].get(path)
            #expect(refused.status == .tooManyRequests)
            #expect(refused.headers[.retryAfter] == "5")
            for client in clients { try await client.shutdown() }
        }
    }

    @Test("who asks for a stream's head gets that, and is no subscriber")
    func head() async throws {
        let fixture = GatewayFixture()
        let response = try await fixture.send(.head, "/v1/market-regime/stream")
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "text/event-stream")
        #expect(response.text.isEmpty)
        #expect(
            fixture.service.asked(Bloasis_MarketRegime_StreamRegimeChangesRequest.self).isEmpty)
        let unknown = try await fixture.send(.head, "/v1/market-regime/stream?unheard=1")
        #expect(unknown.status == .badRequest, "as it would be of a request for all of it")
    }

    @Test("graceful shutdown ends open streams cleanly and the gateway with them")
    func shutdown() async throws {
        let fixture = GatewayFixture()
        let service = fixture.service
        let (ports, port) = AsyncStream<Int>.makeStream()
        let group = ServiceGroup(
            services: [try fixture.gateway(onRunning: { port.yield($0) })], logger: fixture.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let bound = try #require(await ports.first { _ in true })
            try await TestClient.withClient(host: "127.0.0.1", port: bound) { client in
                async let response = client.get("/v1/market-regime/stream")
                _ = try await service.nextSource()
                await group.triggerGracefulShutdown()
                let ended = try await response
                #expect(ended.status == .ok)
                #expect(ended.body.map { String(buffer: $0) } == "retry: 2000\n\n")
            }
            try await tasks.waitForAll()
        }
    }

    @Test("a connection that asks nothing is closed")
    func idle() async throws {
        var fixture = GatewayFixture()
        fixture.configuration.idleTimeout = .milliseconds(1)
        try await serving(fixture) { port in
            let client = TestClient(host: "127.0.0.1", port: port)
            client.connect()
            let channel = try await client.getChannel()
            try await channel.closeFuture.get()
            #expect(!channel.isActive)
        }
    }

    @Test("a busy port is an error that says so at start")
    func busyPort() async throws {
        let fixture = GatewayFixture()
        try await serving(fixture) { port in
            var second = GatewayFixture()
            second.configuration.port = port
            let gateway = try second.gateway()
            let error = try #require(
                await #expect(throws: ListeningError.self) { try await gateway.run() })
            #expect(error.address == "127.0.0.1:\(port)")
            #expect(error.description.contains("is in use by another program"))
            #expect(error.description.contains("HTTP_PORT"))
        }
    }

    @Test("an address of another machine is an error that says so")
    func foreignAddress() async throws {
        var fixture = GatewayFixture()
        // TEST-NET-1 of RFC 5737 is nobody's.
        fixture.configuration.host = "192.0.2.1"
        let gateway = try fixture.gateway()
        let error = try #require(
            await #expect(throws: ListeningError.self) { try await gateway.run() })
        #expect(error.description == "192.0.2.1:0 is no address of this machine: set BIND_ADDRESS")
    }

    /// Runs a live gateway while a test talks to its port.
    private func serving(
        _ fixture: GatewayFixture, _ body: @Sendable @escaping (Int) async throws -> Void
    ) async throws {
        let (ports, port) = AsyncStream<Int>.makeStream()
        let group = ServiceGroup(
            services: [try fixture.gateway(onRunning: { port.yield($0) })], logger: fixture.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body(try #require(await ports.first { _ in true }))
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}

/// A clock whose first sleeps return at once and whose later ones never do.
private final class CountingClock: Clock {
    typealias Instant = ContinuousClock.Instant

    private let left: Mutex<Int>
    private let (reached, reaching) = AsyncStream<Void>.makeStream()

    init(sleeps: Int) {
        left = Mutex(sleeps)
    }

    var now: Instant { ContinuousClock.now }
    var minimumResolution: Duration { .zero }

    /// Returns when a sleep was asked for that does not return.
    func exhausted() async {
        for await _ in reached { return }
    }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let isOver = left.withLock { left in
            left -= 1
            return left < 0
        }
        guard isOver else { return }
        reaching.yield()
        let (never, _) = AsyncStream<Void>.makeStream()
        for await _ in never {}
        throw CancellationError()
    }
}
