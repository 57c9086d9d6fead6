import Foundation
import HTTPServing
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// Bytes on a socket while the door closes.
@Suite("The closing door", .serialized, .timeLimit(.minutes(2)))
struct ClosingDoorTests {
    private static let length = "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"

    private static func door(_ change: (inout HTTPConfiguration) -> Void) -> DoorFixture {
        var fixture = DoorFixture()
        change(&fixture.configuration)
        return fixture
    }

    /// Connects and asks until nobody listens; not on the cooperative pool, which must not block.
    private final class Crowd: Sendable {
        private let asked = Atomic(0)
        private let isGone: AsyncStream<Void>

        init(at port: Int) {
            let (isGone, go) = AsyncStream<Void>.makeStream()
            self.isGone = isGone
            Thread.detachNewThread { [self] in
                var latest: [RawConnection] = []
                while let connection = try? RawConnection(to: port) {
                    connection.send("GET /text HTTP/1.1\r\nHost: x\r\n\r\n")
                    latest = latest.suffix(7) + [connection]
                    asked.add(1, ordering: .relaxed)
                }
                go.finish()
            }
        }

        func hasCome(_ count: Int) -> Bool { asked.load(ordering: .relaxed) >= count }

        func gone() async { for await _ in isGone {} }
    }

    @Test("who comes at that very moment does not end the process")
    func crowd() async throws {
        for round in 1...4 {
            try await DoorFixture().serving { port, group in
                let crowds = (0..<3).map { _ in Crowd(at: port) }
                try await eventually { crowds.allSatisfy { $0.hasCome(round * 10) } }
                await group.triggerGracefulShutdown()
                for crowd in crowds { await crowd.gone() }
            }
        }
    }

    @Test("a body that does not come whole in its time is refused", arguments: [false, true])
    func drippingBody(begunBefore: Bool) async throws {
        let fixture = Self.door {
            $0.shutdownBodyLimit = .milliseconds(30)
            $0.shutdownGrace = .seconds(30)
        }
        try await fixture.serving { port, group in
            let connection = try RawConnection(to: port)
            connection.send("GET /text HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(!(await connection.receive()).isEmpty)
            if begunBefore { connection.send(Self.length + "1") }
            await group.triggerGracefulShutdown()
            try await eventually { !LoopbackPort.isTaken(port) }
            if !begunBefore { connection.send(Self.length + "1") }
            let told = String(decoding: await connection.rest(), as: UTF8.self)
            #expect(told.hasPrefix("HTTP/1.1 503") && told.contains("\r\nConnection: close\r\n"))
            #expect(told.contains("send the request again"))
        }
    }

    @Test("one that does is answered")
    func bodyInTime() async throws {
        let fixture = Self.door { $0.shutdownBodyLimit = .seconds(30) }
        try await fixture.serving { port, group in
            let connection = try RawConnection(to: port)
            connection.send(Self.length + "1234")
            // A request that is answered came after it.
            let probe = try RawConnection(to: port)
            probe.send("GET /text HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(!(await probe.receive()).isEmpty)
            await group.triggerGracefulShutdown()
            #expect(await probe.rest().isEmpty)
            connection.send("56789")
            let told = String(decoding: await connection.rest(), as: UTF8.self)
            #expect(told.hasPrefix("HTTP/1.1 200") && told.hasSuffix("9"))
        }
    }

    @Test("an answer is sent to its end, however slowly it is read")
    func slowReader() async throws {
        let fixture = Self.door { $0.shutdownGrace = .milliseconds(1) }
        try await fixture.serving { port, group in
            let connection = try RawConnection(to: port)
            connection.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            var told = await connection.receive()
            let idle = try RawConnection(to: port)
            await group.triggerGracefulShutdown()
            // The grace is over for both.
            #expect(await idle.rest().isEmpty)
            told += await connection.rest()
            #expect(told.count > DoorFixture.large.utf8.count)
        }
    }

    @Test("a door that is cut off waits for nobody")
    func cutOff() async throws {
        let (ports, port) = AsyncStream<Int>.makeStream()
        let door = Self.door { $0.idleTimeout = .seconds(600) }.door(onRunning: { port.yield($0) })
        let running = Task { try await door.run() }
        let bound = try #require(await ports.first { _ in true })
        let unread = try RawConnection(to: bound)
        unread.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        let unsaid = try RawConnection(to: bound)
        unsaid.send(Self.length)
        for connection in [unread, try RawConnection(to: bound)] {
            connection.send("GET /text HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(!(await connection.receive()).isEmpty)
        }
        running.cancel()
        _ = await running.result
        _ = await unsaid.rest()
    }
}
