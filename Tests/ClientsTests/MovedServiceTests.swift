import Contracts
import Synchronization
import TestSupport
import Testing

@testable import Clients

@Suite("Services that move", .timeLimit(.minutes(2)))
struct MovedServiceTests {
    private typealias Asked = Bloasis_MarketRegime_RegimeRequest

    private struct NotNow: Error {}

    /// Where a service is, as a directory says; `nil`: it cannot say.
    private final class Directory: Sendable {
        private let answer = Mutex<[RemoteEndpoint]?>(nil)

        func set(_ ports: Int...) {
            answer.withLock {
                $0 = ports.map { RemoteEndpoint(host: "127.0.0.1", port: $0) }
            }
        }

        func calls() throws -> GRPCCalls {
            try GRPCCalls(
                {
                    guard let answer = self.answer.withLock({ $0 }) else { throw NotNow() }
                    return answer
                }, host: "market-regime:50051", now: { ContinuousClock.now }, chance: { 0 })
        }
    }

    private func expectFound(_ calls: GRPCCalls) async throws {
        try await eventually {
            (try? await RemoteMarketRegime(calls).getCurrentRegime(Asked()))?.sequence == 7
        }
    }

    @Test("one that said goodbye, and one that did not, are found where they went")
    func moved() async throws {
        let directory = Directory()
        try await World.withConnections(try directory.calls()) { calls in
            try await World.withDoor(.grpc, FakeService()) { port in
                directory.set(port)
                try await expectFound(calls)
            }
            try await World.withDoor(.grpc, FakeService()) { port in
                let proxy = try FaultProxy(to: port)
                directory.set(proxy.port)
                try await expectFound(calls)
                // It dies while nobody asks it anything.
                proxy.set(.refusing)
                try await World.withDoor(.grpc, FakeService()) { other in
                    directory.set(other)
                    try await expectFound(calls)
                }
            }
        }
    }

    @Test("of several addresses the first that answers is used")
    func several() async throws {
        let directory = Directory()
        try await World.withDoor(.grpc, FakeService()) { port in
            try await LoopbackPort.withNobody { nobody in
                directory.set(nobody, port)
                try await World.withConnections(try directory.calls()) { calls in
                    let answer = try await RemoteMarketRegime(calls).getCurrentRegime(Asked())
                    #expect(answer.sequence == 7)
                }
            }
        }
    }

    @Test("while the directory has no answer nobody is there, and calls can be ended")
    func unknown() async throws {
        let directory = Directory()
        try await World.withConnections(try directory.calls()) { calls in
            let told = await fault {
                try await RemoteMarketRegime(calls).getCurrentRegime(Asked())
            }
            #expect(told == .nobody(at: "market-regime:50051"))
        }
        directory.set()
        try await World.withConnections(try directory.calls()) { calls in
            let told = await fault {
                try await RemoteMarketRegime(calls).getCurrentRegime(Asked())
            }
            #expect(told == .nobody(at: "market-regime:50051"))
            try await World.withDoor(.grpc, FakeService()) { port in
                directory.set(port)
                try await expectFound(calls)
            }
        }
    }

    @Test("a name that cannot be resolved is nobody's")
    func unresolved() async throws {
        // Of more letters than a part of a name has: nobody need be asked.
        let endpoint = RemoteEndpoint(host: String(repeating: "n", count: 64), port: 1)
        let calls = try GRPCCalls(
            { [endpoint] }, host: "nowhere:1", now: { ContinuousClock.now },
            chance: { 0 })
        try await World.withConnections(calls) { calls in
            let told = await fault {
                try await RemoteMarketRegime(calls).getCurrentRegime(Asked())
            }
            #expect(told == .nobody(at: "nowhere:1"))
        }
    }

    @Test("calls in flight are answered before connections are closed, and no others begin")
    func shutDown() async throws {
        let service = FakeService()
        try await World.withDoor(.grpc, service) { port in
            let directory = Directory()
            directory.set(port)
            let calls = try directory.calls()
            let running = Task { try await calls.run() }
            let regimes = RemoteMarketRegime(calls)
            var changes = try await regimes.streamRegimeChanges(.init()).makeAsyncIterator()
            let source = try await service.nextSource()
            calls.shutDown()
            let told = await fault { try await regimes.getCurrentRegime(Asked()) }
            #expect(told == .nobody(at: "market-regime:50051"))
            source.yield(FakeService.change(1))
            let change = try await changes.next()
            #expect(change?.sequence == 1)
            source.finish()
            let end = try await changes.next()
            #expect(end == nil)
            try await running.value
        }
    }
}
