import Glibc
import TestSupport
import Testing

@testable import Redis

@Suite("A Redis that fails")
struct FaultTests {
    // MARK: - Cancelled and late calls

    @Test func cancelledCallsShiftNoReplies() async throws {
        let server = try await RedisServer()
        let client = try RedisClient(server.url)
        #expect(try await client.echo("first") == "first")
        server.pause()
        let tasks = (0..<100).map { number in Task { try await client.echo("\(number)") } }
        try await eventually { client.outstanding == 100 }
        for task in tasks.indices where task % 3 != 0 { tasks[task].cancel() }
        for task in tasks.indices where task % 3 != 0 {
            await #expect(throws: CancellationError.self) { try await tasks[task].value }
        }
        let late = Task { try await client.echo("late") }
        server.resume()
        for task in tasks.indices where task % 3 == 0 {
            #expect(try await tasks[task].value == "\(task)")
        }
        #expect(try await late.value == "late")
        #expect(client.outstanding == 0)
        try await server.stop()
    }

    @Test func lateCallsShiftNoRepliesEither() async throws {
        let server = try await RedisServer()
        let client = try RedisClient(server.url)
        #expect(try await client.echo("first") == "first")
        server.pause()
        let limit = Duration.milliseconds(30)
        let timedOut = RedisError.timedOut(server: client.target.description, limit: limit)
        let patient = Task { try await client.echo("patient") }
        try await eventually { client.outstanding == 1 }
        for number in 0..<10 {
            #expect(await failure { try await client.echo("\(number)", within: limit) } == timedOut)
        }
        #expect(timedOut.isRetriable && client.outstanding == 11)
        server.resume()
        #expect(try await patient.value == "patient")
        #expect(try await client.echo("after") == "after")
        try await server.stop()
    }

