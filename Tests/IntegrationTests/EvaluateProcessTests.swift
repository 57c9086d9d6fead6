import Foundation
import Testing

/// `bloasis evaluate` and what it writes.
@Suite("The program evaluates")
struct EvaluateProcessTests {
    static let quick = ["--models", "buy-and-hold,sma50,rules", "--bootstrap", "100"]

    /// A file of the first bars of the S&P 500.
    private static func bars(_ program: Program, _ name: String) throws -> String {
        let lines = try Fixture.text(Fixture.spx).split(separator: "\n").prefix(901)
        return try program.file(name, lines.joined(separator: "\n") + "\n")
    }

    private static func read(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    @Test("a report is a page, two tables and JSON; it does not depend on threads or directory")
    func report() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let csv = try Self.bars(program, "made.csv")
        let names = ["report.html", "scorecard.csv", "hysteresis.csv", "report.json"]
        var written: [[String]] = []
        for (folder, threads) in [("one", "1"), ("two/below", "1"), ("one", "1")] {
            let path = program.home + "/" + folder
            let outcome = try await program.run(
                ["evaluate", "--csv", csv, "--report", path, "--threads", threads] + Self.quick)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("wrote report.html"))
            written.append(try names.map { try Self.read(path + "/" + $0) })
        }
        #expect(written[0] == written[1] && written[0] == written[2])
        let html = written[0][0]
        #expect(html.hasPrefix("<!DOCTYPE html>") && html.contains("rules against buy-and-hold"))
        #expect(html.contains("--report DIR") && !html.contains("<script"))
        let json = try JSONSerialization.jsonObject(with: Data(written[0][3].utf8))
        let report = try #require(json as? [String: Any])
        #expect(report["focus"] as? String == "rules")
        #expect((report["evaluations"] as? [Any])?.count == 1)
        #expect(written[0][1].hasPrefix("candidate,market,period,from,through,metric,"))
        #expect(written[0][2].contains("rules,made,whole,in force,10,5,5,changes,"))
    }

    @Test("several files are several markets and their portfolio")
    func files() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let (one, other) = (try Self.bars(program, "a.csv"), try Self.bars(program, "b.csv"))
        let outcome = try await program.run(
            ["evaluate", "--csv", one, other, "--hysteresis"] + Self.quick)
        #expect(outcome.status == 0, "\(outcome.errors)")
        for heading in ["a 2000", "b 2000", "all 2 markets 2000", "in force", "10/5"] {
            #expect(outcome.output.contains(heading), "\(heading)")
        }
        let same = try await program.run(["evaluate", "--csv", one, one] + Self.quick)
        #expect(same.status == 2 && same.errors.contains("two markets have one name"))
    }

    @Test("what has no figures is named: a market, a candidate, a side of the cut")
    func gaps() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let csv = try Self.bars(program, "made.csv")
        let lines = try Fixture.text(Fixture.spx).split(separator: "\n").prefix(40)
        let short = try program.file("short.csv", lines.joined(separator: "\n") + "\n")
        let nothing = try await program.run(["evaluate", "--csv", short] + Self.quick)
        #expect(nothing.status == 3 && nothing.output.isEmpty)
        #expect(
            nothing.errors.contains("short: no answer in 39 bars from sma50, rules"),
            "\(nothing.errors)")
        let early = try await program.run(
            ["evaluate", "--csv", short, "--models", "sma39", "--bootstrap", "0"])
        #expect(early.status == 3)
        #expect(early.errors.contains("sma39, did so at bar 39 of 39"), "\(early.errors)")
        let some = try await program.run(
            ["evaluate", "--csv", csv, short, "--cut", "2050-01-01"] + Self.quick)
        #expect(some.status == 0, "\(some.errors)")
        #expect(some.errors.contains("warning: short: no answer in 39 bars"))
        #expect(some.errors.contains("warning: --cut 2050-01-01: no bar after it"))
        #expect(some.output.contains("made 2000") && !some.output.contains("all 2 markets"))
        let late = try await program.run(
            ["evaluate", "--csv", csv, "--cut", "1990-01-01"] + Self.quick)
        #expect(late.status == 0 && late.errors.contains("--cut 1990-01-01: no bar up to it"))
    }

    @Test("a report that cannot be written is known before anything is worked out")
    func unwritableReport() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let csv = try Self.bars(program, "made.csv")
        for path in [csv, csv + "/below"] {
            let outcome = try await program.run(
                ["evaluate", "--csv", csv, "--report", path] + Self.quick)
            #expect(outcome.status == 1 && outcome.output.isEmpty)
            #expect(outcome.errors.contains("--report \(path): cannot be made"))
            #expect(outcome.errors.contains("Name a directory that can be written"))
        }
    }

    @Test(
        "what cannot be done is wrong usage, said with the flag",
        arguments: [
            (["--report", "r", "--bootstrap", "0"], "--bootstrap must be 100 or more"),
            (["--focus", "nobody"], "--focus nobody: is none of --models"),
            (["--focus", "nobody"], "See 'bloasis evaluate --help'"),
            (["--against", "nobody"], "--against nobody: is none of --models"),
            (["--hysteresis", "--focus", "sma50"], "--hysteresis needs --focus on a model"),
            (["--dwells", "1,x"], "--dwells 1,x"), (["--dwells", "3,3"], "--dwells 3,3"),
            (["--confirmations", "0"], "--confirmations 0"),
            (["--flip-bars", "0"], "--flip-bars must be 1"),
        ])
    func refusals(flags: [String], says: String) async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let csv = try Self.bars(program, "made.csv")
        let outcome = try await program.run(
            ["evaluate", "--csv", csv, "--models", "buy-and-hold,sma50,rules"] + flags)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains(says), "\(outcome.errors)")
    }
}
