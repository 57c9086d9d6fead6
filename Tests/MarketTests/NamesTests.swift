import Market
import Testing

@Suite("Timeframes and market names")
struct NamesTests {
    @Test(
        "timeframes are read and written alike",
        arguments: [
            ("1m", Int64(60), true), ("15m", 900, true), ("1h", 3600, true), ("4h", 14_400, true),
            ("1d", 86_400, false), ("999d", 86_313_600, false), ("1w", 604_800, false),
        ])
    func timeframe(text: String, seconds: Int64, isIntraday: Bool) throws {
        let timeframe = try #require(Timeframe(text))
        #expect(timeframe.description == text)
        #expect(timeframe.nanoseconds == seconds * 1_000_000_000)
        #expect(timeframe.isIntraday == isIntraday)
    }

    @Test(
        "what is no timeframe is refused",
        arguments: [
            "", "d", "0d", "-1d", "+1d", "1000d", "1D", "1", "1 d", "1.5h", "1dd", "１d", "1s",
            "99999999999999999999d", "1d\u{301}",
        ])
    func noTimeframe(text: String) {
        #expect(Timeframe(text) == nil)
    }

    @Test("bars a year")
    func barsPerYear() throws {
        #expect(Timeframe.daily.barsPerYear(alwaysOpen: false) == 252)
        #expect(Timeframe.daily.barsPerYear(alwaysOpen: true) == 365.25)
        #expect(Timeframe.hourly.barsPerYear(alwaysOpen: false) == 1638)
        #expect(Timeframe.minutely.barsPerYear(alwaysOpen: true) == 525_960)
        #expect(try #require(Timeframe("1w")).barsPerYear(alwaysOpen: false) == 50.4)
        #expect(try #require(Timeframe("4h")).barsPerYear(alwaysOpen: true) == 2191.5)
    }

    @Test(
        "names of markets",
        arguments: ["SPX", "^GSPC", "BTC-USD", "BRK.B", "EURUSD=X", "_x", "=a", "9988.HK", "a"])
    func market(text: String) throws {
        #expect(try #require(MarketName(text)).text == text)
    }

    @Test(
        "what is no name of a market is refused",
        arguments: [
            "", ".SPX", "-SPX", "S P", "SPX/1d", "..", "ÄX", "S🙂", "a,b", "a:b", "a%2f",
        ])
    func noMarket(text: String) {
        #expect(MarketName(text) == nil)
    }

    @Test("no control character gets into a name")
    func controlCharacters() {
        for byte in (UInt8(0)...31) + [127] {
            #expect(MarketName("S" + String(UnicodeScalar(byte)) + "X") == nil)
        }
    }

    @Test("a name has 32 characters at most")
    func nameLength() {
        #expect(MarketName.lengthLimit == 32)
        #expect(MarketName(String(repeating: "A", count: 32)) != nil)
        #expect(MarketName(String(repeating: "A", count: 33)) == nil)
    }

    @Test("a series is written as market and timeframe")
    func series() throws {
        let market = try #require(MarketName("SPX"))
        #expect(Series(market: market).description == "SPX/1d")
        #expect(Series(market: market, timeframe: .hourly) != Series(market: market))
    }
}
