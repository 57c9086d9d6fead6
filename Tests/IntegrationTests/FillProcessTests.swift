import Testing

@Suite("Fills on the command line")
struct FillProcessTests {
    private static let bought = [
        "fill", "--user", "ann", "--order", "o-1", "--fill-id", "f-1", "--symbol", "SPX", "--side",
        "buy", "--quantity", "10", "--price", "2506.85",
    ]

    @Test("the same command again records nothing and says so, with or without a time")
    func again() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let first = try await program.run(Self.bought)
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output.contains("f-1  recorded as number 1 of ann"))
        let again = try await program.run(Self.bought)
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.output.contains("f-1  recorded before as number 1 of ann"))
        let other = try await program.run(Self.bought + ["--commission", "1"])
        #expect(other.status == 1)
        #expect(other.errors.contains("fill_id f-1 is recorded with other content"))
        let bust = ["fill", "--fill-id", "f-2", "--bust", "f-1"]
        for verb in ["recorded as number 2", "recorded before as number 2"] {
            let busted = try await program.run(bust)
            #expect(busted.status == 0, "\(busted.errors)")
            #expect(busted.output.contains(verb))
        }
        let timed = try await program.run(
            bust + ["--timestamp", "2018-12-31T21:00:00Z"])
        #expect(timed.status == 1)
    }

    @Test("a value that cannot be is told by its flag")
    func flags() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        for (flag, value) in [
            ("--side", "up"), ("--quantity", "x"), ("--price", "x"), ("--timestamp", "now"),
            ("--currency", "dollars"), ("--user", "a b"),
        ] {
            let refused = try await program.run(Self.bought + [flag, value])
            #expect(refused.status == 2, "\(flag)")
            #expect(refused.errors.hasPrefix("error: \(flag)"), "\(refused.errors)")
        }
    }

    @Test("a rebate is a negative commission, and counts for what is realised")
    func rebate() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let filled = try await program.run(Self.bought + ["--commission", "-0.25"])
        #expect(filled.status == 0, "\(filled.errors)")
        #expect(filled.output.contains("commission -0.25"))
        let portfolio = try await program.run("portfolio", "--user", "ann")
        #expect(portfolio.status == 0, "\(portfolio.errors)")
        #expect(portfolio.output.contains("25068.5"))
        #expect(portfolio.output.hasSuffix("\nrealised 0.25 USD\n"))
    }

    @Test("flags that a fill needs are named when they are missing, and nothing is recorded")
    func missing() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let bare = try await program.run("fill", "--fill-id", "f-1")
        #expect(bare.status == 2)
        #expect(
            bare.errors.contains(
                "a fill needs --user, --order, --symbol, --side, --quantity, --price;"))
        let one = try await program.run(Array(Self.bought.dropLast(2)))
        #expect(one.status == 2)
        #expect(one.errors.contains("a fill needs --price;"))
        let both = try await program.run(
            "fill", "--fill-id", "f-1", "--correct", "f-0", "--bust", "f-0")
        #expect(both.status == 2)
    }

    @Test("a portfolio without fills is exit code 3; one whose fills are all busted is empty")
    func empty() async throws {
        let program = try Program.fresh()
        defer { program.remove() }
        let text = ["portfolio", "--user", "ann"]
        for arguments in [text, text + ["--json"]] {
            let none = try await program.run(arguments)
            #expect(none.status == 3)
            #expect(none.errors.contains("no fills of ann"))
            #expect(none.output.isEmpty == !arguments.contains("--json"))
        }
        let filled = try await program.run(
            Self.bought + ["--timestamp", "2018-12-31T00:00:00.000001Z"])
        #expect(filled.status == 0, "\(filled.errors)")
        // A bare day is where it begins.
        #expect(try await program.run(text + ["--as-of", "2018-12-31"]).status == 3)
        #expect(try await program.run(text + ["--as-of", "2019-01-01"]).status == 0)
        #expect(try await program.run("fill", "--fill-id", "f-2", "--bust", "f-1").status == 0)
        let busted = try await program.run(text)
        #expect(busted.status == 0, "\(busted.errors)")
        #expect(busted.output == "no open positions\nrealised 0\n")
        let json = try await program.run(text + ["--json"])
        #expect(json.status == 0)
        #expect(json.output.contains(#""sequence":"2""#))
    }
}
