import Contracts
import Foundation
import Testing

/// `bloasis trade paper`, as a user runs it.
@Suite("Trading on paper")
struct TradeProcessTests {
    private static let replay = [
        "trade", "paper", "--market", "SPX", "--from", "2007-01-01", "--to", "2010-01-01",
    ]

    private static func stocked() async throws -> Program {
        let program = try Program.fresh()
        let stored = try await program.run(
            "backfill", "--csv", Fixture.spx, "--market", "SPX", "--quiet")
        #expect(stored.status == 0, "\(stored.errors)")
        return program
    }

    private struct Told: Decodable {
        struct Counts: Decodable {
            var changes: Int
            var decisions: Int
            var orders: Int
            var fills: Int
            var eventsDue: Int
            var eventsTold: Int
            var lost: Int
            var doubled: Int
        }

        struct Regime: Decodable {
            var regime: String?
            var bars: Int
            var profit: String
            var fills: Int
        }

        var counts: Counts
        var regimes: [Regime]
        var equity: String
        var agrees: Bool
    }

    @Test("the loop is closed: changes, strategies, orders, fills, notices; it adds up to the cent")
    func loop() async throws {
        let program = try await Self.stocked()
        defer { program.remove() }
        let told = try await program.run(Self.replay)
        #expect(told.status == 0, "\(told.errors)")
        #expect(told.errors.isEmpty, "\(told.errors)")
        for text in [
            "begins in low_volatility", "change 1  low_volatility → ", "  strategy  ",
            "  order     buy ", "  fill      ", "  told      paper: notices", "lost 0, doubled 0",
            "agrees with the fills",
        ] {
            #expect(told.output.contains(text), "\(text)")
        }
        let json = try await program.run(Self.replay + ["--json"])
        #expect(json.status == 0, "\(json.errors)")
        let outcome = try JSONDecoder().decode(Told.self, from: Data(json.output.utf8))
        let counts = outcome.counts
        #expect(counts.changes > 10 && counts.decisions == counts.changes)
        #expect(counts.fills >= counts.orders && counts.orders > 5)
        #expect(counts.eventsTold == counts.eventsDue && counts.lost == 0 && counts.doubled == 0)
        #expect(outcome.agrees)
        let regimes = outcome.regimes
        #expect(regimes.last?.regime == nil && regimes.last?.bars == 756)
        #expect(regimes.dropLast().reduce(0) { $0 + $1.bars } == 756)
        // Of the regimes, to the last digit, what all of them made.
        let profit = try regimes.dropLast().reduce(Decimal.zero) {
            $0 + (try #require(Decimal(string: $1.profit)))
        }
        let equity = try #require(Decimal(string: outcome.equity))
        #expect(profit == equity - 100_000)

        // The same again is the same, told from what is there.
        #expect(try await program.run(Self.replay).output == told.output)
    }

    @Test("the portfolio endpoint of a server over its store answers what the fills add up to")
    func endpoint() async throws {
        let program = try await Self.stocked()
        defer { program.remove() }
        let told = try await program.run(Self.replay)
        #expect(told.status == 0, "\(told.errors)")
        let folder = program.home + "/store/paper/SPX-1d"
        let portfolio = try await program.run(
            "portfolio", "--home", folder, "--user", "paper", "--json")
        #expect(portfolio.status == 0, "\(portfolio.errors)")
        let answer = try WireJSON.message(
            Bloasis_Trading_Portfolio.self, from: Array(portfolio.output.utf8), subject: "answer")
        let position = try #require(answer.positions.first)
        var cash = try #require(Decimal(string: position.realised))
        cash += 100_000 - (try #require(Decimal(string: position.cost)))
        #expect(told.output.contains("agrees with the fills: cash \(cash) both ways"))
    }

    @Test("a replay that is killed anywhere goes on, and ends like one that was not")
    func killed() async throws {
        let program = try await Self.stocked()
        defer { program.remove() }
        let whole = try await program.run(Self.replay)
        #expect(whole.status == 0, "\(whole.errors)")
        let folder = program.home + "/store/paper"
        try FileManager.default.removeItem(atPath: folder)
        for point in [
            "journal-entered:90", "journal-committed:40", "decision-recorded:1",
            "change-worded:1", "fill-recorded:1", "publish-entered:1", "publish-acknowledged:1",
            "order-advanced:1", "rows-marked:2", "notice-received:3", "notice-committed:3",
            "notice-position-stored:3",
        ] {
            var killed = program
            killed.environment["BLOASIS_FAIL_POINT"] = point
            let ended = try await killed.run(Self.replay)
            #expect(ended.status == 128 + SIGKILL, "\(point): \(ended.errors)")
        }
        let resumed = try await program.run(Self.replay)
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(resumed.output == whole.output)
    }

    @Test("other symbols are traded by the market's regimes, each with the bars it has")
    func symbols() async throws {
        let program = try await Self.stocked()
        defer { program.remove() }
        for symbol in ["KO", "XOM"] {
            let stored = try await program.run(
                "backfill", "--csv", Fixture.equities, "--market", symbol, "--from", "1999-01-01",
                "--to", "2009-01-01", "--quiet")
            #expect(stored.status == 0, "\(stored.errors)")
        }
        let told = try await program.run(
            "trade", "paper", "--market", "SPX", "--symbols", "KO,XOM,NONE", "--from",
            "2008-01-01", "--to", "2009-01-01", "--risk-profile", "aggressive", "--json")
        #expect(told.status == 0, "\(told.errors)")
        let outcome = try JSONDecoder().decode(Told.self, from: Data(told.output.utf8))
        #expect(outcome.agrees && outcome.counts.lost == 0 && outcome.counts.doubled == 0)
        #expect(outcome.counts.fills > 0)
        #expect(!told.output.contains(#""symbol":"NONE","side""#))
    }

    @Test("what cannot be replayed is told by its flag, or as nothing found")
    func refused() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let nothing = try await program.run("trade", "paper", "--market", "SPX")
        #expect(nothing.status == 3 && nothing.errors.contains("nothing is stored yet"))
        for (flag, value) in [
            ("--capital", "-1"), ("--capital", "much"), ("--risk-profile", "wild"),
            ("--participation", "2"), ("--lot", "0"), ("--slippage-bps", "-3"),
            ("--symbols", "A,A"), ("--user", "a b"), ("--currency", "dollars"),
        ] {
            let refused = try await program.run(
                ["trade", "paper", "--market", "SPX", "\(flag)=\(value)"])
            #expect(refused.status == 2, "\(flag)")
            #expect(refused.errors.hasPrefix("error: \(flag)"), "\(refused.errors)")
        }
        let other = try await program.run("trade", "live", "--market", "SPX")
        #expect(other.status == 2)
    }

    @Test("a range without bars is nothing found")
    func empty() async throws {
        let program = try await Program.backfilled()
        defer { program.remove() }
        let told = try await program.run(
            "trade", "paper", "--market", "SPX", "--from", "2015-01-01")
        #expect(told.status == 3 && told.errors.contains("no bars of SPX/1d to trade on"))
    }
}
