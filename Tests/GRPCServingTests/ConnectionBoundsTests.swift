import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Hosting
import Logging
import ServiceLifecycle
import SwiftProtobuf
import TestSupport
import Testing

@testable import GRPCServing

@Suite("What clients may take of the gRPC door", .timeLimit(.minutes(5)))
struct ConnectionBoundsTests {
    private static func bounds(_ change: (inout ConnectionBounds) -> Void) -> ConnectionBounds {
        var bounds = ConnectionBounds()
        change(&bounds)
        return bounds
    }

    private func serving(
        _ bounds: ConnectionBounds, _ body: (Int, ServiceGroup) async throws -> Void
    ) async throws {
        let (ports, port) = AsyncStream<Int>.makeStream()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let listener = GRPCListener(
            host: "127.0.0.1", port: 0, methods: MethodTable([], logger: logger), bounds: bounds,
            onRunning: { port.yield($0) })
        let group = ServiceGroup(services: [listener], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body(try #require(await ports.first { _ in true }), group)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test("how many calls a connection may have is told")
    func calls() async throws {
        try await serving(Self.bounds { $0.callsLimit = 0x1234 }) { port, _ in
            let connection = try RawConnection(to: port)
            connection.send(HTTP2Bytes.preface)
            var told: [UInt8] = []
            // A setting is its number and its value, 2 and 4 bytes; 3 is this one.
            while !told.contains([0, 3, 0, 0, 0x12, 0x34]) {
                let more = await connection.receive()
                try #require(!more.isEmpty)
                told += more
            }
        }
    }

    @Test("a silent connection is closed, whether it ever spoke or not", arguments: [false, true])
    func silence(speaks: Bool) async throws {
        try await serving(Self.bounds { $0.silenceLimit = .milliseconds(30) }) { port, _ in
            let connection = try RawConnection(to: port)
            if speaks { connection.send(HTTP2Bytes.preface) }
            #expect(!(await connection.rest()).isEmpty, "the settings come before the end")
        }
    }

    @Test("a connection above the limit waits until one is closed")
    func connections() async throws {
        try await serving(Self.bounds { $0.connectionsLimit = 1 }) { port, _ in
            var open = [try RawConnection(to: port)]
            for connection in open { #expect(!(await connection.receive()).isEmpty) }
            // Whether one or four are accepted at once is the library's to choose.
            for _ in 0..<8 { open.append(try RawConnection(to: port)) }
            open[0].send(HTTP2Bytes.preface)
            #expect(!(await open[0].receive()).isEmpty)
            let last = try #require(open.last)
            #expect(!last.hasMore)
            for connection in open.dropLast() { connection.end() }
            #expect(!(await last.receive()).isEmpty)
        }
    }

    @Test("a client that knows of a shutdown, or has had its time to, is told of the end")
    func shutdown() async throws {
        for answers in [true, false] {
            let limit = answers ? Duration.seconds(60) : .milliseconds(30)
            try await serving(Self.bounds { $0.noticeLimit = limit }) { port, group in
                let connection = try RawConnection(to: port)
                connection.send(HTTP2Bytes.preface)
                #expect(!(await connection.receive()).isEmpty)
                await group.triggerGracefulShutdown()
                // GOAWAY: first the door's own, then the library's.
                let goAway = Array(NoticeAnswer.notice.prefix(17))
                var told: [UInt8] = []
                for count in 1...2 {
                    while told.split(separator: goAway, omittingEmptySubsequences: false).count
                        <= count
                    {
                        let more = await connection.receive()
                        try #require(!more.isEmpty)
                        told += more
                    }
                    if answers { connection.send(NoticeAnswer.answer) }
                }
            }
        }
    }

    @Test("the answer to a notice is found wherever it is cut")
    func noticeAnswer() {
        let sent = [0, 0, 8] + NoticeAnswer.answer + [0, 0]
        for cut in sent.indices {
            var answer = NoticeAnswer()
            let isWhole = cut >= 3 + NoticeAnswer.answer.count
            #expect(answer.isFound(in: sent[..<cut]) == isWhole)
            #expect(answer.isFound(in: sent[cut...]) == !isWhole)
        }
        var bytewise = NoticeAnswer()
        let found = sent.map { byte in bytewise.isFound(in: [byte]) }
        #expect(found.count { $0 } == 1)
    }

    @Test("a door that is cut off was cancelled, and could listen")
    func cutOff() async throws {
        let (ports, port) = AsyncStream<Int>.makeStream()
        let listener = GRPCListener(
            host: "127.0.0.1", port: 0, methods: MethodTable([], logger: Logger(label: "test")),
            onRunning: { port.yield($0) })
        let running = Task { try await listener.run() }
        _ = try #require(await ports.first { _ in true })
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
    }
}
