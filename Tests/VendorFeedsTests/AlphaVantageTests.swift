import Foundation
import Market
import Ports
import TestSupport
import Testing

@testable import VendorFeeds

@Suite("Alpha Vantage")
struct AlphaVantageTests {
    private static let daily = VendorServer.fixture("alpha_vantage_daily.json")
    private static let hours = VendorServer.fixture("alpha_vantage_60min_2020-11.json")

    @Test(
        "what goes wrong comes with status 200, in any of three members",
        arguments: [
            (
                "Error Message",
                "the parameter apikey is invalid or missing. Please claim your free API key.",
                "refused"
            ),
            (
                "Information",
                "Thank you for using Alpha Vantage! This is a premium endpoint.", "refused"
            ),
            (
                "Information",
                "Please consider spreading out your free API requests more sparingly (1 request "
                    + "per second), to lift the free key rate limit (25 requests per day), raise "
                    + "the per-second burst limit, and instantly unlock all premium endpoints",
                "rate limited"
            ),
            (
                "Note",
                "Our standard API call frequency is 5 calls per minute and 500 calls per day.",
                "limited by the minute"
            ),
            ("Information", "Burst pattern detected.", "rate limited"),
            (
                "Information",
                "We have detected your API key as S3cret Key/42 and our standard API rate limit "
                    + "is 25 requests per day.", "quota spent"
            ),
            (
                "Error Message",
                "Invalid API call. Please retry or visit the documentation for TIME_SERIES_DAILY.",
                "no data"
            ),
            ("Error Message", "Something else.", "message"),
            ("Information", "", "message"),
        ])
    func wrongs(member: String, text: String, kind: String) throws {
        for timeframe in [Timeframe.daily, .minutely] {
            let reason = try refusal(
                of: "{\"\(member)\": \"\(text)\"}", from: .alphaVantage, timeframe: timeframe)
            switch (reason, kind) {
            case (.refused(let detail), "refused"): #expect(detail == text)
            case (.rateLimited(nil), "rate limited"),
                (.rateLimited(60), "limited by the minute"), (.quotaSpent, "quota spent"),
                (.noData, "no data"):
                break
            case (.vendorMessage(let words), "message"): #expect(words == text)
            default: Issue.record("\(String(describing: reason)) is not \(kind)")
            }
        }
    }

    @Test("no members at all: it knows no such symbol")
    func emptyObject() throws {
        #expect(try refusal(of: "{}", from: .alphaVantage) == .noData)
    }

    @Test(
        "what cannot be read is told with row and field",
        arguments: [
            ("4. close\": \"402.0000\"", "4. close\": \"NaN\"", 7, "2020-11-23 4. close"),
            ("4. close\": \"402.0000\"", "4. close\": \"1e999\"", 7, "2020-11-23 4. close"),
            ("4. close\": \"402.0000\"", "4. close\": \"0x10\"", 7, "2020-11-23 4. close"),
            ("4. close\": \"402.0000\"", "4. close\": \"\"", 7, "2020-11-23 4. close"),
            ("4. close\": \"402.0000\"", "4. close\": null", 7, "2020-11-23 4. close"),
            ("4. close\": \"402.0000\"", "4. close\": true", 7, "2020-11-23 4. close"),
            ("4. close\": \"402.0000\"", "4. close\": \"-402\"", 7, "close"),
            ("\"404.0000\"", "\"390\"", 7, "high"),
            ("\"1000000\"", "\"-1\"", 7, "volume"),
            ("\"4.0\"", "\"0\"", 3, "split"),
            ("\"100.302941176\"", "\"0\"", 7, "adjusted close"),
            ("5. adjusted close\": \"100.302941176", "5. other\": \"1", 7, "5. adjusted close"),
            ("2020-11-23\"", "2020-11-31\"", 7, "date"),
            ("2020-11-23\"", "23.11.2020\"", 7, "date"),
        ])
    func unreadable(old: String, new: String, row: Int, field: String) throws {
        let body = Self.daily.replacing(old, with: new)
        try #require(body != Self.daily)
        guard case .unreadable(row, let at?, _)? = try refusal(of: body, from: .alphaVantage)
        else {
            Issue.record("\(String(describing: try refusal(of: body, from: .alphaVantage)))")
            return
        }
        #expect(at.contains(field))
    }

    @Test("rows may come in any order, and a zero is a missing price")
    func zeros() throws {
        let body = Self.daily.replacing("\"398.0000\"", with: "\"0.0000\"")
        let bars = try read(body, from: .alphaVantage, try november())
        #expect(bars.first?.bar.low.isNaN == true)
        #expect(bars.count == FeedStory.days.count)
    }