    @Test func aCancelledTaskSendsNothing() async throws {
        let server = try await RedisServer.shared.value
        let client = try RedisClient(server.url)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await client.set("cancelled", "written")
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await server.cli("exists", "cancelled") == "0")
    }

    @Test func aSilentServerLosesItsConnection() async throws {
        let server = try await RedisServer()
        var limits = RedisLimits.patient
        limits.call = .milliseconds(20)
        limits.silence = .milliseconds(100)
        let client = try RedisClient(server.url, limits)
        try await eventually { (try? await client.echo("x")) == "x" }
        server.pause()
        let limit = Duration.milliseconds(20)
        #expect(
            await failure { try await client.echo("x") }
                == .timedOut(server: client.target.description, limit: limit))
        try await eventually { client.outstanding == nil }
        server.resume()
        try await eventually { (try? await client.echo("y")) == "y" }
        try await server.stop()
    }

    // MARK: - Servers that come and go

    @Test(arguments: [true, false])
    func aServerThatStopsIsFoundAgain(mercifully: Bool) async throws {
        let server = try await RedisServer()
        let client = try RedisClient(server.url)
        try await client.set("key", "value")
        let waiting = Task {
            await failure {
                try await client.send(RedisCommand("BLPOP", .text("none"), .integer(0)))
            }
        }
        try await eventually { client.outstanding == 1 }
        try await server.stop(mercifully: mercifully)
        guard case .connectionLost? = await waiting.value else {
            Issue.record("\(String(describing: await waiting.value))")
            return
        }
        for _ in 0..<100 {
            let error = try #require(await failure { try await client.get("key") })
            #expect(error.isRetriable, "\(error)")
        }
        try await server.start()
        try await eventually { try await isAnswered { try await client.get("key") } }
        #expect(try await client.get("key") == nil)
        try await server.stop()
    }

    @Test func callsFailAtOnceUntilTheNextAttemptIsDue() async throws {
        let time = MovableInstant()
        var limits = RedisLimits.patient
        limits.reconnect = ReconnectSchedule(base: .seconds(4), limit: .seconds(100))
        // Bound, so that nobody else listens there.
        let (socket, port) = try LoopbackPort.bound()
        defer { close(socket) }
        let client = try RedisClient("redis://127.0.0.1:\(port)", limits) { time.now }
        let server = "127.0.0.1:\(port)/0"
        let first = await failure { try await client.echo("x") }
        #expect(first == .unreachable(server: server, reason: "Connection refused"))
        func unavailable(_ seconds: Int) -> RedisError {
            .unavailable(server: server, reason: "Connection refused", retryIn: .seconds(seconds))
        }
        #expect(await failure { try await client.echo("x") } == unavailable(3))
        time.advance(by: .seconds(2))
        #expect(await failure { try await client.echo("x") } == unavailable(1))
        time.advance(by: .seconds(1))
        #expect(await failure { try await client.echo("x") } == first)
        #expect(await failure { try await client.echo("x") } == unavailable(6))
    }

    @Test func aNameThatLeadsNowhereIsNamed() async throws {
        let client = try RedisClient("redis://ann:s3cret@nowhere.invalid")
        let error = try #require(await failure { try await client.echo("x") })
        guard case .unreachable("nowhere.invalid:6379/0", _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(!"\(error)".contains("s3cret"))
    }

    // MARK: - Servers that are none

    @Test func aServerThatSaysNothingIsGivenUp() async throws {
        let server = try RawServer { $0.ignore() }
        var limits = RedisLimits.patient
        limits.connect = .milliseconds(50)
        let client = try RedisClient(port: server.port, limits)
        let callers = (0..<20).map { _ in
            Task { await failure { try await client.echo("x") } }
        }
        for caller in callers {
            let error = try #require(await caller.value)
            switch error {
            case .timedOut(client.target.description, limit: .milliseconds(50)),
                .unavailable:
                break
            default: Issue.record("\(error)")
            }
        }
        let impatient = await failure { try await client.echo("x", within: .milliseconds(1)) }
        #expect(try #require(impatient).isRetriable)
    }

    @Test func aReplyThatBreaksOffIsNoReply() async throws {
        let server = try RawServer { peer in
            peer.answerGreeting()
            _ = peer.receive()
            peer.send("$10\r\nabc".utf8)
        }
        let client = try RedisClient(port: server.port)
        let error = try #require(await failure { try await client.echo("x") })
        guard case .connectionLost(_, let reason) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(reason.hasSuffix("in the middle of a reply"))
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n\r\n", "*1000000000\r\n", "$x\r\n", ":1\r\n:2\r\n", "$-7\r\n",
        "*-2\r\n", "$99999999999999999999\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
        "+" + String(repeating: "x", count: 70_000), "$" + String(repeating: "1", count: 70_000),
    ])
    func whatIsNotTheProtocolEndsTheConnection(answer: String) async throws {
        let server = try RawServer { peer in
            peer.answerGreeting()
            _ = peer.receive()
            peer.send(answer.utf8)
            peer.ignore()
        }
        let client = try RedisClient(port: server.port)
        let first = Task { await failure { try await client.echo("x") } }
        let error = await first.value
        if answer.hasPrefix(":1") {
            // The first of two replies answers the call.
            #expect(error == nil)
            try await eventually { client.outstanding == nil }
            return
        }
        guard case .protocolViolation(client.target.description, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.isRetriable == false)
    }

    /// Whatever bytes come, each call ends, with the reply that they spell or with an error.
    @Test(arguments: Sweep.seeds(30))
    func garbageEndsEveryCall(seed: UInt64) async throws {
        let server = try RawServer { peer in
            peer.answerGreeting()
            var generator = SplitMix64(seed: seed)
            while peer.receive() != nil {
                let alphabet = Array("+-:$*\r\n\r\n0123456789x\0".utf8)
                let bytes = (0..<Int(generator.next() % 200)).map { _ in
                    alphabet[Int(generator.next() % UInt64(alphabet.count))]
                }
                guard peer.send(bytes), generator.unit() < 0.8 else { return }
            }
        }
        var limits = RedisLimits.patient
        limits.call = .milliseconds(20)
        limits.connect = .milliseconds(500)
        limits.silence = .milliseconds(20)
        let client = try RedisClient(port: server.port, limits)
        await withTaskGroup { group in
            for number in 0..<50 {
                group.addTask { _ = await failure { try await client.echo("\(number)") } }
            }
        }
        let last = await failure { try await client.pipeline([RedisCommand("PING")]) }
        #expect(last == nil || "\(String(describing: last))".contains("127.0.0.1:\(server.port)"))
    }

    private func isAnswered(_ body: () async throws -> some Any) async throws -> Bool {
        guard let error = await failure(body) else { return true }
        #expect(error.isRetriable, "\(error)")
        return false
    }
}

extension RawServer.Peer {
    /// Reads what a client says of itself and agrees.
    func answerGreeting() {
        _ = receive()
        send("+OK\r\n".utf8)
    }
}
