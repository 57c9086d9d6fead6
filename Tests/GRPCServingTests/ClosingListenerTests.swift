import Contracts
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import GRPCServing

/// Bytes on a socket while the gRPC door closes.
@Suite("The closing gRPC door", .timeLimit(.minutes(5)))
struct ClosingListenerTests {
    private struct World {
        let port: Int
        let group: ServiceGroup
        let running: Task<Void, any Error>

        init(_ change: (inout ConnectionBounds) -> Void) async throws {
            var bounds = ConnectionBounds()
            change(&bounds)
            let (ports, port) = AsyncStream<Int>.makeStream()
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let listener = GRPCListener(
                host: "127.0.0.1", port: 0,
                methods: MethodTable(
                    [], describedBy: try ServiceDescriptors(), logger: logger),
                bounds: bounds, onRunning: { port.yield($0) })
            let group = ServiceGroup(services: [listener], logger: logger)
            self.group = group
            running = Task { try await group.run() }
            self.port = try #require(await ports.first { _ in true })
        }

        func open(_ bytes: [UInt8]) async throws -> RawConnection {
            let connection = try RawConnection(to: port)
            connection.send(bytes)
            #expect(!(await connection.receive()).isEmpty)
            return connection
        }
    }

    @Test("a client that answers nothing and asks nothing is not waited for")
    func silent() async throws {
        let world = try await World {
            $0.noticeLimit = .milliseconds(30)
            $0.lingerLimit = .milliseconds(30)
        }
        let connection = try await world.open(HTTP2Bytes.preface)
        await world.group.triggerGracefulShutdown()
        _ = await connection.rest()
        try await world.running.value
    }

    @Test("a stream of questions is ended; who does not end it too is cut off")
    func questions() async throws {
        let world = try await World { $0.lingerLimit = .seconds(30) }
        let method = ReflectionAnswers.services[0] + "/" + ReflectionAnswers.method
        let connection = try await world.open(HTTP2Bytes.preface + HTTP2Bytes.call(method))
        await world.group.triggerGracefulShutdown()
        connection.send(NoticeAnswer.answer)
        var told: [UInt8] = []
        while !told.contains(HTTP2Bytes.trailers) {
            let more = await connection.receive()
            try #require(!more.isEmpty)
            told += more
        }
        world.running.cancel()
        _ = await world.running.result
        _ = await connection.rest()
    }

    @Test("a call whose message does not come is cut off")
    func unsaid() async throws {
        let world = try await World { _ in }
        let connection = try await world.open(
            HTTP2Bytes.preface + HTTP2Bytes.call("grpc.Nowhere/Nothing"))
        world.running.cancel()
        _ = await world.running.result
        _ = await connection.rest()
    }

    @Test("a call may come at any moment of being cut off", arguments: 0..<60)
    func race(turn: Int) async throws {
        let world = try await World { _ in }
        let connection = try RawConnection(to: world.port)
        connection.send(HTTP2Bytes.preface)
        #expect(!(await connection.receive()).isEmpty)
        // Neither waits for the other: now this one is first, now that one.
        async let calls: Void = {
            connection.send(HTTP2Bytes.call("grpc.Nowhere/Nothing"))
        }()
        world.running.cancel()
        await calls
        _ = await world.running.result
        _ = await connection.rest()
    }
}
