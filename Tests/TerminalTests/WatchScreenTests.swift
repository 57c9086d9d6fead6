import Market
import Regimes
import Testing

@testable import Terminal

@Suite("The live screen")
struct WatchScreenTests {
    private static let style = TerminalStyle(isTerminal: true, size: .init(columns: 78, rows: 12))

    private func state(
        _ market: String, _ regime: Regime, closes: [Double] = [1, 2, 3]
    ) -> WatchScreen.Event {
        .series(
            WatchScreen.State(
                series: Series(market: Names.market(market)), regime: regime, confidence: 0.87,
                since: Names.day(3), closes: closes))
    }

    private func past(_ number: Int) -> WatchScreen.Change {
        WatchScreen.Change(
            series: Series(market: Names.market("SPX")), asOf: Names.day(number),
            previous: .normalBull, regime: .crisis, confidence: 0.5, sequence: Int64(number))
    }

    private func change(_ number: Int) -> WatchScreen.Event { .change(past(number)) }

    private func shown(_ screen: inout WatchScreen) -> String {
        screen.draw().map { $0.plain.withoutTrailingSpaces + "\n" }.joined()
    }

    @Test("a script: nothing, two series, a change, another size")
    func script() {
        var screen = WatchScreen(WatchScreenTests.style)
        #expect(
            shown(&screen) == """
                bloasis watch  0 series, Ctrl-C ends
                nothing is stored about what is followed yet

                changes, the latest first
                none so far

                """)
        screen.take(state("SPX", .normalBull, closes: (0..<60).map { 2000 + Double($0) }))
        screen.take(state("BTC", .highVolatility, closes: [.nan]))
        #expect(
            shown(&screen) == """
                bloasis watch  2 series, Ctrl-C ends
                BTC/1d  high_volatility  since 2018-01-04  87%
                SPX/1d  normal_bull      since 2018-01-04  87%  2,059  ▁▁▁▂▂▂▃▃▃▄▄▄▅▅▆▆▆▇▇▇███

                changes, the latest first
                none so far

                """)
        screen.take(change(11))
        screen.take(change(12))
        // By another way, and what came before.
        screen.take(.past([past(4), past(7), past(11)]))
        screen.take(state("SPX", .crisis))
        let lines = shown(&screen).split(separator: "\n")
        #expect(lines[2].hasPrefix("SPX/1d  crisis"))
        #expect(
            lines.suffix(4) == [
                "2018-01-13T21:00:00Z  SPX/1d  normal_bull → crisis  50%  #12",
                "2018-01-12T21:00:00Z  SPX/1d  normal_bull → crisis  50%  #11",
                "2018-01-08T21:00:00Z  SPX/1d  normal_bull → crisis  50%  #7",
                "2018-01-05T21:00:00Z  SPX/1d  normal_bull → crisis  50%  #4",
            ])
        screen.take(.resized(TerminalSize(columns: 20, rows: 4)))
        #expect(
            shown(&screen) == """
                bloasis watch  2 ser
                BTC/1d  high_volatil
                … and 1 more: name -


                """)
    }

    @Test("only what has come since is drawn again")
    func dirty() {
        var screen = WatchScreen(WatchScreenTests.style)
        #expect(screen.isDirty)
        _ = screen.draw()
        #expect(!screen.isDirty)
        screen.take(change(1))
        #expect(screen.isDirty)
        _ = screen.draw()
        for known in [change(1), .past([past(1)]), .followed([], others: 0)] { screen.take(known) }
        #expect(!screen.isDirty)
        screen.take(.resized(WatchScreenTests.style.size))
        #expect(!screen.isDirty)
        let least = TerminalSize(columns: 78, rows: 11)
        let told: [WatchScreen.Event] = [
            .resized(least), .wiped, .awaited("none"), .trouble("no answer"),
            .followed([], others: 1),
        ]
        for event in told {
            _ = screen.draw()
            screen.take(event)
            #expect(screen.isDirty)
        }
    }

    @Test("series that are no longer followed are forgotten, and those behind the last one shown")
    func pruned() {
        var screen = WatchScreen(WatchScreenTests.style)
        for market in ["BTC", "SPX"] { screen.take(state(market, .crisis)) }
        _ = screen.draw()
        let left: Set = [Series(market: Names.market("SPX")), Series(market: Names.market("ETH"))]
        screen.take(.followed(left, others: 0))
        #expect(screen.isDirty)
        let lines = shown(&screen)
        #expect(lines.contains("1 series") && lines.contains("SPX/1d") && !lines.contains("BTC"))
    }

    @Test("what is waited for, and the last trouble, have lines of their own within the window")
    func remarks() {
        var screen = WatchScreen(WatchScreenTests.style)
        screen.take(.awaited("nothing is stored about SPY yet: did you mean SPX?"))
        screen.take(.trouble("Kafka\u{1B}[2J all brokers are down"))
        #expect(
            shown(&screen).hasPrefix(
                """
                bloasis watch  0 series, Ctrl-C ends
                Kafka\u{1B}[2J all brokers are down
                nothing is stored about SPY yet: did you mean SPX?

                """))
        #expect(!screen.frame().contains("Kafka\u{1B}"))
        screen.take(.resized(TerminalSize(columns: 20, rows: 12)))
        let lines = screen.draw()
        #expect(lines.allSatisfy { $0.width <= 20 })
        #expect(lines.contains { $0.plain == "nothing is stored" })
        screen.take(state("SPX", .crisis))
        for number in 0..<50 { screen.take(state("M\(100 + number)", .lowVolatility)) }
        screen.take(.resized(TerminalSize(columns: 78, rows: 8)))
        let few = screen.draw()
        #expect(few.count <= 8 && few[1].plain.hasPrefix("Kafka"))
    }

    @Test("a window wider than drawings are is drawn in as far as they are")
    func widest() {
        var screen = WatchScreen(WatchScreenTests.style)
        screen.take(.trouble(String(repeating: "x", count: 2 * TerminalStyle.columnLimit)))
        screen.take(
            .resized(TerminalSize(columns: TerminalStyle.columnLimit + 1, rows: 12)))
        #expect(screen.draw().map(\.width).max() == TerminalStyle.columnLimit)
    }

    @Test("many series and changes: as many as there is room for, and the number of the others")
    func many() {
        var screen = WatchScreen(WatchScreenTests.style)
        for number in 0..<50 { screen.take(state("M\(100 + number)", .lowVolatility)) }
        let all = (0..<50).map { Series(market: Names.market("M\(100 + $0)")) }
        screen.take(.followed(Set(all), others: 1000))
        for number in 0..<(WatchScreen.changeLimit + 10) { screen.take(change(number)) }
        for (columns, rows) in [(78, 12), (20, 12), (78, 3), (78, 1), (300, 100), (1, 1)] {
            screen.take(.resized(TerminalSize(columns: columns, rows: rows)))
            let lines = screen.draw()
            #expect(lines.count <= rows && lines.allSatisfy { $0.width <= columns })
        }
        screen.take(.resized(TerminalSize(columns: 78, rows: 12)))
        let text = shown(&screen)
        #expect(text.contains("1050 series") && text.contains("… and 1047 more: name --market"))
        #expect(text.contains("#\(WatchScreen.changeLimit + 9)\n"))
    }

    @Test("a frame goes home, clears behind each line and below the last, and never scrolls")
    func frame() {
        var screen = WatchScreen(WatchScreenTests.style)
        let frame = screen.frame()
        #expect(frame.hasPrefix("\u{1B}[Hbloasis watch"))
        #expect(frame.hasSuffix("none so far\u{1B}[K\u{1B}[J"))
        #expect(frame.split(separator: "\u{1B}[K\r\n", omittingEmptySubsequences: false).count == 5)
    }
}
