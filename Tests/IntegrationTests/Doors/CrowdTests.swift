import Foundation
import TestSupport
import Testing

/// Thousands of clients that connect and say nothing.
@Suite("Crowds at the doors", .serialized, .timeLimit(.minutes(5)))
struct CrowdTests {
    /// How many descriptors a process may have here.
    private static let descriptors: UInt64 = {
        var limits = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
        return UInt64(limits.rlim_max)
    }()

    /// An answer given in this time is quick, also on a busy machine.
    private static let quickMilliseconds = 2_000

    @Test(
        "as many as may be are accepted and answered, more wait for their turn",
        .enabled(if: descriptors >= 8_448, "a process may have \(descriptors) descriptors"))
    func full() async throws {
        let world = try await DoorWorld()
        // The limit of HTTPConfiguration.
        let crowd = try await IndependentClient.start(
            "crowd.py", world.server.port, 4_096, 100)
        #expect(await crowd.output.wait(for: "ms\n"))
        // Others ask, over another door, and wait at this one.
        let asked = try await IndependentClient.run("grpc_current.py", world.server.grpcAddress)
        #expect(asked.status == 0, "\(asked.errors)")
        try world.expectMemoryBounded("4,096 connections")
        let late = try (0..<20).map { _ in try world.connect() }
        for connection in late {
            connection.send("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        }
        // Connections are accepted in fours: these may be within the last ones.
        #expect(late.dropFirst(4).allSatisfy { !$0.hasMore })
        crowd.signal(SIGUSR1)
        for connection in late {
            let told = String(decoding: await connection.rest(), as: UTF8.self)
            #expect(told.hasPrefix("HTTP/1.1 200 "), "\(told)")
        }
        crowd.signal(SIGTERM)
        let told = await crowd.outcome()
        let longest = try #require(told.output.split { !$0.isNumber }.first.flatMap { Int($0) })
        #expect(longest < Self.quickMilliseconds, "while the crowd came")
        try await world.end()
    }

    @Test("a process that may have few descriptors stops accepting before they run out")
    func fewDescriptors() async throws {
        var program = try await Program.backfilled("--emit")
        defer { program.remove() }
        program.launcher = try program.file(
            "few.sh", "#!/bin/sh\nulimit -n 512 && exec \"$@\"\n")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: program.launcher ?? "")
        let server = try await Server.start(program)
        let early = try RawConnection(to: server.port)
        // More than half of what a reserve of 256 leaves, at either door.
        let crowd = try await IndependentClient.start("crowd.py", server.port, 199, 0)
        #expect(await crowd.output.wait(for: "ms\n"))
        let calls = try (0..<200).map { _ in try RawConnection(to: server.grpcPort) }
        early.send("GET /v1/market-regime/current HTTP/1.1\r\nHost: x\r\n\r\n")
        let told = String(decoding: await early.receive(), as: UTF8.self)
        #expect(told.hasPrefix("HTTP/1.1 200 "), "\(told)")
        let open = try FileManager.default.contentsOfDirectory(
            atPath: "/proc/\(server.running.processIdentifier)/fd")
        #expect(open.count < 400)
        crowd.signal(SIGTERM)
        for connection in calls { connection.end() }
        try await DoorWorld.expectWell(server)
        #expect(try await server.stop() == 0)
    }
}
