import Foundation
import TestSupport
import Testing

@Suite("The program says what was believed", .serialized, .timeLimit(.minutes(10)))
struct PointInTimeProcessTests {
    /// The first 800 days, all but the last year rescaled, as a vendor's adjustment does.
    private static func readjusted() throws -> String {
        let lines = try Fixture.text(Fixture.spx).split(separator: "\n").prefix(800)
        return lines.map { line in
            guard line < "2001-06-01" else { return String(line) }
            let fields = line.split(separator: ",").map { field in
                Double(field).map { "\($0 * 0.98)" } ?? String(field)
            }
            return fields.joined(separator: ",")
        }.joined(separator: "\n") + "\n"
    }

    private func history(_ program: Program, _ options: String...) async throws -> String {
        let outcome = try await program.run(["history", "--market", "SPX", "--json"] + options)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
    }

    private func changes(_ program: Program, _ options: String...) async throws -> String {
        let outcome = try await program.run(["changes", "--market", "SPX", "--json"] + options)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
    }

    private func verify(_ program: Program, _ options: String...) async throws -> String {
        let outcome = try await program.run(["verify", "--market", "SPX"] + options)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("the same, bit for bit"))
        return outcome.output
    }

    private func expectBeliefs(_ program: Program) async throws {
        let before = try await history(program)
        let changesBefore = try await changes(program)
        let csv = try program.file("adjusted.csv", try Self.readjusted())
        let run = ["backfill", "--csv", csv, "--market", "SPX"]
        #expect(try await program.run(run).status == 0)
        let after = try await history(program)
        #expect(after != before)
        #expect(try await program.run(run).status == 0)
        #expect(try await history(program) == after)
        // The files end in 2002; both were brought in this century, but later.
        #expect(try await history(program, "--known-at", "2019-01-01") == before)
        #expect(try await changes(program) != changesBefore)
        // Nothing was announced.
        #expect(try await changes(program, "--known-at", "2019-01-01") == changesBefore)
        let text = try await verify(program, "--known-at", "2019-01-01")
        #expect(text.contains("799 answers") && text.contains("as known at 2019-01-01T00:00:00Z"))
        #expect(try await verify(program).contains("799 answers"))
        let then = try await program.run("current", "--known-at", "2001-03-01", "--json")
        #expect(then.status == 0)
        #expect(then.output.contains(#""asOf":"2001-02-28T21:00:00Z""#))
        #expect(then.output.contains(#""revision":1"#))
        #expect(then.output.contains(#""stale":false"#))
    }

    @Test("on SQLite: a re-adjusted history, and what was said before it")
    func embedded() async throws {
        let program = try await Program.backfilled()
        defer { program.remove() }
        try await expectBeliefs(program)
    }

    @Test("on PostgreSQL: a re-adjusted history, and what was said before it")
    func shared() async throws {
        let url = try await PostgresServer.shared.value.database()
        var program = try await Program.backfilled("--database-url", url)
        defer { program.remove() }
        program.environment["DATABASE_URL"] = url
        try await expectBeliefs(program)
    }

    @Test("an instant of the future or none at all is wrong usage; before anything, nothing")
    func refused() async throws {
        let program = try await Program.backfilled()
        defer { program.remove() }
        for verb in ["current", "history", "changes", "verify"] {
            let future = try await program.run(verb, "--known-at", "2261-01-01")
            #expect(future.status == 2)
            #expect(future.errors.contains("--known-at 2261-01-01 is in the future"))
            let unreadable = try await program.run(verb, "--known-at", "yesterday")
            #expect(unreadable.status == 2)
            let early = try await program.run(verb, "--known-at", "1990-01-01")
            #expect(early.status == 3, "\(verb): \(early.errors)")
        }
    }

    @Test("a server is asked the same")
    func server() async throws {
        let program = try await Program.backfilled()
        defer { program.remove() }
        let server = try await Server.start(program)
        let url = "http://127.0.0.1:\(server.port)"
        for options in [[], ["--known-at", "2001-03-01"]] {
            for verb in ["history", "changes"] {
                let arguments =
                    [verb, "--market", "SPX", "--json", "--to", "2001-06-01"] + options
                let own = try await program.run(arguments)
                let asked = try await program.run(arguments + ["--server", url])
                #expect(own.status == 0 && asked.output == own.output)
            }
        }
        let current = try await program.run(
            "current", "--known-at", "2001-03-01", "--server", url, "--json")
        #expect(current.status == 0 && current.output.contains("2001-02-28T21:00:00Z"))
        #expect(try await server.stop() == 0)
    }
}
