import Foundation
import Testing

/// Universes through the program: killed and resumed on both stores, compared with markets alone.
@Suite("The program's backfill of a universe", .serialized, .timeLimit(.minutes(10)))
struct UniverseProcessTests {
    /// Nothing to fit, so that what is killed is mostly writing.
    private static func program(onPostgres: Bool) async throws -> Program {
        try await Program.fresh(onPostgres: onPostgres, model: "rules")
    }

    private func answers(_ program: Program, _ market: String) async throws -> [String] {
        var answers: [String] = []
        for verb in ["history", "changes"] {
            let outcome = try await program.run(verb, "--market", market, "--json")
            #expect(outcome.status == 0, "\(verb) \(market): \(outcome.errors)")
            answers.append(outcome.output)
        }
        return answers
    }

    private func json(_ outcome: Program.Outcome) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    @Test(
        "kill -9 after 1, 8 and 15 of 20 shares, then to the end: nothing lost, nothing twice",
        arguments: [false, true])
    func killedAndResumed(onPostgres: Bool) async throws {
        let program = try await Self.program(onPostgres: onPostgres)
        let alone = try await Self.program(onPostgres: false)
        defer {
            program.remove()
            alone.remove()
        }
        for markets in [1, 8, 15] {
            try await program.kill(
                ["backfill", "--universe", Fixture.equities], after: markets)
        }
        let last = try await program.run("backfill", "--universe", Fixture.equities, "--json")
        #expect(last.status == 0, "\(last.errors)")
        let summary = try json(last)
        #expect(summary["markets"] as? Int == 20)
        #expect((summary["unchanged"] as? Int ?? 0) >= 15)
        let again = try json(
            try await program.run("backfill", "--universe", Fixture.equities, "--json"))
        #expect(again["unchanged"] as? Int == 20)

        for market in ["AAPL", "XOM", "GE"] {
            let outcome = try await alone.run(
                "backfill", "--csv", Fixture.equities, "--market", market)
            #expect(outcome.status == 0)
            #expect(try await answers(program, market) == (try await answers(alone, market)))
        }
        let verified = try await program.run("verify")
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        #expect(verified.output.split(separator: "\n").count == 20)
    }

    @Test("two at once write it once")
    func twoAtOnce() async throws {
        let program = try await Self.program(onPostgres: true)
        defer { program.remove() }
        async let one = program.run("backfill", "--universe", Fixture.equities, "--json")
        async let other = program.run("backfill", "--universe", Fixture.equities, "--json")
        let outcomes = try await [one, other]
        #expect(outcomes.map(\.status) == [0, 0], "\(outcomes.map(\.errors))")
        let written = try outcomes.map { try json($0)["newAssessments"] as? Int ?? 0 }
        #expect(written.reduce(0, +) == 20 * 8_313)
        #expect(try await program.run("verify", "--market", "WMT").status == 0)
    }

    @Test("a model fitted before answers for all of them; a dry run tells it first")
    func fixedModel() async throws {
        let program = try await Self.program(onPostgres: false)
        defer { program.remove() }
        let model = program.home + "/model.json"
        let fit = try await program.run(
            "fit", "--csv", Fixture.equities, "--market", "XOM", "--to", "1999-12-31", "--out",
            model)
        #expect(fit.status == 0, "\(fit.errors)")
        let backfill = ["backfill", "--universe", Fixture.equities, "--model", model, "--json"]
        let told = try json(try await program.run(backfill + ["--dry-run"]))
        #expect(try await program.run("history", "--market", "XOM").status == 3)
        let done = try json(try await program.run(backfill))
        #expect(told["newAssessments"] as? Int == 20 * 8_313)
        #expect(done["newAssessments"] as? Int == 20 * 8_313)
        #expect(told["changes"] as? Int == done["changes"] as? Int)
        #expect(try await program.run("verify", "--market", "XOM").status == 0)
    }

    @Test("a market that cannot be written is told of, the others are written")
    func oneBadMarket() async throws {
        let program = try await Self.program(onPostgres: false)
        defer { program.remove() }
        var rows = ["date,GOOD,BAD"]
        for number in 1...28 {
            let day = number < 10 ? "0\(number)" : "\(number)"
            rows.append("2018-02-\(day),\(100 + number),\(number == 12 ? "-1" : "50")")
        }
        let csv = try program.file("two.csv", rows.joined(separator: "\n") + "\n")
        let outcome = try await program.run(
            "backfill", "--universe", csv, "--calendar", "24x7", "--json")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("two.csv:13:3: BAD: '-1': close must be greater than zero"))
        let summary = try json(outcome)
        #expect(summary["written"] as? Int == 1 && summary["failed"] as? Int == 1)
        #expect(try await program.run("history", "--market", "GOOD").status == 0)
    }

    @Test("what cannot be asked for is wrong usage")
    func wrongUsage() async throws {
        let program = try await Self.program(onPostgres: false)
        defer { program.remove() }
        let calls = [
            ["backfill"], ["backfill", "--csv", Fixture.spx, "--universe", Fixture.spx],
            ["backfill", "--universe", Fixture.equities, "--market", "XOM"],
            ["backfill", "--universe", Fixture.equities, "--threads", "0"],
            ["backfill", "--universe", Fixture.equities, "--dry-run", "--emit"],
        ]
        for call in calls {
            #expect(try await program.run(call).status == 2, "\(call)")
        }
        let nothing = try await program.run("backfill", "--universe", program.home + "/*.csv")
        #expect(nothing.status == 3)
        #expect(nothing.errors.contains("no file matches"))
    }
}
