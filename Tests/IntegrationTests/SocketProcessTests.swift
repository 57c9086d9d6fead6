import Foundation
import Testing

@Suite("Notifications on a WebSocket, as others' clients see them", .timeLimit(.minutes(5)))
struct SocketProcessTests {
    @Test("it is opened, answered, told of changes, and ended with the process")
    func listening() async throws {
        let server = try await Server.start(try await Program.backfilled("--emit"))
        defer { server.program.remove() }
        let client = try await IndependentClient.start("websocket.py", server.port)
        #expect(await client.output.wait(for: #"{"type":"error","data":{"code":3,"#))
        // Some of the days that follow have other regimes.
        let lines = try Fixture.text(Fixture.spx).split(separator: "\n").prefix(1_100)
        let csv = try server.program.file("more.csv", lines.joined(separator: "\n") + "\n")
        let more = try await server.program.run(
            "backfill", "--csv", csv, "--market", "SPX", "--emit")
        #expect(more.status == 0, "\(more.errors)")
        #expect(await client.output.wait(for: #"{"type":"notification","data":{"#))
        server.running.signal(SIGTERM)
        let told = await client.outcome()
        #expect(told.status == 0, "\(told.errors)")
        let messages = told.output.split(separator: "\n")
        #expect(messages.first == "subprotocol bloasis.v1")
        #expect(messages.dropFirst().first?.hasPrefix(#"{"type":"resumed","data":{"#) == true)
        #expect(messages.last == "closed 1001")
        let outcome = await server.running.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        try ShutdownTime.expectWithinDrainLimit(outcome.errors)
    }
}
