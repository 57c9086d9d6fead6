import Foundation
import GRDB
import Hosting
import TestSupport
import Testing

/// SIGTERM while clients neither finish nor go.
@Suite("Clients that stay in a shutdown", .serialized, .timeLimit(.minutes(5)))
struct StuckClientTests {
    /// What a client does of which the server would wait.
    enum Habit: CaseIterable {
        case dripsABody, keepsAConnection, readsNothing, followsAStream
        case answersNothing, asksNothingMore, sendsNoMessage

        private static let current =
            "bloasis.market_regime.MarketRegimeService/GetCurrentRegime"
        private static let reflection =
            "grpc.reflection.v1.ServerReflection/ServerReflectionInfo"

        func connect(_ server: Server) async throws -> RawConnection {
            let isHTTP =
                switch self {
                case .dripsABody, .keepsAConnection, .readsNothing, .followsAStream: true
                case .answersNothing, .asksNothingMore, .sendsNoMessage: false
                }
            let connection = try RawConnection(to: isHTTP ? server.port : server.grpcPort)
            connection.send(said)
            if self != .dripsABody { #expect(!(await connection.receive()).isEmpty) }
            return connection
        }

        private var said: [UInt8] {
            switch self {
            case .dripsABody:
                Array(
                    ("POST /v1/market-data/bars HTTP/1.1\r\nHost: x\r\n"
                        + "Content-Length: 9\r\n\r\n{").utf8)
            case .keepsAConnection: Self.get("/health")
            // More than the system takes for who does not read.
            case .readsNothing: (0..<400).flatMap { _ in Self.get("/openapi.json") }
            case .followsAStream: Self.get("/v1/market-regime/stream")
            case .answersNothing: HTTP2Bytes.preface
            case .asksNothingMore: HTTP2Bytes.preface + HTTP2Bytes.call(Self.reflection)
            case .sendsNoMessage: HTTP2Bytes.preface + HTTP2Bytes.call(Self.current)
            }
        }

        private static func get(_ path: String) -> [UInt8] {
            Array("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        }
    }

    @Test(
        "none of them keeps the process, nor what it owes",
        arguments: Habit.allCases.map { [$0] } + [Habit.allCases])
    func stuck(habits: [Habit]) async throws {
        let server = try await Server.start(try await Program.backfilled("--emit"))
        defer { server.program.remove() }
        let recorded = try await server.post(
            "/v1/orders/fills",
            #"{"fillId":"f","orderId":"o","userId":"u","symbol":"SPX","side":"buy","#
                + #""filledQty":1,"filledPrice":"1","currency":"USD","#
                + #""timestamp":"2018-12-31T21:00:00Z"}"#)
        #expect(recorded.status == 200, "\(recorded.body)")
        // What is relayed was relayed under the lease.
        try await eventually { try Self.leases(of: server.program).contains("outbox-relay") }
        var connections: [RawConnection] = []
        for habit in habits { connections.append(try await habit.connect(server)) }
        server.running.signal(SIGTERM)
        let outcome = await server.running.outcome()
        #expect(outcome.status == 0, "\(outcome.errors.suffix(2_000))")
        try ShutdownTime.expectWithinDrainLimit(outcome.errors)
        #expect(!outcome.errors.contains("Outbox not relayed to its end"))
        #expect(try Self.leases(of: server.program).isEmpty)
        for connection in connections { _ = await connection.rest() }
    }

    private static func leases(of program: Program) throws -> [String] {
        let database = try DatabaseQueue(path: program.home + "/store/bloasis.sqlite")
        defer { try? database.close() }
        return try database.read { try String.fetchAll($0, sql: "SELECT resource FROM leases") }
    }
}

/// How long a shutdown took.
enum ShutdownTime {
    /// By the log: who runs the tests may be slow to see the end.
    static func expectWithinDrainLimit(_ log: String) throws {
        let times = try ["SIGTERM received", "Shutdown complete"].map { message in
            let line = try #require(log.split(separator: "\n").first { $0.contains(message) })
            let entry = try JSON.object(String(line))
            return try Date(
                try #require(entry["timestamp"] as? String),
                strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true))
        }
        let taken = times[1].timeIntervalSince(times[0])
        #expect(taken < Double(ServiceRunner.drainLimit.components.seconds), "\(taken) s")
    }
}
