import Foundation
import Market
import Ports
import TestSupport
import Testing

@testable import VendorFeeds

@Suite("Stooq and CBOE")
struct TableTests {
    @Test(
        "Stooq tells what is wrong in words, with status 200",
        arguments: [
            ("No data", FeedError.Reason.noData), ("No data\r\n", .noData),
            ("Exceeded the daily hits limit", .quotaSpent),
            (
                "<!DOCTYPE html><html></html>",
                .refused(detail: "a web page came instead of a table: check STOOQ_KEY")
            ),
            (
                "Get your apikey:\n1. Open it",
                .refused(detail: "a web page came instead of a table: check STOOQ_KEY")
            ),
            ("Closed\n for  today", .vendorMessage("Closed for today")),
            ("", .unreadable(row: nil, field: nil, problem: "it is empty")),
            ("Date,Open,High,Low,Close,Volume\r\n", .noData),
        ])
    func stooq(body: String, reason: FeedError.Reason) throws {
        #expect(try refusal(of: body, from: .stooq) == reason)
    }

    @Test("Stooq without a key is asked without, and says what to do")
    func keyless() async throws {
        let server = try VendorServer()
        var settings = FeedSettings()
        settings.bases[.stooq] = server.url
        let connections = FeedConnections(settings, SkippingClock().environment(), FetchLimits())
        let feed = try connections.feed(.stooq)
        let request = try november()
        await #expect(
            throws: FeedError(
                "stooq", request.symbol,
                .refused(
                    detail: "a web page came instead of a table: set STOOQ_KEY to a key from its "
                        + "web site"))
        ) { try await feed.bars(request, at: FeedStory.now) }
        await connections.close()
        #expect(server.targets == ["/q/d/l/?s=acme&i=d&d1=20201119&d2=20201203"])
    }

    @Test(
        "a bad row is told by its number and column",
        arguments: [
            ("100.802", "NaN,1", 1, nil as String?), ("100.802", "x", 1, "High"),
            ("100.802", "1e999", 1, "High"), ("100.802", "1", 1, "High"),
            ("2020-11-24", "2020-11-31", 2, "Date"), ("2020-11-24", "2020-11-23", 2, nil),
            ("4000000", "-4", 1, "Volume"),
        ])
    func rows(old: String, new: String, row: Int, field: String?) throws {
        let table = VendorServer.fixture("stooq_daily.csv")
        let body = table.replacing(old, with: new)
        try #require(body != table)
        guard case .unreadable(row, let at, let problem)? = try refusal(of: body, from: .stooq)
        else {
            Issue.record("\(String(describing: try refusal(of: body, from: .stooq)))")
            return
        }
        if let field { #expect(at == field) }
        #expect(!problem.contains("--on-bad-row"))
    }

    @Test("CBOE refuses what it has not; an index of closes alone has no other prices")
    func cboe() async throws {
        #expect(try refusal(of: "<Error/>", from: .cboe, status: 403) == .noData)
        guard case .unreadable? = try refusal(of: "<html>", from: .cboe) else {
            Issue.record("a page was read")
            return
        }
        try await VendorWorld.with { world in
            let bars = try await world.ask(.cboe, "^vvix").get()
            #expect(bars.map(\.bar.close) == [98.61, 96.4, 95.12, 93.87, 95.02, 96.33])
            #expect(bars.allSatisfy { $0.bar.open.isNaN && $0.bar.volume.isNaN })
            #expect(
                world.server.targets == ["/api/global/us_indices/daily_prices/VVIX_History.csv"])
        }
    }

    @Test("a file's symbol is no path, and what is missing is told")
    func files() async throws {
        try await withDirectory { directory in
            let missing = directory.appending(path: "none").path
            for (path, reason) in [
                (nil, .refused(detail: "no file or directory was named")),
                (missing, .unreachable("\(missing) is neither a file nor a directory")),
                (directory.path, .noData),
                ("/dev/null", .unreachable("/dev/null is neither a file nor a directory")),
            ] as [(String?, FeedError.Reason)] {
                var settings = FeedSettings()
                settings.csv = path.map { CSVFeedSettings(path: $0) }
                let connections = FeedConnections(
                    settings, SkippingClock().environment(), FetchLimits())
                var found: FeedError.Reason?
                do {
                    _ = try await connections.feed(.csv).bars(try november(), at: FeedStory.now)
                } catch let error as FeedError {
                    found = error.reason
                }
                await connections.close()
                #expect(found == reason)
            }
        }
    }
}
