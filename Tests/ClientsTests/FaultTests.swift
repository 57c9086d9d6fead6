import Contracts
import Ports
import TestSupport
import Testing

@testable import Clients

@Suite("Faults of services elsewhere", .timeLimit(.minutes(5)))
struct FaultTests {
    private typealias Asked = Bloasis_MarketRegime_RegimeRequest

    /// What does not survive careless writing into headers or JSON.
    private static let words = #" why: 'é' 100% "\" — see /ready "# + "\r\n\ttwo 👩‍🚀 lines  "

    @Test(
        "they come back with their code and words, and what may pass is asked again",
        arguments: Transport.allCases, RPCFault.Code.allCases)
    func codes(transport: Transport, code: RPCFault.Code) async throws {
        try await World.with(transport) { world in
            let attempts = RetrySchedule.passing.contains(code) ? RetrySchedule.attemptLimit : 1
            for words in [Self.words, "", String(repeating: "long ", count: 400)] {
                let said = RPCFault(code, words)
                world.service.fail(with: said)
                let before = world.service.contexts.count
                let told = await fault { try await world.regimes.getCurrentRegime(Asked()) }
                #expect(told == said)
                #expect(world.service.contexts.count == before + attempts)
                let stream = await fault { try await world.regimes.streamRegimeChanges(.init()) }
                #expect(stream == said, "a stream does not begin")
            }
        }
    }

    @Test("the last attempt's answer counts", arguments: Transport.allCases)
    func secondChance(transport: Transport) async throws {
        try await World.with(transport) { world in
            world.service.failOnce(with: RPCFault.unavailable("away"), RPCFault(.aborted, "raced"))
            let answer = try await world.regimes.getCurrentRegime(Asked())
            #expect(answer.regime == "normal_bull")
            #expect(world.service.contexts.count == 3)
            world.service.failOnce(
                with: RPCFault(.resourceExhausted, "busy"), RPCFault.notFound("gone"))
            let told = await fault { try await world.regimes.getCurrentRegime(Asked()) }
            #expect(told == RPCFault.notFound("gone"))
            #expect(world.service.contexts.count == 5)
        }
    }

    @Test(
        "what would be done twice is asked once",
        arguments: Transport.allCases, RetrySchedule.passing.sorted { $0.rawValue < $1.rawValue })
    func once(transport: Transport, code: RPCFault.Code) async throws {
        try await World.with(transport) { world in
            let said = RPCFault(code, "perhaps it was done")
            world.service.fail(with: said)
            let told = await fault { try await world.regimes.saveRegime(.init()) }
            #expect(told == said && world.service.contexts.count == 1)
        }
    }

    @Test("what nobody foresaw keeps its secrets", arguments: Transport.allCases)
    func unforeseen(transport: Transport) async throws {
        struct Surprise: Error { let path = "/secret/path" }
        try await World.with(transport) { world in
            world.service.fail(with: Surprise())
            let told = await fault { try await world.regimes.getCurrentRegime(Asked()) }
            #expect(told?.code == .internalError)
            #expect(told?.message.contains("secret") == false)
        }
    }

    @Test("a call that is cancelled is no fault of the service", arguments: Transport.allCases)
    func cancelled(transport: Transport) async throws {
        let server = try RawServer { $0.ignore() }
        try await World.withCalls(transport, to: server.port) { calls in
            let asking = Task { try await RemoteMarketRegime(calls).getCurrentRegime(Asked()) }
            try await eventually { server.count > 0 }
            asking.cancel()
            await #expect(throws: CancellationError.self) { try await asking.value }
        }
    }
}

@Suite("What goes along with calls", .timeLimit(.minutes(2)))
struct ContextTests {
    private typealias Asked = Bloasis_MarketRegime_RegimeRequest

