import Foundation
import Testing

/// What `make install` brings, used as a shell and a reader of manuals use it.
@Suite("The installed program", .serialized)
struct InstallationTests {
    private static let shells = ["bash", "zsh", "fish"]

    /// The program in a prefix of its own: by a script that runs the built one, of which copies
    /// would fill the disk.
    private struct Installed {
        let program: Program
        var prefix: String { program.home + "/prefix" }

        static func make() async throws -> Installed {
            let installed = Installed(program: try Program.fresh())
            let script = try installed.program.file(
                "bloasis", "#!/bin/sh\nexec '\(Program.executable.path())' \"$@\"\n")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: script)
            let outcome = try await installed.run("Scripts/install.sh")
            #expect(outcome.status == 0, "\(outcome.errors)")
            return installed
        }

        /// Runs something of the repository's, or of the system's by its path.
        func run(_ command: String, _ arguments: String...) async throws -> Program.Outcome {
            let process = Process()
            process.executableURL = IndependentClient.root.appending(path: command)
            process.arguments = arguments
            process.environment = variables
            return try await Program.finish(process)
        }

        /// Runs a program that is found on the path.
        func env(_ arguments: [String]) async throws -> Program.Outcome {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = arguments
            process.currentDirectoryURL = URL(filePath: program.home)
            process.environment = variables
            return try await Program.finish(process)
        }

        private var variables: [String: String] {
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            return [
                "PATH": "\(prefix)/bin:\(path)", "HOME": program.home, "LC_ALL": "C.UTF-8",
                "PREFIX": prefix, "PROGRAM": program.home + "/bloasis",
                "LLVM_PROFILE_FILE": "/dev/null",
                "BLOASIS_HOME": program.home + "/store",
            ]
        }

        /// Fails unless a shell offers words for the end of a line.
        func expect(_ words: [String], for line: String, in shell: String) async throws {
            let folder =
                switch shell {
                case "bash": "bash-completion/completions"
                case "zsh": "zsh/site-functions"
                default: "fish/vendor_completions.d"
                }
            let asked = try await env(
                [
                    "python3", IndependentClient.file("shell_completion.py"), shell,
                    "\(prefix)/share/\(folder)", line,
                ] + words)
            #expect(asked.status == 0, "\(asked.errors)")
        }
    }

    @Test("shells complete verbs, options, values and files", arguments: shells)
    func completions(shell: String) async throws {
        let installed = try await Installed.make()
        defer { installed.program.remove() }
        _ = try installed.program.file("nasdaq.csv.gz", "")
        for (line, words) in [
            ("bloasis ba", ["backfill"]), ("bloasis history --kn", ["--known-at"]),
            ("bloasis backfill --time", ["--timeframe", "--timezone"]),
            ("bloasis backfill --timeframe ", ["15m", "4h", "1d"]),
            ("bloasis backfill --calendar ", ["nyse", "24x7", "none"]),
            ("bloasis fit --model ", ["jump-sparse", "markov", "rules"]),
            ("bloasis fit --csv nas", ["nasdaq.csv.gz"]),
            ("bloasis serve ", ["market-regime", "gateway", "backfill-worker"]),
        ] {
            try await installed.expect(words, for: line, in: shell)
        }
    }

    @Test("shells complete the markets of the store", arguments: shells)
    func markets(shell: String) async throws {
        let installed = try await Installed.make()
        defer { installed.program.remove() }
        for market in ["SPX", "BTC-USD", "^GSPC"] {
            let csv = try installed.program.file(
                "bars.csv", "date,close\n2018-12-28,2485.74\n2018-12-31,2506.85\n")
            let written = try await installed.program.run(
                "backfill", "--csv", csv, "--market", market)
            #expect(written.status == 0, "\(written.errors)")
        }
        try await installed.expect(
            ["SPX", "BTC-USD", "GSPC"], for: "bloasis history --market ", in: shell)
    }

    @Test(
        "whoever completes a line hears nothing of what is wrong",
        arguments: [
            ["--home", "/nowhere/at/all"], ["--database-url", "postgresql://localhost:1/x"],
            ["--server", "http://localhost:1"], ["--config", "/nowhere.json"],
        ])
    func silence(options: [String]) async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let words = ["bloasis", "history"] + options + ["--market", ""]
        let asked = try await program.run(
            ["---completion", "history", "--", "--market", "\(words.count - 1)", "0"] + words)
        #expect(asked.status == 0)
        #expect(asked.output.trimmingCharacters(in: .newlines) == "")
        #expect(asked.errors == "")
        #expect(!FileManager.default.fileExists(atPath: program.home + "/store"))
    }

    @Test("every page of the manual can be read; nothing stays of what is taken away again")
    func manual() async throws {
        let installed = try await Installed.make()
        defer { installed.program.remove() }
        let files = FileManager.default
        let folder = installed.prefix + "/share/man/man1"
        let pages = try files.contentsOfDirectory(atPath: folder)
        #expect(pages.contains("bloasis.1") && pages.contains("bloasis-backfill.1"))
        for page in pages {
            let shown = try await installed.env(["mandoc", "-T", "utf8", "\(folder)/\(page)"])
            #expect(shown.status == 0, "\(shown.errors)")
            // Words of headings are struck over.
            let isWhole = shown.output.contains("verification found a difference")
            #expect(isWhole, "\(page)")
        }
        let version = try await installed.env(["bloasis", "--version"])
        #expect(version.status == 0)
        let removed = try await installed.run("Scripts/install.sh", "--remove")
        #expect(removed.status == 0, "\(removed.errors)")
        let left = try files.subpathsOfDirectory(atPath: installed.prefix).filter { path in
            var isFolder: ObjCBool = false
            _ = files.fileExists(atPath: "\(installed.prefix)/\(path)", isDirectory: &isFolder)
            return !isFolder.boolValue
        }
        #expect(left.isEmpty, "\(left)")
    }
}
