import Market
import Ports
import TestSupport
import Testing

@Suite("Conformance of the in-memory feed")
struct MarketFeedTwinTests {
    @Test("feed", arguments: MarketFeedConformance.laws)
    func feed(keeps law: Law<FeedWorld>) async throws {
        let feed = InMemoryMarketFeed(
            offer: FeedOffer(
                timeframes: [.daily], calendars: [.nyse], adjustsCloses: true,
                settlingSeconds: 60))
        let symbol = try #require(FeedSymbol("ACME"))
        feed.set(FeedStory.days, of: symbol)
        var unfinished = Samples.bar(0)
        unfinished.timestamp = FeedStory.now.advanced(bySeconds: -59)
        unfinished.availableAt = unfinished.timestamp
        feed.set([FeedBar(bar: unfinished)], of: symbol)
        try await law.holds(
            in: FeedWorld(feed: feed, symbol: "ACME", story: FeedStory.days, now: FeedStory.now))
    }

    @Test func aFeedFailsAsItIsTold() async throws {
        let feed = InMemoryMarketFeed()
        let symbol = try #require(FeedSymbol("ACME"))
        feed.set(FeedStory.days, of: symbol)
        feed.fail(with: .quotaSpent)
        let world = FeedWorld(
            feed: feed, symbol: "ACME", story: FeedStory.days, now: FeedStory.now)
        await #expect(throws: FeedError("memory", symbol, .quotaSpent)) { try await world.bars() }
        let bars = try await world.bars()
        #expect(bars.count == FeedStory.days.count)
        #expect(feed.asked == [world.request(), world.request()])
    }

    @Test(
        "a symbol's length and letters",
        arguments: [
            ("A", true), ("^SPX", true), ("BRK-B", true), ("M&M.NS", true), ("GC=F", true),
            (String(repeating: "A", count: 32), true), (String(repeating: "A", count: 33), false),
            ("", false), (".", false), ("..", false), ("A/B", false), ("A B", false), ("Ä", false),
            ("A\n", false), ("A?B", false), ("A%B", false),
        ])
    func symbols(text: String, isOne: Bool) {
        #expect((FeedSymbol(text) != nil) == isOne)
    }

    @Test("an error says which feed, which symbol and what to do")
    func words() throws {
        let symbol = try #require(FeedSymbol("ACME"))
        let missing = FeedError("alpha-vantage", nil, .keyNotSet(variable: "ALPHA_VANTAGE_KEY"))
        #expect("\(missing)" == "alpha-vantage: ALPHA_VANTAGE_KEY not set")
        let row = FeedError(
            "stooq", symbol, .unreadable(row: 3, field: "close", problem: "it is missing"))
        #expect(
            "\(row)" == "stooq ACME: the answer cannot be read at row 3, close: it is missing")
        let limited = FeedError("yahoo", symbol, .rateLimited(retryAfterSeconds: 7))
        #expect("\(limited)" == "yahoo ACME: asked too often: try again in 7 s")
        #expect(limited.isRetriable)
        #expect(!row.isRetriable)
    }
}
