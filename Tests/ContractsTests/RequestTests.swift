import Contracts
import Market
import Testing

@Suite("Requests, read and refused")
struct RequestTests {
    private func fault<Value>(_ body: () throws -> Value) throws -> RPCFault {
        try #require(throws: RPCFault.self) { _ = try body() }
    }

    private let market = MarketName("SPX")

    @Test("a series falls back to the default market and to daily")
    func series() throws {
        let market = try #require(market)
        let given = try RequestReading.series(market: "", timeframe: "", defaultMarket: market)
        #expect(given == Series(market: market))
        let named = try RequestReading.series(
            market: "BTC-USD", timeframe: "4h", defaultMarket: market)
        #expect(named.description == "BTC-USD/4h")
    }

    @Test("a bad market or timeframe says what to use")
    func badSeries() throws {
        let market = try #require(market)
        let name = try fault {
            try RequestReading.series(
                market: String(repeating: "x", count: 200), timeframe: "", defaultMarket: market)
        }
        #expect(name.code == .invalidArgument)
        #expect(name.message.utf8.count < 300, "what was sent is not sent back whole")
        let timeframe = try fault {
            try RequestReading.series(market: "", timeframe: "1y", defaultMarket: market)
        }
        #expect(timeframe.message.contains("timeframe: '1y'"))
        #expect(timeframe.message.contains("as in 1d"))
    }

    @Test("a range is half-open, of dates or instants")
    func range() throws {
        var range = Bloasis_MarketRegime_TimeRange()
        range.startDate = "2008-01-01"
        range.endDate = "2009-01-01T05:00:00+05:00"
        let read = try RequestReading.requiredRange(range)
        #expect(read.lowerBound.rfc3339 == "2008-01-01T00:00:00Z")
        #expect(read.upperBound.rfc3339 == "2009-01-01T00:00:00Z")
    }

