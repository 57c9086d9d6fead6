import Foundation
import Testing

@Suite("Wrong input: a clear error with the right exit code")
struct BadInputProcessTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let csv: String
        let status: Int32
        let says: [String]

        var testDescription: String { name }
    }

    static let header = "date,open,high,low,close\n"

    static let files: [Case] = [
        Case(name: "empty", csv: "", status: 1, says: ["bad.csv", "empty"]),
        Case(name: "header only", csv: header, status: 1, says: ["bad.csv"]),
        Case(name: "binary", csv: "\u{0}\u{1}\u{2}PNG\u{0}", status: 1, says: ["bad.csv"]),
        Case(
            name: "half-written", csv: header + "2018-01-02,1,2,1,2\n2018-01-03,1,2", status: 1,
            says: ["bad.csv:3"]),
        Case(
            name: "high below low", csv: header + "2018-01-02,5,4,6,5\n", status: 1,
            says: ["bad.csv:2", "high"]),
        Case(
            name: "negative price", csv: header + "2018-01-02,1,2,1,-2\n", status: 1,
            says: ["bad.csv:2:5", "close"]),
    ]

    @Test("a file that cannot be read names file, line and column", arguments: files)
    func badFile(_ bad: Case) async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let path = try program.file("bad.csv", bad.csv)
        let outcome = try await program.run("backfill", "--csv", path, "--market", "SPX")
        #expect(outcome.status == bad.status)
        #expect(outcome.output.isEmpty)
        for words in bad.says { #expect(outcome.errors.contains(words), "\(outcome.errors)") }
    }

    struct Server: Sendable, CustomTestStringConvertible {
        let variables: [String: String]
        let status: Int32
        let says: [String]

        var testDescription: String { variables.keys.sorted().joined(separator: ", ") }
    }

    static let servers: [Server] = [
        Server(
            variables: ["DATABASE_URL": "postgres:/x"], status: 2, says: ["postgresql://"]),
        Server(
            variables: ["DATABASE_URL": "postgresql://ann:s3cret@127.0.0.1:1/x"], status: 4,
            says: [
                "error: PostgreSQL at 127.0.0.1:1/x: cannot be reached",
                "Connection refused. Check that the server runs and DATABASE_URL names it",
            ]),
        Server(variables: ["REDIS_URL": "rediss://cache"], status: 2, says: ["redis://"]),
        Server(variables: ["REDPANDA_BROKERS": "nohost"], status: 2, says: ["host:port"]),
        Server(
            variables: ["REDPANDA_BROKERS": "127.0.0.1:1", "KAFKA_NO_SUCH": "s3cret"], status: 2,
            says: ["error: KAFKA_NO_SUCH: librdkafka has no such property"]),
    ]

    @Test("a server that cannot be is told by its variable, without secrets", arguments: servers)
    func badServer(_ bad: Server) async throws {
        var program = try Program.fresh()
        defer { program.remove() }
        program.environment.merge(bad.variables) { $1 }
        let outcome = try await program.run("backfill", "--csv", Fixture.spx, "--market", "SPX")
        #expect(outcome.status == bad.status)
        for words in bad.says { #expect(outcome.errors.contains(words), "\(outcome.errors)") }
        #expect(!outcome.errors.contains("s3cret"))
    }

    @Test("a missing file, wrong usage, an unknown market, an empty range")
    func codes() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let missing = try await program.run("backfill", "--csv", "nosuch.csv", "--market", "SPX")
        #expect(missing.status == 1)
        #expect(missing.errors.contains("nosuch.csv"))
        let fetched = try await program.run(
            "fetch", "--feed", "csv", "--csv", "nosuch.csv", "--symbol", "SPX")
        #expect(fetched.status == 1 && fetched.errors.contains("--csv nosuch.csv: no such file"))
        #expect(try await program.run("backfill").status == 2)
        #expect(try await program.run("history", "--from", "yesterday").status == 2)
        #expect(
            try await program.run("history", "--from", "2019-01-01", "--to", "2018-01-01").status
                == 2)
        #expect(try await program.run("current", "--market", "../etc").status == 2)
        #expect(try await program.run("current", "--market", "NOSUCH").status == 3)
        #expect(try await program.run("nosuchverb").status == 2)
        let help = try await program.run("--help")
        #expect(help.status == 0)
        #expect(help.output.contains("EXAMPLES"))
    }

    @Test("a file that a flag names and that is not there, or a folder: the flag, path and reason")
    func namedFiles() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let bars = (2...28).map { "2018-02-\($0),1,3,1,\($0 % 3 + 1)\n" }.joined()
        let csv = try program.file("bars.csv", BadInputProcessTests.header + bars)
        for (path, reason) in [("nosuch.json", "No such file"), (program.home, "Is a directory")] {
            let read = try await program.run("classify", "--csv", csv, "--model", path)
            #expect(read.status == 1)
            #expect(read.errors.contains("--model \(path): cannot be read: \(reason)"))
            #expect(!read.errors.contains("NS"))
        }
        let out = program.home + "/nosuch/model.json"
        for (path, reason) in [(out, "No such file"), (program.home, "Is a directory")] {
            let written = try await program.run(
                "fit", "--csv", csv, "--model", "rules", "--out", path)
            #expect(written.status == 1)
            #expect(written.errors.contains("--out \(path): cannot be written: \(reason)"))
            #expect(!written.errors.contains("NS"))
        }
        let link = program.home + "/link.json"
        let model = try program.file("model.json", "before")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: model)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: model)
        #expect(
            try await program.run("fit", "--csv", csv, "--model", "rules", "--out", link).status
                == 0)
        #expect(try String(contentsOfFile: model, encoding: .utf8).hasPrefix("{"))
        let mode = try FileManager.default.attributesOfItem(atPath: model)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        let shown = try await program.run(
            "fit", "--csv", csv, "--model", "rules", "--json", "--out", "/dev/stderr")
        #expect(shown.status == 0)
        #expect(shown.errors.contains("\"kernelVersion\""))
        let unread = try await program.run(
            "fit", "--csv", csv, "--model", "rules", "--exogenous", "vixx=\(csv):close")
        #expect(unread.errors.contains("--exogenous vixx decides nothing"))
        #expect(unread.errors.contains("read only vix"))
        let iterations = try await program.run("fit", "--csv", csv, "--iterations", "0")
        #expect(iterations.status == 2)
        #expect(iterations.errors.contains("--iterations must be 1 … 100000"))
        for (arguments, says) in [
            (["--model", "jump-sparse", "--weight-bound", "0.5"], "--weight-bound is 0.5"),
            (["--model", "jump-sparse", "--weight-bound", "9"], "--weight-bound must be"),
            (["--model", "jump", "--starts", "1025"], "--starts is 1025"),
            (["--model", "rules", "--seed", "3"], "--seed means nothing to --model rules"),
        ] {
            let refused = try await program.run(["fit", "--csv", csv] + arguments)
            #expect(refused.status == 2)
            #expect(refused.errors.contains(says), "\(refused.errors)")
        }
        let vix = try await program.run(
            "evaluate", "--csv", csv, "--models", "hmm:features=vix", "--bootstrap", "0")
        #expect(vix.status == 2)
        #expect(vix.errors.contains("vix is not in a file of bars"))
    }

    @Test("a range with nothing in it is exit code 3, and [] as JSON")
    func emptyRange() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let csv = try program.file(
            "two.csv", BadInputProcessTests.header + "2018-01-02,1,2,1,2\n2018-01-03,1,2,1,2\n")
        #expect(try await program.run("backfill", "--csv", csv, "--market", "SPX").status == 0)
        let outcome = try await program.run(
            "history", "--market", "SPX", "--from", "1990-01-01", "--to", "1990-02-01", "--json")
        #expect(outcome.status == 3)
        #expect(outcome.output == "[]\n")
    }

    @Test("a misspelt variable, and one that needs a later version, stop the start")
    func configuration() async throws {
        var program = try Program.fresh()
        defer { program.remove() }
        program.environment = ["BLOASIS_HOEM": "x"]
        let misspelt = try await program.run("doctor")
        #expect(misspelt.status == 2)
        #expect(misspelt.errors.contains("BLOASIS_HOME"))
        program.environment = ["NATS_URL": "nats://user:secret@host"]
        let later = try await program.run("doctor")
        #expect(later.status == 2)
        #expect(!later.errors.contains("secret"))
    }

    @Test("a store of a newer version is refused, naming both versions")
    func newer() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        #expect(try await program.run("migrate").status == 0)
        try SchemaTampering.claimNewer(program.home + "/store/bloasis.sqlite")
        let outcome = try await program.run("migrate")
        #expect(outcome.status == 4)
        #expect(outcome.errors.contains("9999"))
    }
}

