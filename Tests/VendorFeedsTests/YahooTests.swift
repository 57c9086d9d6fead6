import Market
import Ports
import TestSupport
import Testing

@testable import VendorFeeds

@Suite("Yahoo")
struct YahooTests {
    private static let daily = VendorServer.fixture("yahoo_daily.json")

    @Test(
        "what goes wrong",
        arguments: [
            (
                404, #"{"chart":{"result":null,"error":{"code":"Not Found","description":"-"}}}"#,
                FeedError.Reason.noData
            ),
            (
                401, #"{"chart":{"error":{"code":"Unauthorized","description":"no"}}}"#,
                .refused(detail: "no")
            ),
            (
                422, #"{"chart":{"error":{"code":"Unprocessable Entity","description":"1m"}}}"#,
                .vendorMessage("1m")
            ),
            (
                200, #"{"chart":{"error":{"code":"Too Many Requests","description":"x"}}}"#,
                .rateLimited(retryAfterSeconds: nil)
            ),
            (429, "Too Many Requests", .rateLimited(retryAfterSeconds: nil)),
            (429, "{}", .rateLimited(retryAfterSeconds: nil)),
            (404, "<html>", .noData), (502, "<html>", .unreachable("status 502")),
            (502, "{}", .unreachable("status 502")),
            (
                301, "",
                .unreadable(
                    row: nil, field: nil,
                    problem: "status 301: redirects are not followed; check the feed's URL")
            ),
            (
                200, #"{"chart":{"result":[],"error":null}}"#,
                .unreadable(row: nil, field: "chart.result", problem: "it is missing")
            ),
            (
                200, "{}",
                .unreadable(row: nil, field: "chart.result", problem: "it is missing")
            ),
        ])
    func wrongs(status: Int, body: String, reason: FeedError.Reason) throws {
        #expect(try refusal(of: body, from: .yahoo, status: status) == reason)
    }

    @Test("of a share without bars in the range it tells nothing, of one that never traded less")
    func empty() throws {
        func chart(_ firstTrade: String) -> String {
            """
            {"chart":{"result":[{"meta":{"exchangeTimezoneName":"America/New_York",
            "firstTradeDate":\(firstTrade)},"indicators":{"quote":[{}],"adjclose":[{}]}}],
            "error":null}}
            """
        }
        #expect(try read(chart("345479400"), from: .yahoo, try november()).isEmpty)
        #expect(try refusal(of: chart("null"), from: .yahoo) == .noData)
    }

    @Test(
        "columns that do not fit are told",
        arguments: [
            ("\"timestamp\": [", "\"timestamp\": [1606141799,", nil as Int?, "open"),
            ("1606141800,", "\"1606141800\",", 1, "timestamp"),
            ("1606141800,", "1606141800.5,", 1, "timestamp"),
            ("1606141800,", "99999999999999999999,", 1, "timestamp"),
            ("\"volume\": [", "\"other\": [", nil, "volume"),
            ("America/New_York", "Nowhere/Else", nil, "exchangeTimezoneName"),
            ("\"numerator\": 4.0", "\"numerator\": 0", 1, "splits.numerator"),
            ("\"denominator\": 1.0", "\"denominator\": null", 1, "splits.denominator"),
            ("\"amount\": 0.2", "\"amount\": \"NaN\"", 1, "dividends.amount"),
        ])
    func columns(old: String, new: String, row: Int?, field: String) throws {
        let body = Self.daily.replacing(old, with: new)
        try #require(body != Self.daily)
        guard case .unreadable(row, field, _)? = try refusal(of: body, from: .yahoo) else {
            Issue.record("\(String(describing: try refusal(of: body, from: .yahoo)))")
            return
        }
    }

    @Test("of the last day's two rows the later counts, once the day is over")
    func lastDay() throws {
        let evening = FeedStory.instant("2020-12-02T22:00:00Z")
        let last = try read(Self.daily, from: .yahoo, try november(), saidAt: evening).last
        #expect(last?.bar.close == 104.2)
        #expect(last?.bar.volume == 1_300_000)
    }