    @Test("what lies outside the range may be as broken as it likes")
    func outside() throws {
        let body = Self.daily.replacing("\"104.2000\"", with: "\"-1\"")
        #expect(try refusal(of: body, from: .alphaVantage) == nil)
    }

    @Test("minutes and hours of another time zone are not taken for New York's")
    func zones() throws {
        let body = Self.hours.replacing("US/Eastern", with: "UTC")
        guard
            case .unreadable(nil, "6. Time Zone", _)? = try refusal(
                of: body, from: .alphaVantage, timeframe: .hourly)
        else {
            Issue.record("it was read")
            return
        }
    }

    @Test(
        "a time is a date and a clock",
        arguments: [
            "2020-11-27", "2020-11-27 25:00:00", "2020-11-27T10:00:00", "2020-11-27 10:00",
            "2020-11-27 10:00:00.5", "2020-11-27 10:00:00 EST", " ",
        ])
    func times(text: String) throws {
        let body = Self.hours.replacing("2020-11-27 10:00:00", with: text)
        guard
            case .unreadable(_, "time", _)? = try refusal(
                of: body, from: .alphaVantage, timeframe: .hourly)
        else {
            Issue.record("'\(text)' was read")
            return
        }
    }

    @Test("a range of the last 120 days asks for the latest 100 bars, a longer one for all")
    func outputSize() async throws {
        try await VendorWorld.with { world in
            let feed = try world.connections.feed(.alphaVantage)
            var request = try november()
            let day = Timestamp.nanosecondsPerDay
            let edge = FeedStory.now.advanced(byNanoseconds: -120 * day)
            for start in [edge, edge.advanced(byNanoseconds: -1)] {
                request.range = start..<FeedStory.now
                _ = try await feed.bars(request, at: FeedStory.now)
            }
            #expect(world.server.targets[0].contains("outputsize=compact"))
            #expect(world.server.targets[1].contains("outputsize=full"))
        }
    }

    @Test("minutes are asked for as traded, of the session, month by month")
    func pages() async throws {
        try await VendorWorld.with { world in
            _ = try await world.ask(.alphaVantage, timeframe: .minutely)
            let targets = world.server.targets
            #expect(targets.count == 2)
            for (target, month) in zip(targets, ["2020-11", "2020-12"]) {
                for part in [
                    "interval=1min", "month=\(month)", "adjusted=false", "extended_hours=false",
                    "outputsize=full",
                ] {
                    #expect(target.contains(part))
                }
            }
        }
    }

    @Test("a month that is over is asked for once, the newest again after a quarter of an hour")
    func monthsAreKept() async throws {
        try await withDirectory { directory in
            try await VendorWorld.with(cache: directory.path) { world in
                // On the second day of December November is not settled yet.
                let later = 10 * 86_400
                for (seconds, months) in [
                    (0, ["2020-11", "2020-12"]), (899, []), (later, ["2020-11", "2020-12"]),
                    (later + 899, []), (later + 900, ["2020-12"]),
                ] as [(Int, [String])] {
                    let before = world.server.targets.count
                    _ = try await world.ask(
                        .alphaVantage, timeframe: .hourly,
                        at: FeedStory.now.advanced(bySeconds: Int64(seconds)))
                    let asked = world.server.targets.dropFirst(before)
                    #expect(asked.count == months.count)
                    for (target, month) in zip(asked, months) {
                        #expect(target.contains("month=\(month)"))
                    }
                }
            }
        }
    }

    @Test("an answer that belongs to another month is refused")
    func sameMonthTwice() async throws {
        try await VendorWorld.with { world in
            let body = VendorServer.fixture("alpha_vantage_60min_2020-11.json")
            world.server.reply(.answer(body: body), .answer(body: body))
            guard
                case .unreadable(nil, "time", _)? = try await world.ask(
                    .alphaVantage, timeframe: .hourly
                ).reason
            else {
                Issue.record("it was read")
                return
            }
        }
    }

    @Test("a month before the share was listed is passed over, and no month at all is no data")
    func emptyMonths() async throws {
        try await VendorWorld.with { world in
            var request = try november(timeframe: .hourly)
            request.range = FeedStory.instant("2020-08-10T00:00:00Z")..<request.range.upperBound
            let feed = try world.connections.feed(.alphaVantage)
            let bars = try await feed.bars(request, at: FeedStory.now)
            #expect(bars.count == ConformanceTests.alphaVantageHours.count)
            #expect(world.server.targets.count == 5)
        }
    }