@Suite("A full disk and a read-only home", .serialized)
struct SmallFileSystemTests {
    /// A small mounted file system, or `nil` where this user may not mount one.
    private func mount(_ options: String, at path: String) async throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/mount")
        process.arguments = ["-t", "tmpfs", "-o", options, "tmpfs", path]
        return try await Program.finish(process).status == 0
    }

    private func command(_ name: String, _ arguments: String...) async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/" + name)
        process.arguments = arguments
        #expect(try await Program.finish(process).status == 0)
    }

    @Test(
        "a full disk: exit code 4, and nothing committed is lost once there is room",
        .enabled(if: geteuid() == 0, "mounting a small file system needs root"))
    func full() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let store = program.home + "/store"
        try FileManager.default.createDirectory(
            atPath: store, withIntermediateDirectories: true)
        try #require(try await mount("size=2m", at: store))
        let outcome = try await program.run("backfill", "--csv", Fixture.spx, "--market", "SPX")
        #expect(outcome.status == 4)
        #expect(outcome.errors.contains(store))
        try await command("mount", "-o", "remount,size=64m", store)
        let again = try await program.run(
            "backfill", "--csv", Fixture.spx, "--market", "SPX", "--json")
        #expect(again.status == 0)
        let history = try await program.run("history", "--market", "SPX", "--json").output
        try await command("umount", store)
        let whole = try await program.run(
            "backfill", "--csv", Fixture.spx, "--market", "SPX", "--json")
        #expect(whole.status == 0)
        #expect(history == (try await program.run("history", "--market", "SPX", "--json").output))
    }

    @Test(
        "a read-only home: exit code 4 and what to do",
        .enabled(if: geteuid() == 0, "mounting a small file system needs root"))
    func readOnly() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let store = program.home + "/store"
        try FileManager.default.createDirectory(
            atPath: store, withIntermediateDirectories: true)
        try #require(try await mount("size=2m,ro", at: store))
        let outcome = try await program.run("backfill", "--csv", Fixture.spx, "--market", "SPX")
        try await command("umount", store)
        #expect(outcome.status == 4)
        #expect(outcome.errors.contains(store))
    }
}
