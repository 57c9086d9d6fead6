import Foundation
import Market
import Ports
import Synchronization
import TestSupport
import Testing
import WebCalls

@testable import VendorFeeds

extension SkippingClock {
    /// - Parameter chance: what every draw is.
    func environment(chance: Double = 0) -> FetchEnvironment {
        FetchEnvironment(now: { self.now }, chance: { chance }, clock: self)
    }
}

/// The vendors on loopback, and feeds that ask them.
struct VendorWorld: Sendable {
    let server: VendorServer
    let clock = SkippingClock()
    let connections: FeedConnections

    /// Runs a body; connections are closed after it.
    static func with(
        cache: String? = nil, key: String = VendorServer.key, base: String? = nil,
        limits: FetchLimits = FetchLimits(),
        _ body: @Sendable (VendorWorld) async throws -> Void
    ) async throws {
        let world = VendorWorld(
            server: try VendorServer(), cache: cache, key: key, base: base, limits: limits)
        try await carryOut {
            try await body(world)
        } finally: {
            await world.connections.close()
        }
    }

    private init(
        server: VendorServer, cache: String?, key: String, base: String?, limits: FetchLimits
    ) {
        self.server = server
        var settings = FeedSettings()
        settings.alphaVantageKey = APIKey(key)
        settings.stooqKey = APIKey(key)
        settings.cacheDirectory = cache
        for kind in FeedKind.allCases { settings.bases[kind] = base ?? server.url + "/" }
        connections = FeedConnections(settings, clock.environment(), limits)
    }

    /// What a feed answers about ACME, or the reason of its refusal.
    func ask(
        _ kind: FeedKind, _ symbol: String = "ACME", timeframe: Timeframe = .daily,
        at now: Timestamp = FeedStory.now
    ) async throws -> Result<[FeedBar], FeedError> {
        let request = try november(symbol, timeframe: timeframe)
        do {
            return .success(try await connections.feed(kind).bars(request, at: now))
        } catch let error as FeedError {
            return .failure(error)
        }
    }
}

/// A request for what the fixtures tell.
func november(
    _ symbol: String = "ACME", timeframe: Timeframe = .daily, calendar: SessionCalendar = .nyse
) throws -> FeedRequest {
    FeedRequest(
        symbol: try #require(FeedSymbol(symbol)),
        series: Samples.series("ACME", "\(timeframe)"), calendar: calendar,
        range: FeedStory.instant(
            "2020-11-20T00:00:00Z")..<FeedStory.instant(
                "2020-12-31T00:00:00Z"))
}

/// Why something fails; `nil` when it does not.
func reason(_ body: () throws -> Void) throws -> FeedError.Reason? {
    do {
        try body()
        return nil
    } catch let error as FeedError {
        return error.reason
    }
}

extension Result where Failure == FeedError {
    var reason: FeedError.Reason? {
        if case .failure(let error) = self { error.reason } else { nil }
    }
}

/// A directory that is gone after the body.
func withDirectory(_ body: (URL) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(
        path: "feeds-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try await body(directory)
}

/// Why a reader refuses an answer of a vendor; `nil` when it reads it.
func refusal(
    of body: String, from kind: FeedKind, status: Int = 200, timeframe: Timeframe = .daily
) throws -> FeedError.Reason? {
    let request = try november(timeframe: timeframe)
    return try reason { _ = try read(body, from: kind, status: status, request) }
}

/// What a reader makes of an answer, without a server.
@discardableResult
func read(
    _ body: String, from kind: FeedKind, status: Int = 200, _ request: FeedRequest,
    saidAt: Timestamp = FeedStory.now
) throws -> [FeedBar] {
    let vendor = try Vendor(kind, base: nil, key: APIKey(VendorServer.key))
    let reading = AnswerReading(vendor, request.symbol)
    let answer = VendorAnswer(status: status, body: Array(body.utf8), saidAt: saidAt)
    switch kind {
    case .alphaVantage:
        let reader = AlphaVantageReader(reading, request, at: saidAt)
        let isIntraday = request.series.timeframe.isIntraday
        return try isIntraday ? reader.intraday(answer) : reader.daily(answer)
    case .yahoo:
        var collector = BarCollector(reading, request, YahooFeed.offer, at: saidAt)
        try YahooHistory([YahooChart(of: answer, reading)]).add(to: &collector, request)
        return try collector.bars()
    case .stooq:
        return try TableFeed.bars(of: answer, from: StooqTable(), reading, request, at: saidAt)
    case .cboe, .csv:
        return try TableFeed.bars(of: answer, from: CBOETable(), reading, request, at: saidAt)
    }
}
