import Dispatch
import Redis
import Synchronization
import TestSupport
import Testing

@Suite("What a client of Redis may have under way")
struct BoundTests {
    @Test func bytesWaitToBeSentUpToALimit() async throws {
        let isOver = DispatchSemaphore(value: 0)
        let server = try RawServer { peer in
            peer.answerGreeting()
            isOver.wait()
        }
        defer { isOver.signal() }
        var limits = RedisLimits.patient
        limits.pendingBytes = 2 << 20
        let client = try RedisClient(port: server.port, limits)
        let text = String(repeating: "x", count: 1 << 20)
        var outcome: RedisError?
        // The socket itself takes some megabytes.
        for _ in 0..<100 {
            outcome = await failure { try await client.echo(text, within: .milliseconds(10)) }
            guard case .timedOut? = outcome else { break }
        }
        guard case .overloaded(_, let reason)? = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
        #expect(reason.hasSuffix("bytes wait to be sent, 2097152 at the most"))
        let small = await failure { try await client.echo("x", within: .milliseconds(10)) }
        guard case .timedOut? = small else {
            Issue.record("\(String(describing: small))")
            return
        }
    }

    @Test func callersWaitForAConnectionUpToALimit() async throws {
        let server = try RawServer { $0.ignore() }
        var limits = RedisLimits.patient
        limits.waiters = 3
        let client = try RedisClient(port: server.port, limits)
        let refused = Refusals()
        let callers = (0..<4).map { _ in
            Task {
                guard case .overloaded? = await failure({ try await client.echo("x") }) else {
                    return
                }
                refused.count.wrappingAdd(1, ordering: .relaxed)
            }
        }
        try await eventually { refused.count.load(ordering: .relaxed) == 1 }
        for caller in callers { caller.cancel() }
        for caller in callers { await caller.value }
        #expect(refused.count.load(ordering: .relaxed) == 1)
        client.close()
    }

    @Test func aCallHasAGreatestSize() async throws {
        var limits = RedisLimits.patient
        limits.commandBytes = 1_000
        let client = try RedisClient(await RedisServer.shared.value.url, limits)
        #expect(try await client.echo(String(repeating: "x", count: 900))?.count == 900)
        let error = await failure { try await client.echo(String(repeating: "x", count: 1_000)) }
        guard case .tooLarge(_, limit: 1_000)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try await client.echo("x") == "x")
    }

    @Test func aReplyHasAGreatestSize() async throws {
        var limits = RedisLimits.patient
        limits.replyBytes = 100_000
        let client = try RedisClient(await RedisServer.shared.value.url, limits)
        #expect(try await client.echo(String(repeating: "x", count: 90_000))?.count == 90_000)
        let error = await failure {
            try await client.echo(String(repeating: "x", count: 110_000))
        }
        guard case .protocolViolation(_, "a reply of more than 100000 bytes")? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        try await eventually { (try? await client.echo("x")) == "x" }
    }

    @Test func repliesMayBeOutstandingUpToALimit() async throws {
        var limits = RedisLimits.patient
        limits.outstanding = 4
        let client = try RedisClient(await RedisServer.shared.value.url, limits)
        let ping = RedisCommand("PING")
        #expect(try await client.pipeline([ping, ping, ping, ping]).count == 4)
        let error = await failure { try await client.pipeline([ping, ping, ping, ping, ping]) }
        guard case .overloaded? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try await client.echo("x") == "x")
    }

    private final class Refusals: Sendable {
        let count = Atomic<Int>(0)
    }
}
