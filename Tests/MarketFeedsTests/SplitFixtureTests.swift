import Market
import MarketFeeds
import Testing

@Suite("Splits in the fixtures: those that there are, and no others")
struct SplitFixtureTests {
    private static let unadjusted = "us_equities_5_ohlcv_unadjusted_2000_2013.csv.gz"
    private static let closes = "us_equities_20_close_1990_2022.csv.gz"

    private func splits(_ file: String, _ options: CSVReadOptions) throws -> [String] {
        try splits(file, options) { _ in }
    }

    private func splits(
        _ file: String, _ options: CSVReadOptions, seeing change: (inout Bar) -> Void
    ) throws -> [String] {
        let reader = try CSVBarReader(path: Fixture.path(file), options: options)
        var detector = SplitDetector(
            timeframe: options.timeframe, calendar: options.calendar)
        var found: [String] = []
        while var bar = try reader.next() {
            change(&bar)
            if let split = detector.suspicion(at: bar) {
                found.append("\(bar.timestamp.utcDate) \(split.ratio)")
                detector.accept(bar)
            }
        }
        return found
    }

    /// What the adjusted closes say: an adjusted step of −51.9 % on 2000-09-29 was no split.
    static let truth = [
        "AAPL": ["2000-06-21 2-for-1", "2005-02-28 2-for-1"], "MSFT": ["2003-02-18 2-for-1"],
        "FB": [], "GOOG": [], "IBM": [],
    ]

    @Test("unadjusted closes: exactly the splits", arguments: truth.keys.sorted())
    func unadjusted(market: String) throws {
        let options = CSVReadOptions(market: market)
        #expect(try splits(Self.unadjusted, options) == Self.truth[market])
        let adjusted = CSVReadOptions(price: .adjusted, market: market)
        #expect(try splits(Self.unadjusted, adjusted).isEmpty)
    }

    @Test("with less to go by, one of them is found by its close alone, and still no others")
    func lessKnown() throws {
        func found(_ market: String, _ change: (inout Bar) -> Void) throws -> [String] {
            try splits(Self.unadjusted, CSVReadOptions(market: market), seeing: change)
        }
        for market in Self.truth.keys {
            #expect(try found(market) { $0.volume = .nan } == Self.truth[market])
            #expect(try found(market) { $0.open = .nan } == Self.truth[market])
            let byOpen = try found(market) {
                ($0.high, $0.low) = (.nan, .nan)
                $0.volume = .nan
            }
            #expect(byOpen == Self.truth[market])
            let byClose = try found(market) {
                ($0.open, $0.high, $0.low) = (.nan, .nan, .nan)
                $0.volume = .nan
            }
            #expect(byClose == (market == "AAPL" ? ["2005-02-28 2-for-1"] : []))
        }
    }

    @Test("twenty shares' adjusted closes since 1990, crashes to the half among them: none")
    func closes() throws {
        let markets = [
            "AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO", "LLY", "MRK",
            "MSFT", "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM",
        ]
        for market in markets {
            #expect(try splits(Self.closes, CSVReadOptions(market: market)).isEmpty)
        }
    }

    @Test("two indices through 2000, 2008 and 2018; Bitcoin by the hour: none")
    func others() throws {
        for file in ["spx_daily_1999_2018.csv", "nasdaq_daily_1999_2018.csv"] {
            #expect(try splits(file, CSVReadOptions()).isEmpty)
        }
        let hourly = CSVReadOptions(timeframe: .hourly, calendar: .continuous)
        #expect(try splits("btcusd_coinbase_1h_2017_2019.csv.gz", hourly).isEmpty)
    }

    @Test("a reader of the same table begins again")
    func again() throws {
        let options = CSVReadOptions(market: "MSFT")
        let reader = try CSVBarReader(path: Fixture.path(Self.unadjusted), options: options)
        _ = try reader.nextChunk(limit: 100)
        let other = try reader.again()
        let whole = try CSVBarReader(path: Fixture.path(Self.unadjusted), options: options)
        let (mine, theirs) = (try other.nextChunk(limit: 5_000), try whole.nextChunk(limit: 5_000))
        #expect(mine.sayTheSame(as: theirs))
        #expect(other.report.bars == whole.report.bars)
    }
}
