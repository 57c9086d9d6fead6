import Contracts
import Synchronization
import TestSupport
import Testing

@testable import Clients

@Suite("Streams from elsewhere", .timeLimit(.minutes(5)))
struct StreamTests {
    private typealias Changes = AsyncThrowingStream<FakeService.Change, any Error>

    /// Opens a stream; gives it and what it comes from.
    private func open(_ world: World) async throws -> (Changes, FakeService.Source) {
        let changes = try await world.regimes.streamRegimeChanges(.init())
        return (changes, try await world.service.nextSource())
    }

    /// What comes until the end, and the fault that it ends with.
    private func all(_ changes: Changes) async throws -> (sequences: [Int64], end: RPCFault?) {
        var sequences: [Int64] = []
        do {
            for try await change in changes { sequences.append(change.sequence) }
        } catch let fault as RPCFault {
            return (sequences, fault)
        }
        return (sequences, nil)
    }

    @Test(
        "they begin before anything comes, and give each change as it comes",
        arguments: Transport.allCases)
    func coming(transport: Transport) async throws {
        try await World.with(transport) { world in
            let (changes, source) = try await open(world)
            var iterator = changes.makeAsyncIterator()
            for sequence: Int64 in 1...3 {
                source.yield(FakeService.change(sequence))
                let change = try await iterator.next()
                #expect(change == FakeService.change(sequence))
            }
            source.finish()
            let end = try await iterator.next()
            #expect(end == nil)
        }
    }

    @Test("one that nobody reads any more ends at its source", arguments: Transport.allCases)
    func dropped(transport: Transport) async throws {
        try await World.with(transport) { world in
            try await readOne(world)
            await world.service.streamEnded()
            // The connection is as good as before.
            let answer = try await world.regimes.getCurrentRegime(.init())
            #expect(answer.sequence == 7)
        }
    }

    private func readOne(_ world: World) async throws {
        let (changes, source) = try await open(world)
        source.yield(FakeService.change(1))
        for try await change in changes {
            #expect(change.sequence == 1)
            break
        }
    }

    @Test("one that is never read ends too when it is given up", arguments: Transport.allCases)
    func unread(transport: Transport) async throws {
        try await World.with(transport) { world in
            do { _ = try await open(world) }
            await world.service.streamEnded()
        }
    }

    @Test("one whose reader is cancelled ends at its source", arguments: Transport.allCases)
    func cancelled(transport: Transport) async throws {
        try await World.with(transport) { world in
            let reading = Task {
                for try await _ in try await world.regimes.streamRegimeChanges(.init()) {}
            }
            _ = try await world.service.nextSource()
            reading.cancel()
            await world.service.streamEnded()
            _ = await reading.result
        }
    }

    @Test(
        "one that fails gives what came, and then the fault",
        arguments: Transport.allCases,
        [RPCFault.Code.unavailable, .resourceExhausted, .internalError, .deadlineExceeded])
    func failing(transport: Transport, code: RPCFault.Code) async throws {
        let said = RPCFault(code, "ended: ask again after what came, é\n")
        try await World.with(transport) { world in
            let (changes, source) = try await open(world)
            source.yield(FakeService.change(1))
            source.yield(FakeService.change(2))
            source.finish(throwing: said)
            let (sequences, end) = try await all(changes)
            #expect(sequences == [1, 2] && end == said)
        }
    }

    /// A server closes a connection with so many resets.
    @Test("who leaves many streams at once ends nobody's, and fails nobody's calls")
    func leaving() async throws {
        try await World.with(.grpc) { world in
            let (staying, source) = try await open(world)
            try await openAndLeave(600, world)
            for _ in 0..<600 { await world.service.streamEnded() }
            let answer = try await world.regimes.saveRegime(.init())
            #expect(answer.overrideID == "override of ")
            source.yield(FakeService.change(1))
            source.finish()
            let (sequences, end) = try await all(staying)
            #expect(sequences == [1] && end == nil)
        }
    }

    private func openAndLeave(_ count: Int, _ world: World) async throws {
        var left: [Changes] = []
        for _ in 0..<count { left.append(try await open(world).0) }
        withExtendedLifetime(left) {}
    }

    @Test("one whose server goes away ends with UNAVAILABLE", arguments: Transport.allCases)
    func broken(transport: Transport) async throws {
        try await World.withProxy(transport) { world, proxy in
            let (changes, source) = try await open(world)
            var iterator = changes.makeAsyncIterator()
            source.yield(FakeService.change(1))
            let first = try await iterator.next()
            #expect(first?.sequence == 1)
            proxy.set(.refusing)
            let told = await fault { try await iterator.next(isolation: #isolation) }
            #expect(told == .nobody(at: world.host))
        }
    }

    @Test("a slow reader finds as many changes as may wait", arguments: Transport.allCases)
    func full(transport: Transport) async throws {
        let limit = Int64(CallLimits.streamBuffer)
        try await World.with(transport) { world in
            let (changes, source) = try await open(world)
            for sequence in 1...limit { source.yield(FakeService.change(sequence)) }
            source.finish()
            let (sequences, end) = try await all(changes)
            #expect(sequences == Array(1...limit) && end == nil)
        }
    }

    @Test("one that falls further behind is told so", arguments: Transport.allCases)
    func behind(transport: Transport) async throws {
        let limit = Int64(CallLimits.streamBuffer)
        try await World.with(transport) { world in
            let (changes, source) = try await open(world)
            for sequence in 1...limit + 1 { source.yield(FakeService.change(sequence)) }
            // It ends because nobody takes what comes.
            await world.service.streamEnded()
            let (sequences, end) = try await all(changes)
            #expect(sequences == Array(1...limit) && end == CallLimits.streamIsBehind)
        }
    }
}