    @Test(
        "single precision is undone: prices that cents can hold come back as they were",
        arguments: 1...20)
    func singlePrecision(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<1_000 {
            let cents = Double(Int.random(in: 100...9_999_999, using: &generator)) / 100
            #expect(SinglePrecision.decimal(Double(Float(cents))) == cents)
            for split in [2.0, 4, 5, 10, 20] where cents < 20_000 {
                let adjusted = SinglePrecision.decimal(Double(Float(cents / split)))
                let traded = SinglePrecision.nearestDecimal(adjusted * split)
                #expect(abs(traded - cents) <= 1e-6 * cents)
            }
        }
        #expect(SinglePrecision.decimal(0.1) == 0.1)
        #expect(SinglePrecision.nearestDecimal(1e300) == 1e300)
    }

    @Test("whole numbers are what they are: no volume is rounded", arguments: 1...5)
    func volumes(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<1_000 {
            let volume = Double(Int.random(in: 0...1 << 40, using: &generator))
            let single = Double(Float(volume))
            #expect(SinglePrecision.decimal(volume) == volume)
            #expect(SinglePrecision.decimal(single) == single)
        }
    }

    @Test("a question reaches to the present, whatever its end, and in weeks for minutes")
    func reach() async throws {
        try await VendorWorld.with { world in
            var request = try november(timeframe: .minutely)
            request.range =
                FeedStory.instant(
                    "2020-11-20T00:00:00Z")..<FeedStory.instant(
                    "2020-11-21T00:00:00Z")
            _ = try await world.connections.feed(.yahoo).bars(request, at: FeedStory.now)
            let periods = world.server.targets.map { target in
                target.split { !$0.isNumber }.compactMap { Int($0) }.filter { $0 > 1_000_000 }
                    .map { $0 / 86_400 }
            }
            // 2020-11-18 is day 18,584.
            #expect(periods == [[18_584, 18_591], [18_591, 18_598], [18_598, 18_599]])
        }
    }

    @Test("what lies too far back is refused, with the earliest that there is")
    func tooFarBack() async throws {
        try await VendorWorld.with { world in
            let feed = try world.connections.feed(.yahoo)
            for (timeframe, earliest) in [
                (Timeframe.minutely, "2020-11-03T00:00:00Z"), (.hourly, "2018-12-04T00:00:00Z"),
            ] {
                let edge = FeedStory.instant(earliest)
                var request = try november(timeframe: timeframe)
                request.range = edge..<FeedStory.now
                _ = try await feed.bars(request, at: FeedStory.now)
                request.range = edge.advanced(byNanoseconds: -1)..<FeedStory.now
                let error = FeedError("yahoo", request.symbol, .notBefore(edge))
                await #expect(throws: error) { try await feed.bars(request, at: FeedStory.now) }
            }
        }
    }
}

@Suite("Bars within a day")
struct IntradayBarsTests {
    @Test(
        "a session's end cuts a bar short, and outside of sessions there is none",
        arguments: [
            ("2020-11-27T14:30:00Z", "2020-11-27T15:30:00Z"),
            ("2020-11-27T17:30:00Z", "2020-11-27T18:00:00Z"),
            ("2020-11-27T18:00:00Z", nil), ("2020-11-27T13:30:00Z", nil),
            ("2020-11-27T14:00:00Z", "2020-11-27T15:00:00Z"), ("2020-11-28T15:00:00Z", nil),
            ("2020-11-26T15:00:00Z", nil),
        ])
    func closes(open: String, close: String?) {
        let open = FeedStory.instant(open)
        #expect(
            IntradayBars.close(opening: open, .hourly, .nyse) == close.map(FeedStory.instant))
        #expect(
            IntradayBars.close(opening: open, .hourly, .continuous)
                == open.advanced(bySeconds: 3_600))
        #expect(IntradayBars.close(opening: .latest, .hourly, .none) == nil)
    }
}
