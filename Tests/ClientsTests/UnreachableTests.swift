import Contracts
import TestSupport
import Testing

@testable import Clients

@Suite("Servers that are none", .timeLimit(.minutes(2)))
struct UnreachableTests {
    private typealias Asked = Bloasis_MarketRegime_RegimeRequest

    /// Expects that neither a call nor a stream finds anybody at a port.
    private func expectNobody(at port: Int, _ transport: Transport) async throws {
        try await World.withCalls(transport, to: port) { calls in
            let regimes = RemoteMarketRegime(calls)
            let told = await fault { try await regimes.getCurrentRegime(Asked()) }
            #expect(told == .nobody(at: "127.0.0.1:\(port)"))
            let stream = await fault { try await regimes.streamRegimeChanges(.init()) }
            #expect(stream == .nobody(at: "127.0.0.1:\(port)"))
        }
    }

    @Test("nobody listens", arguments: Transport.allCases)
    func nobody(transport: Transport) async throws {
        try await LoopbackPort.withNobody { try await expectNobody(at: $0, transport) }
    }

    @Test("it hangs up without a word", arguments: Transport.allCases)
    func hangsUp(transport: Transport) async throws {
        let server = try RawServer { _ in }
        try await expectNobody(at: server.port, transport)
    }

    @Test(
        "it speaks another language", arguments: Transport.allCases,
        ["220 mail.example.org ESMTP\r\n", "\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{16}", "{}\n"])
    func garbage(transport: Transport, words: String) async throws {
        let server = try RawServer { peer in
            peer.send(words.utf8)
            _ = peer.receive()
        }
        try await expectNobody(at: server.port, transport)
    }

    @Test("gRPC is spoken to a door of HTTP/1.1")
    func otherDoor() async throws {
        try await World.withDoor(.http, FakeService()) { port in
            try await expectNobody(at: port, .grpc)
        }
    }

    @Test("HTTP/1.1 is spoken to a door of gRPC")
    func otherWayRound() async throws {
        try await World.withDoor(.grpc, FakeService()) { port in
            try await expectNobody(at: port, .http)
        }
    }

    @Test("a connection that broke since is made again", arguments: Transport.allCases)
    func madeAgain(transport: Transport) async throws {
        try await World.withProxy(transport) { world, proxy in
            for _ in 0..<3 {
                try await eventually {
                    (try? await world.regimes.getCurrentRegime(Asked()))?.sequence == 7
                }
                proxy.cut()
            }
        }
    }

    @Test("a service that was away is found when it is back", arguments: Transport.allCases)
    func back(transport: Transport) async throws {
        try await World.withProxy(transport) { world, proxy in
            proxy.set(.refusing)
            let told = await fault { try await world.regimes.getCurrentRegime(Asked()) }
            #expect(told == .nobody(at: world.host))
            proxy.set(.passing)
            try await eventually {
                (try? await world.regimes.getCurrentRegime(Asked()))?.sequence == 7
            }
        }
    }
}
