import Foundation
import TestSupport
import Testing

/// What the program shows on a terminal, and that pipes get nothing of it.
@Suite("The program at a terminal")
struct DisplayProcessTests {
    private static let range = ["--market", "SPX", "--from", "2001-01-01", "--to", "2002-02-01"]

    /// Runs at a terminal of 60 columns, which `script` makes.
    private func atTerminal(
        _ program: Program, _ arguments: [String], _ environment: [String: String] = [:]
    ) -> Process {
        let words = ([Program.executable.path()] + arguments).map { "'\($0)'" }
        let process = program.process(arguments)
        process.executableURL = URL(filePath: "/usr/bin/script")
        process.arguments = [
            "--quiet", "--return", "--command",
            "stty cols 60 rows 20; exec \(words.joined(separator: " "))",
            "/dev/null",
        ]
        var variables = process.environment ?? [:]
        for name in ["NO_COLOR", "COLORTERM", "FORCE_COLOR", "CLICOLOR_FORCE", "LC_CTYPE"] {
            variables[name] = nil
        }
        variables.merge(["TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "SHELL": "/bin/sh"]) { $1 }
        process.environment = variables.merging(environment) { $1 }
        return process
    }

    @Test(
        "colours and sparklines at a terminal; none in a pipe, none with NO_COLOR, all when forced")
    func colours() async throws {
        let program = try await Program.backfilled()
        defer { program.remove() }
        let piped = try await program.run("current", "--market", "SPX").output
        #expect(!piped.contains("\u{1B}") && !piped.contains("▁"))
        let shown = try await Program.finish(
            atTerminal(program, ["current", "--market", "SPX"])
        ).output
        #expect(shown.contains("\u{1B}[38;5;") && shown.contains("  price     "))
        let grey = try await Program.finish(
            atTerminal(program, ["current", "--market", "SPX"], ["NO_COLOR": "1"])
        ).output
        #expect(!grey.contains("\u{1B}") && grey.contains("  price     "))
        let forced = try await program.run("current", "--market", "SPX", "--color", "always").output
        #expect(forced.contains("\u{1B}[") && !forced.contains("  price     "))
    }

    @Test(
        "colours of a pipe: forced by a variable, against it by NO_COLOR, above both the flag",
        arguments: [
            ([:], [], false), (["FORCE_COLOR": "1"], [], true),
            (["CLICOLOR_FORCE": "yes"], [], true), (["FORCE_COLOR": ""], [], false),
            (["FORCE_COLOR": "1", "NO_COLOR": "1"], [], false),
            (["FORCE_COLOR": "1"], ["--color", "never"], false),
            (["NO_COLOR": "1"], ["--color", "always"], true),
        ] as [([String: String], [String], Bool)])
    func forcedColours(
        _ variables: [String: String], _ flags: [String], _ isColoured: Bool
    ) async throws {
        var program = try await Program.backfilled()
        defer { program.remove() }
        program.environment = ["FORCE_COLOR": "", "CLICOLOR_FORCE": "", "NO_COLOR": ""]
            .merging(variables) { $1 }
        let shown = try await program.run(["current", "--market", "SPX"] + flags).output
        #expect(shown.contains("\u{1B}[") == isColoured)
        #expect(!shown.contains("  price     "))
    }

    @Test("a chart: Braille and bands, or ASCII and letters")
    func chart() async throws {
        let program = try await Program.backfilled()
        defer { program.remove() }
        let arguments = ["history", "--chart"] + DisplayProcessTests.range
        let shown = try await Program.finish(atTerminal(program, arguments)).output
        #expect(shown.contains("\u{1B}[38;5;231;48;5;") && shown.contains("┤"))
        var plain = program
        plain.environment = ["LC_ALL": "C", "COLUMNS": "50"]
        let piped = try await plain.run(arguments).output
        #expect(piped.allSatisfy(\.isASCII) && piped.contains("*"))
        #expect(piped.split(separator: "\n").allSatisfy { $0.count <= 50 })
        #expect(try await program.run(arguments + ["--json"]).status == 2)
    }

    @Test("a drawing in a file: .svg, another ending, a folder that is not there, nothing to draw")
    func plot() async throws {
        let program = try await Program.backfilled()
        defer { program.remove() }
        for verb in ["history", "changes"] {
            let path = program.home + "/\(verb).svg"
            let drawn = try await program.run([verb, "--plot", path] + DisplayProcessTests.range)
            #expect(drawn.status == 0 && drawn.output.isEmpty)
            #expect(drawn.errors == "wrote \(path): 269 bars of SPX/1d\n")
            #expect(try Fixture.text(path).hasSuffix("</svg>\n"))
            let quiet = try await program.run(
                [verb, "--quiet", "--json", "--plot", path] + DisplayProcessTests.range)
            #expect(quiet.errors.isEmpty && quiet.output.hasPrefix("["))
        }
        let other = try await program.run("history", "--market", "SPX", "--plot", "a.gif")
        #expect(other.status == 2 && other.errors.contains("ends with .svg or .png"))
        let nowhere = try await program.run("history", "--market", "SPX", "--plot", "no/a.svg")
        #expect(
            nowhere.status == 1 && nowhere.errors.contains("--plot no/a.svg: cannot be written"))
        let none = try await program.run(
            "history", "--market", "SPX", "--from", "1990-01-01", "--to", "1991-01-01", "--plot",
            program.home + "/none.svg")
        #expect(none.status == 3)
        #expect(!FileManager.default.fileExists(atPath: program.home + "/none.svg"))
    }

    @Test(
        "a drawing as PNG, of two dots for each of the drawing",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/rsvg-convert")))
    func png() async throws {
        let program = try await Program.backfilled()
        defer { program.remove() }
        let path = program.home + "/spx.PNG"
        let drawn = try await program.run("history", "--market", "SPX", "--plot", path)
        #expect(drawn.status == 0, "\(drawn.errors)")
        let bytes = try Data(contentsOf: URL(filePath: path))
        #expect(bytes.prefix(8).elementsEqual([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
        // Width and height, each of four bytes, are the first words of the header.
        #expect(bytes[16..<24].elementsEqual([0, 0, 0x08, 0xC0, 0, 0, 0x05, 0x00]))
    }

    @Test("without rsvg-convert a PNG is refused with what to install")
    func withoutConverter() async throws {
        var program = try await Program.backfilled()
        defer { program.remove() }
        program.environment = ["PATH": program.home]
        let outcome = try await program.run("history", "--market", "SPX", "--plot", "a.png")
        #expect(outcome.status == 4 && outcome.errors.contains("apt-get install librsvg2-bin"))
    }

    @Test("a mistyped verb, option and market are told what was perhaps meant")
    func suggestions() async throws {
        let program = try await Program.backfilled()
        defer { program.remove() }
        func errors(_ arguments: String...) async throws -> String {
            try await program.run(arguments).errors
        }
        #expect(
            try await errors("histroy", "--market", "SPX")
                == "error: unknown verb 'histroy': did you mean history?\n")
        #expect(try await errors("help", "chagnes").contains("did you mean changes?"))
        #expect(try await errors("frobnicate").contains("bloasis --help lists them"))
        #expect(try await errors("history", "--markt", "SPX").contains("Did you mean '--market'?"))
        #expect(
            try await errors("current", "--market", "SPY")
                == "error: unknown market SPY/1d: did you mean SPX? known are SPX/1d\n")
        #expect(
            try await errors("changes", "--market", "spx", "--timeframe", "1d")
                == "error: unknown market spx/1d: did you mean SPX? known are SPX/1d\n")
        #expect(
            try await errors("history", "--market", "SPX", "--timeframe", "1h")
                == "error: unknown market SPX/1h: did you mean SPX/1d? known are SPX/1d\n")
        #expect(
            try await errors("verify", "--market", "SPY").contains("only SPX: did you mean SPX?"))
        #expect(try await errors("current", "--market", "..").hasPrefix("error: --market ..: "))
    }

    @Test("what to do next is told at a terminal alone, and not when it is to be quiet")
    func hints() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let lines = try Fixture.text(Fixture.spx).split(separator: "\n").prefix(300)
        let csv = try program.file("start.csv", lines.joined(separator: "\n") + "\n")
        func backfill(_ market: String, _ more: String...) -> [String] {
            ["backfill", "--csv", csv, "--market", market] + more
        }
        #expect(try await program.run(backfill("PIPED")).errors.isEmpty)
        let shown = try await Program.finish(atTerminal(program, backfill("SHOWN"))).output
        #expect(shown.contains("next: bloasis current --market SHOWN"))
        let again = try await Program.finish(atTerminal(program, backfill("SHOWN"))).output
        #expect(!again.contains("next:"))
        let quiet = try await Program.finish(atTerminal(program, backfill("QUIET", "-q"))).output
        let early = ["history", "--market", "SHOWN", "--to", "1990-01-01"]
        let ranges = try await Program.finish(atTerminal(program, early)).output
        #expect(ranges.contains("there is something from 1999-01-04T21:00:00Z to 2000-03-"))
        #expect(!quiet.contains("next:") && quiet.contains("QUIET/1d"))
    }

    @Test("models: one a refit, those in force with their first bar; as JSON the API's items")
    func models() async throws {
        let program = try await Program.backfilled()
        defer { program.remove() }
        let table = try await program.run("models", "--market", "SPX")
        let lines = table.output.split(separator: "\n")
        #expect(table.status == 0 && lines.count > 1)
        #expect(lines[0].hasPrefix("version") && lines[0].hasSuffix("log likelihood"))
        #expect(lines.dropFirst().allSatisfy { $0.contains("  hmm   ") })
        let json = try await program.run("models", "--market", "SPX", "--json")
        let items = try #require(
            JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
        #expect(items.count == lines.count - 1)
        #expect(items.allSatisfy { $0["trainedThrough"] is String })
        #expect(try await program.run("models", "--market", "NOSUCH").status == 3)
    }

    @Test("doctor says of each part what it is for and, where it fails, what to do")
    func doctor() async throws {
        var program = try await Program.backfilled()
        defer { program.remove() }
        let sound = try await program.run("doctor")
        #expect(sound.status == 0 && !sound.output.contains("FAILED"))
        #expect(sound.output.contains("set REDIS_URL=redis://HOST:6379"))
        #expect(try await program.run("doctor").output == sound.output)
        let port = try LoopbackPort.free()
        program.environment = ["REDIS_URL": "redis://127.0.0.1:\(port)"]
        let broken = try await program.run("doctor", "--json")
        #expect(broken.status == 4)
        let report = try #require(
            JSONSerialization.jsonObject(with: Data(broken.output.utf8)) as? [String: Any])
        let checks = try #require(report["checks"] as? [[String: Any]])
        let redis = try #require(checks.first { $0["name"] as? String == "redis" })
        #expect(redis["healthy"] as? Bool == false && redis["configured"] as? Bool == true)
        #expect((redis["fix"] as? String)?.contains("REDIS_URL") == true)
        #expect(checks.allSatisfy { $0["purpose"] is String && $0["detail"] is String })
    }
}