    @Test("the caller's credentials, trace and deadline", arguments: Transport.allCases)
    func context(transport: Transport) async throws {
        let trace = try #require(
            TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
        try await World.with(transport) { world in
            let begun = ContinuousClock.now
            let sent = CallContext(
                authorization: "Bearer a.b-c", deadline: begun + .seconds(20), trace: trace)
            _ = try await CallContext.$current.withValue(sent) {
                try await world.regimes.getCurrentRegime(Asked())
            }
            let took = begun.duration(to: .now)
            let came = try #require(world.service.contexts.last)
            #expect(came.authorization == "Bearer a.b-c")
            #expect(came.trace?.traceID == trace.traceID && came.trace?.spanID != trace.spanID)
            let left = begun.duration(to: try #require(came.deadline))
            // What is sent is how much is left, in whole milliseconds.
            #expect(left > .seconds(20) - .milliseconds(2))
            #expect(left < .seconds(20) + took + .milliseconds(2))
        }
    }

    @Test(
        "a caller without any asks for no longer than calls may take", arguments: Transport.allCases
    )
    func noContext(transport: Transport) async throws {
        try await World.with(transport) { world in
            let begun = ContinuousClock.now
            _ = try await world.regimes.getCurrentRegime(Asked())
            let came = try #require(world.service.contexts.last)
            #expect(came.authorization == nil)
            let left = begun.duration(to: try #require(came.deadline))
            #expect(left < CallLimits.time + begun.duration(to: .now) + .milliseconds(2))
        }
    }

    @Test(
        "streams take credentials and trace along, and last longer", arguments: Transport.allCases)
    func stream(transport: Transport) async throws {
        try await World.with(transport) { world in
            let sent = CallContext(
                authorization: "Bearer x", deadline: .now + .seconds(20))
            let stream = try await CallContext.$current.withValue(sent) {
                try await world.regimes.streamRegimeChanges(.init())
            }
            let source = try await world.service.nextSource()
            let came = try #require(world.service.contexts.last)
            #expect(came.authorization == "Bearer x" && came.deadline == nil)
            source.finish()
            for try await _ in stream {}
        }
    }

    @Test("one's own token goes where the caller brings no credentials")
    func token() async throws {
        let service = FakeService()
        try await World.withDoor(.http, service) { port in
            try await World.withHTTPCalls("http://127.0.0.1:\(port)/", token: "own") { calls in
                let regimes = RemoteMarketRegime(calls)
                _ = try await regimes.getCurrentRegime(Asked())
                let theirs = CallContext(authorization: "Basic c")
                _ = try await CallContext.$current.withValue(theirs) {
                    try await regimes.getCurrentRegime(Asked())
                }
            }
        }
        #expect(service.contexts.map(\.authorization) == ["Bearer own", "Basic c"])
    }

    @Test("credentials stay where they may not be sent")
    func kept() async throws {
        let service = FakeService()
        try await World.withDoor(.grpc, service) { port in
            let endpoint = RemoteEndpoint(host: "127.0.0.1", port: port)
            let calls = try GRPCCalls(
                { [endpoint] }, host: "test", sendsCredentials: false,
                now: { ContinuousClock.now }, chance: { 0 })
            try await World.withConnections(calls) { calls in
                let context = CallContext(authorization: "Bearer x")
                _ = try await CallContext.$current.withValue(context) {
                    try await RemoteMarketRegime(calls).getCurrentRegime(Asked())
                }
            }
        }
        #expect(service.contexts.map(\.authorization) == [nil])
    }

    @Test("nobody is asked once the deadline has passed", arguments: Transport.allCases)
    func passed(transport: Transport) async throws {
        try await World.with(transport) { world in
            let late = CallContext(deadline: .now - .milliseconds(1))
            let told = await CallContext.$current.withValue(late) {
                await fault { try await world.regimes.getCurrentRegime(Asked()) }
            }
            #expect(told == .overdue)
            let stream = await CallContext.$current.withValue(late) {
                await fault { try await world.regimes.streamRegimeChanges(.init()) }
            }
            #expect(stream == .overdue)
            #expect(world.service.contexts.isEmpty)
        }
    }

    @Test(
        "who waits for an answer that does not come is told at its deadline",
        arguments: Transport.allCases)
    func silence(transport: Transport) async throws {
        let server = try RawServer { $0.ignore() }
        try await World.withCalls(transport, to: server.port) { calls in
            let regimes = RemoteMarketRegime(calls)
            let told = await CallContext.$current.withValue(soon()) {
                await fault { try await regimes.getCurrentRegime(Asked()) }
            }
            #expect(told == .overdue)
            let stream = await CallContext.$current.withValue(soon()) {
                await fault { try await regimes.streamRegimeChanges(.init()) }
            }
            #expect(stream == .overdue)
        }
    }

    private func soon() -> CallContext { CallContext(deadline: .now + .milliseconds(200)) }
}
