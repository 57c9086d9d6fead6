import Foundation
import TestSupport
import Testing

/// What is drawn over again on a terminal, which python holds: the live screen, lines of progress.
@Suite("What moves at a terminal")
struct LiveScreenTests {
    /// Has a script of `Tests/Clients` run a verb at a terminal.
    private func play(
        _ script: String, _ scene: [String], _ program: Program, _ verb: String
    ) async throws -> Program.Outcome {
        let process = program.process([])
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["python3", IndependentClient.file(script)] + scene
            + [Program.executable.path(), verb, "--market", "SPX"]
        return try await Program.finish(process)
    }

    @Test(
        "stopped, it gives the screen back and takes it again; ended by a signal, it gives it back",
        arguments: [
            "suspend", "freeze", "background", "resize", "hangup", "SIGINT", "SIGTERM", "SIGHUP",
            "SIGQUIT",
        ])
    func signals(_ scene: String) async throws {
        let program = try await Program.backfilled()
        defer { program.remove() }
        let outcome = try await play("live_screen.py", [scene], program, "watch")
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test("log lines do not run through the screen, and stand on the terminal once it is left")
    func log() async throws {
        let program = try await Program.backfilled()
        defer { program.remove() }
        let outcome = try await play("live_screen.py", ["log"], program, "watch")
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test("an error between two pages of a list comes behind no rest of the line of progress")
    func listing() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        for verb in ["history", "changes", "models"] {
            let outcome = try await play("slow_pages.py", [], program, verb)
            #expect(outcome.status == 0, "\(verb): \(outcome.errors)")
        }
    }
}
