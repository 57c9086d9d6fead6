import Foundation
import TestSupport
import Testing

/// A gateway and the service that answers for it, in processes of their own.
@Suite("A service that dies behind a gateway", .serialized, .timeLimit(.minutes(5)))
struct LostServiceTests {
    private struct Pair {
        let service: Server
        let gateway: Server

        init() async throws {
            service = try await Server.start(
                try await Program.backfilled("--emit"), service: "market-regime")
            var program = try Program.fresh()
            program.environment["MARKET_REGIME_HOST"] = "127.0.0.1"
            program.environment["MARKET_REGIME_PORT"] = String(service.grpcPort)
            // Nobody is there; nobody is asked.
            program.environment["TRADING_HOST"] = "127.0.0.1"
            program.environment["TRADING_PORT"] = String(try LoopbackPort.free())
            gateway = try await Server.start(program, service: "gateway")
        }

        func remove() {
            service.program.remove()
            gateway.program.remove()
        }
    }

    /// Reads on until a text has come.
    private func read(
        _ connection: RawConnection, until text: String, _ told: inout String
    ) async throws {
        while !told.contains(text) {
            let more = await connection.receive()
            try #require(!more.isEmpty, "ended before '\(text)': \(told)")
            told += String(decoding: more, as: UTF8.self)
        }
    }

    @Test("streams through the gateway end with an error that says so, and it recovers")
    func killed() async throws {
        let pair = try await Pair()
        defer { pair.remove() }
        let streams = try (0..<20).map { _ in try RawConnection(to: pair.gateway.port) }
        var told: [String] = []
        for stream in streams {
            stream.send("GET /v1/market-regime/stream?after=0 HTTP/1.1\r\nHost: x\r\n\r\n")
            var text = ""
            try await read(stream, until: "\ndata: {", &text)
            told.append(text)
        }
        pair.service.running.signal(SIGKILL)
        _ = await pair.service.running.outcome()
        for (index, stream) in streams.enumerated() {
            // UNAVAILABLE, as a google.rpc.Status; the last chunk follows it.
            try await read(stream, until: "\nevent: error\ndata: {\"code\":14,", &told[index])
            try await read(stream, until: "\r\n0\r\n\r\n", &told[index])
        }
        let refused = try await pair.gateway.get("/v1/market-regime/current")
        #expect(refused.status == 503, "\(refused.body)")
        #expect(refused.body.contains("Service unavailable: 127.0.0.1:\(pair.service.grpcPort)"))
        #expect(try await pair.gateway.get("/health").status == 200)
        // The same program on the same ports: what stands in the environment.
        let again = try Running(pair.service.program.process(["serve", "market-regime"]))
        #expect(await again.errors.wait(for: "Listening for gRPC"))
        try await eventually {
            try await pair.gateway.get("/v1/market-regime/current").status == 200
        }
        #expect(try await pair.gateway.stop() == 0)
        again.signal(SIGTERM)
        #expect(await again.outcome().status == 0)
    }

    @Test("a service that ends in good order ends its streams so, at the gateway too")
    func ended() async throws {
        let pair = try await Pair()
        defer { pair.remove() }
        let stream = try RawConnection(to: pair.gateway.port)
        stream.send("GET /v1/market-regime/stream?after=0 HTTP/1.1\r\nHost: x\r\n\r\n")
        var told = ""
        try await read(stream, until: "\ndata: {", &told)
        #expect(try await pair.service.stop() == 0)
        try await read(stream, until: "\nevent: error\ndata: {\"code\":14,", &told)
        try await read(stream, until: "\r\n0\r\n\r\n", &told)
        #expect(try await pair.gateway.stop() == 0)
    }
}