    @Test("a month that had nothing is remembered for a month, a refused day for nothing")
    func emptyMonthsAreKept() async throws {
        try await withDirectory { directory in
            try await VendorWorld.with(cache: directory.path) { world in
                var request = try november(timeframe: .hourly)
                request.range =
                    FeedStory.instant("2020-08-10T00:00:00Z")..<request.range.upperBound
                let month = AlphaVantageFeed.emptyMonthSeconds
                for (seconds, months) in [
                    (0, ["08", "09", "10", "11", "12"]), (900, ["11", "12"]),
                    (month - 1, ["11", "12"]), (month, ["08", "09", "10"]),
                ] as [(Int64, [String])] {
                    let before = world.server.targets.count
                    let bars = try await world.connections.feed(.alphaVantage).bars(
                        request, at: FeedStory.now.advanced(bySeconds: seconds))
                    #expect(bars.count == ConformanceTests.alphaVantageHours.count)
                    let asked = world.server.targets.dropFirst(before)
                    #expect(asked.count == months.count)
                    for (target, month) in zip(asked, months) {
                        #expect(target.contains("month=2020-\(month)"))
                    }
                }
                for _ in 0..<2 {
                    let before = world.server.targets.count
                    let reason = try await world.ask(.alphaVantage, "NOBODY").reason
                    #expect(reason == .noData)
                    #expect(world.server.targets.count == before + 1)
                }
            }
        }
    }

    @Test("a limit by the minute is waited for, by every request; one by the day is told at once")
    func limits() async throws {
        try await VendorWorld.with { world in
            let words = #"{"Note": "Our standard API call frequency is 5 calls per minute."}"#
            let feed = try world.connections.feed(.alphaVantage)
            world.server.reply(.answer(body: words))
            _ = try await feed.bars(try november(), at: FeedStory.now)
            #expect(world.clock.slept.first == .seconds(60))
            #expect(world.clock.slept.dropFirst().allSatisfy { $0 < .seconds(2) })
            world.server.reply(
                .answer(body: words), .answer(body: words), .answer(body: words),
                .answer(body: words))
            let before = world.clock.now
            let patience = try await world.ask(.alphaVantage).reason
            #expect(patience == .rateLimited(retryAfterSeconds: 60))
            #expect(before.duration(to: world.clock.now) >= .seconds(180))
            let count = world.server.targets.count
            let slept = world.clock.slept.count
            world.server.reply(
                .answer(body: #"{"Information": "rate limit is 25 requests per day"}"#))
            let spent = try await world.ask(.alphaVantage).reason
            #expect(spent == .quotaSpent)
            #expect(world.server.targets.count == count + 1)
            #expect(world.clock.slept.count == slept)
        }
    }
}

@Suite("Months of New York")
struct TradingMonthTests {
    private func months(_ first: String, _ last: String, at now: String) -> [String] {
        TradingMonth.covering(
            FeedStory.instant(first)..<FeedStory.instant(last), at: FeedStory.instant(now)
        ).map(\.text)
    }

    @Test("those in which bars of the range may lie, none after the present, none before 2000")
    func covering() {
        let now = "2021-03-15T00:00:00Z"
        #expect(
            months("2020-11-15T00:00:00Z", "2021-01-15T00:00:00Z", at: now)
                == ["2020-11", "2020-12", "2021-01"])
        // What closes on the first may have opened the day before.
        #expect(
            months("2020-12-01T12:00:00Z", "2020-12-10T00:00:00Z", at: now)
                == ["2020-11", "2020-12"])
        #expect(
            months("2021-02-10T00:00:00Z", "2030-01-01T00:00:00Z", at: now)
                == ["2021-02", "2021-03"])
        #expect(months("1990-01-01T00:00:00Z", "2000-02-10T00:00:00Z", at: now).count == 2)
        #expect(months("1990-01-01T00:00:00Z", "1999-02-10T00:00:00Z", at: now).isEmpty)
        #expect(months("2022-01-01T00:00:00Z", "2023-02-10T00:00:00Z", at: now).isEmpty)
        // Midnight in Greenwich is still the last day of February in New York.
        #expect(
            months("2021-02-10T00:00:00Z", "2021-03-01T02:00:00Z", at: now) == ["2021-02"])
    }

    @Test("a month is over some days after its last")
    func over() throws {
        let day = FeedStory.instant("2020-12-05T00:00:00Z")
        let months = TradingMonth.covering(day..<day.advanced(bySeconds: 1), at: day)
        let december = try #require(months.first)
        #expect(!december.isOver(at: FeedStory.instant("2021-01-04T04:59:59Z"), settlingDays: 3))
        #expect(december.isOver(at: FeedStory.instant("2021-01-04T05:00:00Z"), settlingDays: 3))
    }
}
