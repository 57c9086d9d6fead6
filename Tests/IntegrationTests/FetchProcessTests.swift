import TestSupport
import Testing

@Suite("bloasis fetch")
struct FetchProcessTests {
    private static let unadjusted =
        Fixture.folder + "/us_equities_5_ohlcv_unadjusted_2000_2013.csv.gz"

    @Test("a vendor's bars go to CSV, which backfill reads, and straight into the store: the same")
    func vendor() async throws {
        let server = try VendorServer()
        var program = try Program.fresh()
        defer { program.remove() }
        program.environment = ["FEED_YAHOO_URL": server.url, "FEED_STOOQ_URL": server.url]
        let fetch = ["fetch", "--feed", "yahoo", "--symbol", "ACME", "--from", "2000-01-01"]
        let printed = try await program.run(fetch)
        #expect(printed.status == 0, "\(printed.errors)")
        #expect(printed.output.hasPrefix("timestamp,open,high,low,close,volume\n"))
        let csv = program.home + "/acme.csv"
        let written = try await program.run(fetch + ["--out", csv, "--json"])
        #expect(written.status == 0, "\(written.errors)")
        #expect(written.output.contains(#""symbol":"ACME""#))
        #expect(try Fixture.text(csv) == printed.output)
        let read = try await program.run("backfill", "--csv", csv, "--market", "ACME", "--json")
        #expect(read.status == 0, "\(read.errors)")
        let direct = try await program.run(fetch + ["--backfill", "--json"])
        #expect(direct.status == 0, "\(direct.errors)")
        #expect(direct.output.contains(#""nothingNew":true"#), "\(direct.output)")
    }

    @Test("nothing found is 3, a vendor that does not answer 4, wrong usage 2")
    func exitCodes() async throws {
        let server = try VendorServer()
        var program = try Program.fresh()
        defer { program.remove() }
        program.environment = ["FEED_STOOQ_URL": server.url, "FEED_YAHOO_URL": server.url]
        server.reply(.answer(body: "No data"))
        let none = try await program.run("fetch", "--feed", "stooq", "--symbol", "NOBODY")
        #expect(none.status == 3, "\(none.errors)")
        let closed = try LoopbackPort.free()
        program.environment["FEED_YAHOO_URL"] = "http://127.0.0.1:\(closed)"
        let away = try await program.run("fetch", "--feed", "yahoo", "--symbol", "ACME")
        #expect(away.status == 4, "\(away.errors)")
        let keyless = try await program.run("fetch", "--feed", "alpha-vantage", "--symbol", "ACME")
        #expect(keyless.status == 2)
        #expect(keyless.errors.contains("ALPHA_VANTAGE_KEY"))
        let both = try await program.run(
            "fetch", "--feed", "stooq", "--symbol", "A", "--publish", "--backfill")
        #expect(both.status == 2)
        let unknown = try await program.run(
            "fetch", "--feed", "csv", "--csv", Self.unadjusted, "--symbol", "AAPL",
            "--publish")
        #expect(unknown.status == 3, "\(unknown.errors)")
    }

    @Test("an unadjusted split is refused by backfill and by fetch; adjusted prices are taken")
    func split() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let file = Self.unadjusted
        let backfill = ["backfill", "--csv", file, "--market", "MSFT"]
        let refused = try await program.run(backfill)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("2003-02-18T21:00:00Z looks like a 2-for-1 split"))
        #expect(refused.errors.contains("--price adjusted"))
        let none = try await program.run("history", "--market", "MSFT")
        #expect(none.status == 3)
        let adjusted = try await program.run(backfill + ["--price", "adjusted"])
        #expect(adjusted.status == 0, "\(adjusted.errors)")
        let changes = try await program.run(
            "changes", "--market", "MSFT", "--from", "2003-02-18", "--to", "2003-02-21", "--json")
        #expect(!changes.output.contains("crisis"), "\(changes.output)")
        let fetch = ["fetch", "--feed", "csv", "--csv", file, "--symbol", "MSFT"]
        let traded = try await program.run(fetch + ["--price", "close"])
        #expect(traded.status == 1)
        #expect(traded.output.isEmpty)
        let told = try await program.run(fetch + ["--price", "close", "--on-split", "accept"])
        #expect(told.status == 0)
        let same = try await program.run(fetch + ["--backfill"])
        #expect(same.status == 0)
        #expect(same.output.contains("nothing new"), "\(same.output)")
    }

    @Test("another calendar than the market's is wrong usage, and nobody is asked")
    func calendar() async throws {
        let server = try VendorServer()
        var program = try Program.fresh()
        defer { program.remove() }
        program.environment = ["FEED_YAHOO_URL": server.url]
        let fetch = ["fetch", "--feed", "yahoo", "--symbol", "ACME", "--from", "2000-01-01"]
        let registered = try await program.run(fetch + ["--backfill"])
        #expect(registered.status == 0, "\(registered.errors)")
        let requests = server.targets.count
        for place in ["--publish", "--backfill"] {
            let refused = try await program.run(fetch + [place, "--calendar", "24x7"])
            #expect(refused.status == 2, "\(refused.errors)")
            #expect(
                refused.errors.contains("--calendar 24x7: ACME/1d is registered with nyse"),
                "\(refused.errors)")
        }
        #expect(server.targets.count == requests)
        let same = try await program.run(fetch + ["--publish", "--calendar", "nyse"])
        #expect(same.status == 0, "\(same.errors)")
    }

    @Test("a poller that is told half of what it needs is wrong usage")
    func pollSettings() async throws {
        var program = try Program.fresh()
        defer { program.remove() }
        for (variables, word) in [
            (["POLL_FEED": "stooq"], "POLL_SYMBOLS"),
            (["POLL_FEED": "stooq", "POLL_SYMBOLS": "SPX"], "POLL_SYMBOLS"),
            (["POLL_FEED": "stooq", "POLL_SYMBOLS": "SPX=a,SPX=b"], "POLL_SYMBOLS"),
            (["POLL_FEED": "csv", "POLL_SYMBOLS": "SPX=a"], "POLL_CSV"),
            (["POLL_FEED": "stooq", "POLL_SYMBOLS": "SPX=a", "POLL_INTERVAL": "1m"], "15m"),
        ] {
            program.environment = variables
            let outcome = try await program.run("serve", "feed-poller")
            #expect(outcome.status == 2, "\(outcome.errors)")
            #expect(outcome.errors.contains(word), "\(outcome.errors)")
        }
    }
}