    @Test("a range that is missing, broken or reversed is refused")
    func badRange() throws {
        var range = Bloasis_MarketRegime_TimeRange()
        range.startDate = "2008-01-01"
        #expect(
            try fault { try RequestReading.requiredRange(range) }.message
                == "time_range with start_date and end_date is required")
        range.endDate = "yesterday"
        #expect(
            try fault { try RequestReading.requiredRange(range) }.message
                .hasPrefix("time_range.end_date: 'yesterday' is not a time"))
        range.endDate = "2007-01-01"
        #expect(
            try fault { try RequestReading.requiredRange(range) }.message.contains("swap them"))
    }

    @Test("a page has a default size and a limit")
    func pageSize() throws {
        #expect(try RequestReading.pageSize(0) == RequestReading.pageSizeDefault)
        #expect(try RequestReading.pageSize(7) == 7)
        #expect(try RequestReading.pageSize(.max) == RequestReading.pageSizeMaximum)
        #expect(try fault { try RequestReading.pageSize(-1) }.message.hasPrefix("page_size: -1"))
    }

    @Test("bars come as a list or as the request's own fields")
    func bars() throws {
        let market = try #require(market)
        let list = try WireJSON.message(
            Bloasis_Trading_RecordBarsRequest.self,
            from: Array(
                """
                {"market":"NDX","bars":[{"timestamp":"2018-12-31T21:00:00Z","close":6329.96},
                {"market":"SPX","timeframe":"1h","timestamp":"2018-12-31T21:00:00Z","open":1,
                "close":1,"exogenous":{"vix":25.42}}]}
                """.utf8), subject: "the request body")
        let events = try list.events(defaultMarket: market)
        #expect(events.map(\.series.description) == ["NDX/1d", "SPX/1h"])
        #expect(events[0].bar.open.isNaN && events[1].bar.exogenous == ["vix": 25.42])
        let single = try WireJSON.message(
            Bloasis_Trading_RecordBarsRequest.self,
            from: Array(
                #"{"timestamp":"2018-12-31T21:00:00Z","close":2.5,"high":3,"low":2}"#.utf8),
            subject: "the request body")
        let event = try #require(try single.events(defaultMarket: market).first)
        #expect(event.series.market == market && event.bar.high == 3)
    }

    @Test(
        "bars that cannot be are refused by place and field",
        arguments: [
            ("{}", "bars is empty"),
            (#"{"bars":[{"timestamp":"2018-12-31","close":1}]}"#, "bars[0].timestamp"),
            (#"{"bars":[{"timestamp":"2018-12-31T21:00:00Z"}]}"#, "bars[0].close is missing"),
            (#"{"timestamp":"2018-12-31T21:00:00Z","close":"NaN"}"#, "close is missing"),
            (#"{"timestamp":"2018-12-31T21:00:00Z","close":0}"#, "greater than zero"),
            (#"{"timestamp":"2018-12-31T21:00:00Z","close":"Infinity"}"#, "not a finite number"),
            (
                #"{"timestamp":"2018-12-31T21:00:00Z","close":1,"high":1,"low":2}"#,
                "high: the bar of 2018-12-31T21:00:00Z is impossible"
            ),
            (
                #"{"timestamp":"2018-12-31T21:00:00Z","close":1,"bars":[{"close":1}]}"#,
                "both given"
            ),
            (#"{"timestamp":"2018-12-31T21:00:00Z","close":1,"market":"a b"}"#, "market: 'a b'"),
            (
                #"{"timestamp":"2018-12-31T21:00:00Z","close":1,"exogenous":{"vix":"Infinity"}}"#,
                "exogenous.vix is not a finite number"
            ),
            (
                #"{"timestamp":"2018-12-31T21:00:00Z","close":1,"exogenous":{"10y":2}}"#,
                "'10y' cannot name an exogenous value"
            ),
            (#"{"timestamp":"2018-12-31T21:00:00Z","close":1,"availableAt":"x"}"#, "available_at"),
        ])
    func badBars(json: String, words: String) throws {
        let market = try #require(market)
        let fault = try fault {
            try WireJSON.message(
                Bloasis_Trading_RecordBarsRequest.self, from: Array(json.utf8), subject: "body"
            ).events(defaultMarket: market)
        }
        #expect(fault.code == .invalidArgument)
        #expect(fault.message.contains(words), "\(fault.message)")
    }

    @Test("more bars than the limit are refused")
    func tooManyBars() throws {
        let market = try #require(market)
        var request = Bloasis_Trading_RecordBarsRequest()
        var bar = Bloasis_Trading_MarketBar()
        bar.timestamp = "2018-12-31T21:00:00Z"
        bar.close = 1
        request.bars = Array(
            repeating: bar, count: Bloasis_Trading_RecordBarsRequest.barsLimit)
        let limit = Bloasis_Trading_RecordBarsRequest.barsLimit
        #expect(try request.events(defaultMarket: market).count == limit)
        request.bars.append(bar)
        #expect(
            try fault { try request.events(defaultMarket: market) }.message.contains("at most"))
    }

    @Test("JSON that is malformed, or has a field too many, is refused by name")
    func badJSON() throws {
        let unknown = try fault {
            try WireJSON.message(
                Bloasis_Trading_RecordBarsRequest.self, from: Array(#"{"closed":1}"#.utf8),
                subject: "the request body")
        }
        #expect(
            unknown == .invalidArgument("the request body: unknown field 'closed': leave it out"))
        let malformed = try fault {
            try WireJSON.message(
                Bloasis_Trading_RecordBarsRequest.self, from: Array("{\"bars\":[".utf8),
                subject: "the request body")
        }
        #expect(malformed.message.contains("is not JSON of bloasis.trading.RecordBarsRequest"))
    }

    @Test("every code has its HTTP status, and a fault is google.rpc.Status")
    func faults() {
        #expect(RPCFault.Code.allCases.map(\.rawValue) == Array(1...16))
        #expect(
            RPCFault.Code.allCases.map(\.httpStatus)
                == [499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401])
        #expect(
            RPCFault.notFound("no \"X\"\u{1}").statusJSON
                == #"{"code":5,"message":"no \"X\"\u0001","details":[]}"#)
    }
}
