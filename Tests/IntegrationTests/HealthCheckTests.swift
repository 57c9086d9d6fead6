import Foundation
import TestSupport
import Testing

/// What a container's engine runs to hear whether the program lives.
@Suite("The container's health check")
struct HealthCheckTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Deploy/health-check.sh").standardizedFileURL

    private func check(_ port: Int) async throws -> Int32 {
        let process = Process()
        process.executableURL = Self.script
        process.environment = ["HTTP_PORT": String(port)]
        return try await Program.finish(process).status
    }

    @Test("it passes while the program serves, and not before or after")
    func life() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        #expect(try await check(LoopbackPort.free()) != 0)
        let server = try await Server.start(program)
        #expect(try await check(server.port) == 0)
        server.running.signal(SIGTERM)
        #expect(await server.running.outcome().status == 0)
        #expect(try await check(server.port) != 0)
    }
}
