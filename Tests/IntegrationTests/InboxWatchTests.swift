import Foundation
import TestSupport
import Testing

@Suite("What people are told, on standard output", .serialized, .timeLimit(.minutes(5)))
struct InboxWatchTests {
    /// Titles of an answer of the API, with their numbers as they are printed.
    private func titles(_ body: String) throws -> [String] {
        let items = try JSON.object(body)["items"] as? [[String: Any]] ?? []
        return items.map { "#\($0["notificationId"] ?? "")  \($0["title"] ?? "")" }
    }

    private func printed(_ output: String) -> [String] {
        output.split(separator: "\n").map(String.init).filter { $0.hasPrefix("#") }
    }

    @Test("a server's inbox is followed, over its death and restart, and ends with Ctrl-C")
    func followed() async throws {
        var program = try await Program.backfilled("--emit")
        defer { program.remove() }
        program.environment["DASHBOARD_URL"] = "https://example.com/bloasis"
        var server = try await Server.start(program)
        let before = try await server.changes()
        try await eventually { try await server.inbox().count == before.count }
        let address = server.url("").absoluteString
        let watch = try Running(
            program.process(["watch", "--inbox", "--server", address, "--after", "2"]))
        #expect(await watch.errors.wait(for: "what was told after #2 comes first"))
        #expect(await watch.output.wait(for: "#\(before.count)  "))

        await server.kill()
        #expect(await watch.errors.wait(for: ": asking again in "))
        try await program.announce(lines: 1_200)
        server = try await server.again()
        let all = try await server.changes()
        try #require(all.count > before.count + 2)
        try await eventually { try await server.inbox().count == all.count }
        #expect(await watch.errors.wait(for: "after #\(before.count)"))
        #expect(await watch.output.wait(for: "#\(all.count)  "))
        watch.signal(SIGINT)
        let outcome = await watch.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let told = try titles(try await server.get("/v1/notifications?page_size=1000").body)
        #expect(printed(outcome.output) == Array(told.reversed().dropFirst(2)))
        for piece in [
            "\n    Since the bar of ", "\n    Probability ", "\n    Why: ",
            "\n    https://example.com/bloasis/?market=SPX&timeframe=1d\n",
        ] {
            #expect(outcome.output.contains(piece), "\(piece)")
        }
        #expect(try await server.stop() == 0)
    }

    @Test("from the store as from a server; a user hears of their own fills, others don't")
    func own() async throws {
        let server = try await Server.start(try await Program.backfilled())
        defer { server.program.remove() }
        let program = server.program
        let address = ["--server", server.url("").absoluteString]
        let stored = try Running(
            program.process(["watch", "--inbox", "--user", "u-1", "--count", "1", "--json"]))
        let remote = try Running(
            program.process(["watch", "--inbox", "--user", "u-1", "--count", "1"] + address))
        let other = try Running(program.process(["watch", "--inbox", "--user", "u-2"] + address))
        #expect(await stored.output.wait(for: #"{"type":"resumed","data":{"answer":"from_now""#))
        for watch in [remote, other] {
            #expect(await watch.errors.wait(for: "what is told from now on follows"))
        }
        let fill = try await program.run(
            "fill", "--user", "u-1", "--order", "o-1", "--fill-id", "f-1", "--symbol", "SPX",
            "--side", "buy", "--quantity", "1.5", "--price", "1200", "--timestamp",
            "2002-03-01T15:00:00Z")
        #expect(fill.status == 0, "\(fill.errors)")
        let text = await remote.outcome()
        #expect(text.status == 0)
        #expect(text.output.contains("Filled: buy 1.5 SPX at 1200 USD\n"), "\(text.output)")
        #expect(text.output.contains("Order o-1, executed 2002-03-01 15:00 UTC\n"))
        let lines = await stored.outcome().output.split(separator: "\n")
        #expect(lines.count == 2)
        let message = try JSON.object(String(try #require(lines.last)))
        #expect(message["type"] as? String == "notification")
        let data = try #require(message["data"] as? [String: Any])
        #expect(data["kind"] as? String == "order_filled" && data["userId"] as? String == "u-1")
        other.signal(SIGINT)
        let nothing = await other.outcome()
        #expect(nothing.status == 0 && nothing.output.isEmpty, "\(nothing.output)")
        #expect(try await server.stop() == 0)
    }

    @Test("what cannot be followed is said with what to do")
    func refused() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let nobody = "http://127.0.0.1:\(try LoopbackPort.free())"
        for (arguments, status, error) in [
            (["--inbox", "--server", nobody], Int32(4), "Service unavailable: 127.0.0.1"),
            (["--inbox", "--user", "a b"], 2, "user_id: 'a b'"),
            (["--inbox", "--market", "SPX"], 2, "--market is not for an inbox"),
            (["--inbox", "--name", "desk"], 2, "--after"),
            (["--user", "ann"], 2, "add --inbox"),
            (["--server", nobody], 2, "add --inbox"),
        ] {
            let outcome = try await program.run(["watch"] + arguments)
            #expect(outcome.status == status, "\(arguments) \(outcome)")
            #expect(outcome.errors.contains(error), "\(arguments) \(outcome.errors)")
            #expect(outcome.output.isEmpty)
        }
    }
}
