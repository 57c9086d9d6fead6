import Foundation
import TestSupport
import Testing

/// SIGTERM while clients ask.
///
/// What is accepted must be answered. A request over HTTP is accepted when it reaches the server
/// on a connection of which neither side has said that it will be closed: by `Connection: close`,
/// or by closing it. A client sees the latter before it sends, but for the instant in which
/// the request and the end cross each other; on a connection that was in use a quarter of a second
/// before, the server sees to it that they do not: it says the end in an answer. A call over gRPC
/// is accepted when its number is not above the one of the last GOAWAY of its connection; further
/// ones a client may ask again elsewhere, and grpcio does. A connection that the server's process
/// has not taken from the system is none: who is refused there has been promised nothing.
///
/// `load.py` counts by these words.
@Suite("SIGTERM under load", .serialized, .timeLimit(.minutes(5)))
struct ShutdownUnderLoadTests {
    @Test("every request that was accepted is answered, over HTTP and gRPC, and nothing is lost")
    func load() async throws {
        let program = try await Program.backfilled("--emit")
        defer { program.remove() }
        let server = try await Server.start(program)
        let clients = try await IndependentClient.start(
            "load.py", server.port, server.grpcPort)
        #expect(await clients.output.wait(for: "busy\n"))
        server.running.signal(SIGTERM)
        let outcome = await server.running.outcome()
        #expect(outcome.status == 0, "\(outcome.errors.suffix(2_000))")
        try ShutdownTime.expectWithinDrainLimit(outcome.errors)
        let told = await clients.outcome()
        #expect(told.status == 0, "\(told.errors)")
        let counts = try JSON.object(String(told.output.dropFirst("busy\n".count)))
        for door in ["http", "grpc"] {
            let count = try #require(counts[door] as? [String: Any])
            #expect(
                (count["failed"] as? [String]) == [], "\(door): \(outcome.errors.suffix(2_000))")
            #expect(try #require(count["answered"] as? Int) > 100, "\(door)")
        }
        // Where nobody listens any more there is nothing to accept.
        let grpcio = try #require(counts["grpcio"] as? [String: Any])
        for end in try #require(grpcio["failed"] as? [String]) {
            #expect(end.hasPrefix("UNAVAILABLE: failed to connect"), "\(end)")
        }
        let fills = try #require(counts["fills"] as? [String: Any])["answered"] as? Int
        let portfolio = try await program.run("portfolio", "--user", "load", "--json")
        #expect(try JSON.object(portfolio.output)["sequence"] as? String == fills.map(String.init))
    }
}
