import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("The option --server", .serialized, .timeLimit(.minutes(10)))
struct ServerOptionTests {
    private static let verbs = ["current", "history", "changes"]

    /// Runs a test with a server, and with a home of its own that knows nothing.
    private func serving(_ body: (Server, Program) async throws -> Void) async throws {
        let server = try await Server.start(try await Program.backfilled("--emit"))
        defer { server.program.remove() }
        let stranger = try Program.fresh()
        defer { stranger.remove() }
        try await body(server, stranger)
        #expect(try await server.stop() == 0)
        #expect(!FileManager.default.fileExists(atPath: stranger.home + "/store"))
    }

    @Test("a server's answers are the store's, byte by byte, and so are its refusals")
    func same() async throws {
        let questions = [
            [], ["--market", "SPX"], ["--json"], ["--market", "SPX", "--timeframe", "1d"],
            ["--market", "NOPE"], ["--market", "é/ß"], ["--timeframe", "4h", "--json"],
        ]
        let ranges = [
            ["--from", "2000-01-01", "--to", "2001-01-01"],
            ["--from", "2030-01-01", "--to", "2031-01-01", "--json"],
            ["--from", "2001-01-01", "--to", "2000-01-01"],
        ]
        try await serving { server, stranger in
            for verb in Self.verbs {
                for options in questions + (verb == "current" ? [] : ranges) {
                    let here = try await server.program.run([verb] + options)
                    let there = try await stranger.run(
                        [verb] + options + ["--server", server.url("/").absoluteString])
                    let shown = ([verb] + options).joined(separator: " ")
                    #expect(there.output == here.output, "\(shown)")
                    #expect(there.errors == here.errors, "\(shown)")
                    #expect(there.status == here.status, "\(shown)")
                }
            }
        }
    }

    @Test("pages are followed to the last")
    func pages() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        // More bars than a page has.
        let lines = try Fixture.text(Fixture.spx).split(separator: "\n").prefix(1_502)
        let csv = try program.file("start.csv", lines.joined(separator: "\n") + "\n")
        #expect(try await program.run("backfill", "--csv", csv, "--market", "SPX").status == 0)
        let server = try await Server.start(program)
        let url = server.url("").absoluteString
        let here = try await program.run("history", "--json")
        let there = try await program.run("history", "--json", "--server", url)
        let items = try #require(
            try JSONSerialization.jsonObject(with: Data(there.output.utf8)) as? [Any])
        #expect(items.count > 1_000 && there.output == here.output)
        #expect(try await server.stop() == 0)
    }

    @Test("an unknown market is exit code 3, and the server's words are told")
    func unknownMarket() async throws {
        try await serving { server, stranger in
            for verb in Self.verbs {
                let outcome = try await stranger.run(
                    verb, "--market", "NOPE", "--server", server.url("").absoluteString)
                #expect(outcome.status == 3)
                #expect(
                    outcome.errors == "error: unknown market NOPE/1d: known are SPX/1d\n")
            }
        }
    }

    @Test(
        "what is no server is exit code 2 and says what one is",
        arguments: [
            "", "localhost:8080", "http://", "ftp://localhost", "http://localhost:99999",
            "http://localhost?a=1", "http://user:secret@localhost",
        ])
    func wrongAddress(server: String) async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        for verb in Self.verbs {
            let outcome = try await program.run(verb, "--server", server)
            #expect(outcome.status == 2 && outcome.output.isEmpty)
            #expect(outcome.errors.contains("is no server: use http://host:port"))
            #expect(!outcome.errors.contains("secret"))
        }
    }

    @Test("a server that is away is exit code 4 and named")
    func away() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let port = try LoopbackPort.free()
        for verb in Self.verbs {
            let outcome = try await program.run(verb, "--server", "http://127.0.0.1:\(port)/")
            #expect(outcome.status == 4 && outcome.output.isEmpty)
            #expect(outcome.errors == "error: Service unavailable: 127.0.0.1:\(port)\n")
        }
    }

    @Test("the token goes to the server, and nowhere else")
    func token() async throws {
        let heard = Mutex<[UInt8]>([])
        let server = try RawServer { peer in
            let bytes = peer.receive() ?? []
            heard.withLock { $0 += bytes }
            let fault = #"{"code":7,"message":"not for you","details":[]}"#
            peer.send(
                ("HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: "
                    + "\(fault.utf8.count)\r\n\r\n\(fault)").utf8)
        }
        var program = try Program.fresh()
        defer { program.remove() }
        program.environment["BLOASIS_TOKEN"] = "s3cret"
        let outcome = try await program.run(
            "current", "--server", "http://127.0.0.1:\(server.port)")
        #expect(outcome.status == 1 && outcome.errors == "error: not for you\n")
        let text = heard.withLock { String(decoding: $0, as: UTF8.self) }
        #expect(text.lowercased().contains("authorization: bearer s3cret\r\n"))
    }
}
