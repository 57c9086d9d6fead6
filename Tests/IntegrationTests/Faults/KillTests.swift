import Backends
import Contracts
import Foundation
import Market
import Ports
import TestSupport
import Testing

/// A step at which the program kills itself, at its n-th time there.
struct Kill: Sendable, CustomTestStringConvertible {
    let point: String
    let count: Int

    var testDescription: String { "\(point):\(count)" }

    /// Every step of a bar that comes over the topic.
    static let all = bars + changes

    /// Steps that every bar takes.
    static let bars: [Kill] = [
        "bar-received", "journal-entered", "journal-committed", "position-entered",
        "position-stored",
    ].flatMap(times)

    /// Steps that only a change takes.
    static let changes: [Kill] = [
        "change-worded", "publish-entered", "publish-acknowledged", "rows-marked",
    ].map { Kill(point: $0, count: 2) }

    private static func times(_ point: String) -> [Kill] {
        (Sweep.isLong ? [1, 2, 61, 200, 311] : [200]).map { Kill(point: point, count: $0) }
    }
}

@Suite("kill -9 at every step between bar and event", .timeLimit(.minutes(15)))
struct KillTests {
    @Test("on the full stack", arguments: Kill.all)
    func full(kill: Kill) async throws {
        try await Turnstile.shared.pass {
            let stack = try await FaultStack(.mock())
            defer { stack.program.remove() }
            try await stack.produce(FaultWorld.bars[...])
            var failing = stack.program
            failing.environment["BLOASIS_FAIL_POINT"] = kill.testDescription
            try await Self.die(try await Server.start(failing))
            let server = try await Server.start(stack.program)
            try await FaultWorld.caughtUp(server)
            try await FaultWorld.end(server)
            try await FaultWorld.check(
                stack.program, told: ToldChange.events(try await stack.events()),
                fault: "kill -9 at \(kill.testDescription)", stack: FaultStack.name)
        }
    }

    @Test(
        "embedded, bars over HTTP",
        arguments: Kill.bars.filter { $0.point.hasPrefix("journal") } + Kill.changes)
    func embedded(kill: Kill) async throws {
        try await Turnstile.shared.pass {
            try await Self.embedded(kill, fault: "kill -9 at \(kill.testDescription)")
        }
    }

    /// - Parameter prepare: changes what the program that is killed runs with.
    static func embedded(
        _ kill: Kill, fault: String, prepare: (inout Program) throws -> Void = { _ in }
    ) async throws {
        let program = try await FaultWorld.embedded()
        defer { program.remove() }
        let told = try EmbeddedTap(program)
        var failing = program
        failing.environment["BLOASIS_FAIL_POINT"] = kill.testDescription
        try prepare(&failing)
        let first = try await Server.start(failing)
        // Whoever sends is not answered, and sends again.
        _ = try? await FaultWorld.post(FaultWorld.bars[...], to: first)
        try await die(first)
        let server = try await Server.start(program)
        try await FaultWorld.post(FaultWorld.bars[...], to: server)
        try await FaultWorld.caughtUp(server)
        try await FaultWorld.end(server)
        try await FaultWorld.check(
            program, told: try await told.events(), fault: fault, stack: "embedded")
    }

    private static func die(_ server: Server) async throws {
        let outcome = await server.running.outcome()
        try #require(outcome.status == 128 + SIGKILL, "\(outcome.errors)")
    }
}

/// What the embedded log of a program is told from now on.
struct EmbeddedTap {
    private let path: String
    private let before: Int

    init(_ program: Program) throws {
        path = program.home + "/store/bloasis.sqlite"
        before = try Self.payloads(path).count
    }

    /// What it was told ever.
    init(all program: Program) {
        path = program.home + "/store/bloasis.sqlite"
        before = 0
    }

    func events() async throws -> [ToldChange] {
        try ToldChange.events(Array(try Self.payloads(path).dropFirst(before)))
    }

    /// By an independent client.
    private static func payloads(_ path: String) throws -> [String] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c",
            """
            import sqlite3, sys
            rows = sqlite3.connect(sys.argv[1]).execute(
                "SELECT payload FROM events WHERE topic = 'regime-change' ORDER BY rowid")
            sys.stdout.write("".join(row[0].decode() + "\\n" for row in rows))
            """, path,
        ]
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
