import Foundation
import Market
import Ports
import TestSupport
import Testing

@testable import VendorFeeds

@Suite("Conformance of the vendors' feeds")
struct ConformanceTests {
    /// A feed and what its fixture tells.
    struct Case: Sendable, CustomTestStringConvertible {
        let kind: FeedKind
        let timeframe: Timeframe
        let symbol: String
        let story: [FeedBar]

        var testDescription: String { "\(kind.rawValue) \(timeframe)" }

        init(
            _ kind: FeedKind, _ timeframe: Timeframe, symbol: String = "ACME",
            _ story: [FeedBar]
        ) {
            self.kind = kind
            self.timeframe = timeframe
            self.symbol = symbol
            self.story = story
        }
    }

    static let cases = [
        Case(.alphaVantage, .daily, FeedStory.days),
        Case(.alphaVantage, .hourly, alphaVantageHours),
        Case(.alphaVantage, .minutely, alphaVantageMinutes),
        Case(.stooq, .daily, FeedStory.adjustedDays),
        Case(.cboe, .daily, symbol: "VIX", FeedStory.volatility),
        Case(.yahoo, .daily, FeedStory.days),
        Case(.yahoo, .hourly, yahooHours),
        Case(.yahoo, .minutely, yahooMinutes),
    ]

    @Test("over HTTP", arguments: cases, MarketFeedConformance.laws)
    func overHTTP(_ feed: Case, keeps law: Law<FeedWorld>) async throws {
        try await VendorWorld.with { try await check(law, of: feed, in: $0) }
    }

    @Test("with answers kept on disk", arguments: cases, MarketFeedConformance.laws)
    func kept(_ feed: Case, keeps law: Law<FeedWorld>) async throws {
        try await withDirectory { directory in
            try await VendorWorld.with(cache: directory.path) {
                try await check(law, of: feed, in: $0)
                try await check(law, of: feed, in: $0)
            }
        }
    }

    @Test("files", arguments: [true, false], MarketFeedConformance.laws)
    func files(inDirectory: Bool, keeps law: Law<FeedWorld>) async throws {
        let story = FeedStory.days.map { day in
            FeedBar(bar: day.bar, adjustedClose: day.adjustedClose)
        }
        try await withDirectory { directory in
            let name = inDirectory ? "ACME.csv" : "all.csv"
            let lines = story.map { day in
                let date = SessionCalendar.nyse.date(ofClose: day.bar.timestamp)
                let numbers = day.bar.values + [day.adjustedClose ?? .nan]
                return "\(date),ACME," + numbers.map { "\($0)" }.joined(separator: ",")
            }
            let table =
                ["date,ticker,open,high,low,close,volume,adj_close"] + lines
                // Another market's, and a day that is not over.
                + ["2020-12-01,OTHER,1,1,1,1,1,1", "2020-12-02,ACME,1,1,1,1,1,1"]
            try Data((table.joined(separator: "\n") + "\n").utf8).write(
                to: directory.appending(path: name))
            var settings = FeedSettings()
            settings.csv = CSVFeedSettings(
                path: inDirectory ? directory.path : directory.appending(path: name).path)
            let connections = FeedConnections(
                settings, SkippingClock().environment(), FetchLimits())
            let feed = try connections.feed(.csv)
            await connections.close()
            try await law.holds(
                in: FeedWorld(feed: feed, symbol: "ACME", story: story, now: FeedStory.now))
        }
    }

    private func check(
        _ law: Law<FeedWorld>, of feed: Case, in world: VendorWorld
    ) async throws {
        try await law.holds(
            in: FeedWorld(
                feed: try world.connections.feed(feed.kind), symbol: feed.symbol,
                timeframe: feed.timeframe, story: feed.story, now: FeedStory.now))
    }
}

// MARK: - What the intraday fixtures tell

extension ConformanceTests {
    static let alphaVantageHours = [
        FeedStory.bar(closing: "2020-11-27T15:00:00Z", 406.4, 407.6, 406, 407.2, 90_000),
        FeedStory.bar(closing: "2020-11-27T16:00:00Z", 407.2, 409, 407, 408.8, 120_000),
        FeedStory.bar(closing: "2020-11-27T17:00:00Z", 408.8, 411, 408.4, 410, 110_000),
        FeedStory.bar(closing: "2020-11-27T18:00:00Z", 410, 412, 409.6, 411.2, 180_000),
        FeedStory.bar(closing: "2020-11-30T21:00:00Z", 103.2, 104.2, 103, 104, 800_000),
        FeedStory.bar(closing: "2020-12-01T15:00:00Z", 104, 105, 103.9, 104.8, 500_000),
        FeedStory.bar(closing: "2020-12-01T21:00:00Z", 104.1, 104.2, 103.25, 103.6, 700_000),
        FeedStory.bar(closing: "2020-12-02T15:00:00Z", 103.6, 104, 103.1, 103.8, 400_000),
    ]
    static let alphaVantageMinutes = [
        FeedStory.bar(closing: "2020-11-27T17:59:00Z", 410.8, 411, 410.6, 410.9, 4_000),
        FeedStory.bar(closing: "2020-11-27T18:00:00Z", 410.9, 411.4, 410.8, 411.2, 9_000),
        FeedStory.bar(closing: "2020-11-30T14:31:00Z", 103, 103.2, 102.9, 103.1, 60_000),
    ]
    /// The hour in which nobody traded is missing, the last of the half day is half an hour.
    static let yahooHours = [
        FeedStory.bar(closing: "2020-11-27T15:30:00Z", 406.4, 408.8, 406, 408.4, 250_000),
        FeedStory.bar(closing: "2020-11-27T16:30:00Z", 408.4, 410, 408, 409.6, 175_000),
        FeedStory.bar(closing: "2020-11-27T18:00:00Z", 409.6, 412, 409.2, 411.2, 75_000),
        FeedStory.bar(closing: "2020-11-30T21:00:00Z", 103.5, 104.2, 103.4, 104, 800_000),
        FeedStory.bar(closing: "2020-12-01T15:30:00Z", 104, 105, 103.9, 104.8, 500_000),
    ]
    static let yahooMinutes = [
        FeedStory.bar(closing: "2020-11-27T18:00:00Z", 410.8, 411.4, 410.8, 411.2, 9_000),
        FeedStory.bar(closing: "2020-11-30T14:31:00Z", 103, 103.2, 102.9, 103.1, 60_000),
        FeedStory.bar(closing: "2020-12-01T21:00:00Z", 103.5, 103.7, 103.5, 103.6, 90_000),
    ]
}
