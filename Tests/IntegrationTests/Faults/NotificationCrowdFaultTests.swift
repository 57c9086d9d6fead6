import Foundation
import TestSupport
import Testing

/// Thousands who listen, not all of them kindly.
@Suite("Crowds that are told", .timeLimit(.minutes(10)))
struct NotificationCrowdFaultTests {
    private struct Report: Decodable {
        let listeners: Int
        let events: [String]
        let lost: Int
        let doubled: Int
    }

    private static let crowd = (all: 2_000, silent: 300, vanishing: 300)
    /// What those who read nothing may cost more while many changes are told.
    private static let growthLimitMebibytes = 64

    @Test("of 2,000 some vanish and some read nothing: the others are told all, each once")
    func listeners() async throws {
        // They need the machine for themselves.
        try await Turnstile.shared.pass { try await tellTheCrowd() }
    }

    private func tellTheCrowd() async throws {
        var program = try await Program.backfilled("--emit")
        defer { program.remove() }
        for limit in ["HTTP_STREAMS", "HTTP_STREAMS_PER_CLIENT"] {
            program.environment[limit] = "\(Self.crowd.all + 1)"
        }
        let server = try await Server.start(program)
        let before = try await server.changes().count
        try await eventually { try await server.inbox().count == before }
        let crowd = try await IndependentClient.start(
            "followers.py", server.port, Self.crowd.all, Self.crowd.silent, Self.crowd.vanishing)
        try #require(await crowd.output.wait(for: "open\n"))
        let resident = try DoorWorld.resident(server)

        // Some go while the first changes come.
        async let announced: Void = server.program.announce(lines: 1_200)
        crowd.signal(SIGUSR1)
        #expect(await crowd.output.wait(for: "gone\n"))
        try await announced
        let first = try await server.changes().count - before
        try #require(first > 2)
        #expect(await crowd.output.wait(for: "all \(first)\n"))
        try await program.announce(lines: 4_700)
        let due = Array(try await server.changes().dropFirst(before))
        #expect(await crowd.output.wait(for: "all \(due.count)\n"))
        let growth = try DoorWorld.resident(server) - resident
        #expect(growth <= Self.growthLimitMebibytes, "\(growth) MiB more")

        crowd.signal(SIGTERM)
        let told = try JSONDecoder().decode(
            Report.self,
            from: Data((await crowd.outcome().output.split(separator: "\n").last ?? "").utf8))
        let (all, silent, vanishing) = Self.crowd
        #expect(told.listeners == all - silent - vanishing)
        #expect(Set(told.events) == Set(due))
        FaultTable.add(
            "\(vanishing) of \(all) listeners vanish, \(silent) read nothing",
            on: "embedded log: streams", due: due.count * told.listeners,
            deliveries: told.events.count * told.listeners - told.lost + told.doubled,
            lost: told.lost, doubled: 0, repeats: told.doubled)
        #expect(told.lost == 0)
        #expect(told.doubled == 0)
        #expect(try await server.stop() == 0)
    }
}
