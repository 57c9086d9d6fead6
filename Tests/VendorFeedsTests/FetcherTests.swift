import Foundation
import Market
import Ports
import TestSupport
import Testing
import WebCalls

@testable import VendorFeeds

@Suite("Asking vendors")
struct FetcherTests {
    @Test("what may pass by itself is asked again, and only so often")
    func attempts() async throws {
        try await VendorWorld.with { world in
            world.server.reply(
                .answer(status: 503, body: "busy"), .brokenOff, .answer(status: 500, body: ""))
            let first = try await world.ask(.yahoo).reason
            #expect(first == nil)
            #expect(world.server.targets.count == 4)
            #expect(Set(world.server.targets).count == 1)
            #expect(world.clock.slept.filter { $0 >= .seconds(0.5) }.count == 3)
            world.server.reply(
                .answer(status: 503, body: ""), .answer(status: 503, body: ""),
                .answer(status: 503, body: ""), .answer(status: 502, body: ""))
            let second = try await world.ask(.yahoo).reason
            #expect(second == .unreachable("status 502"))
            #expect(world.server.targets.count == 8)
        }
    }

    @Test("what says to wait is waited for, in words too")
    func waiting() async throws {
        try await VendorWorld.with { world in
            world.server.reply(
                .answer(status: 429, headers: ["Retry-After": "17"], body: ""))
            let header = try await world.ask(.cboe, "VIX").reason
            #expect(header == nil)
            #expect(world.clock.slept.contains(.seconds(17)))
            world.server.reply(
                .answer(body: #"{"Note": "5 calls per minute"}"#),
                .answer(body: #"{"Information": "1 request per second"}"#))
            let words = try await world.ask(.alphaVantage).reason
            #expect(words == nil)
            world.server.reply(
                .answer(status: 429, headers: ["Retry-After": "3600"], body: ""))
            let long = try await world.ask(.cboe, "VIX").reason
            #expect(long == .rateLimited(retryAfterSeconds: 3_600))
        }
    }

    @Test("a vendor that asks one request to wait is left alone by the next, for two minutes")
    func leftAlone() async throws {
        try await VendorWorld.with { world in
            let feed = try world.connections.feed(.cboe)
            let request = try november("VIX")
            world.server.reply(.answer(status: 429, headers: ["Retry-After": "3600"], body: ""))
            let refusal = FeedError(
                "cboe", request.symbol, .rateLimited(retryAfterSeconds: 3_600))
            await #expect(throws: refusal) { try await feed.bars(request, at: FeedStory.now) }
            #expect(world.clock.slept.isEmpty)
            _ = try await feed.bars(request, at: FeedStory.now)
            #expect(world.clock.slept == [.seconds(120)])
        }
    }

    @Test("what would not help is asked once")
    func once() async throws {
        try await VendorWorld.with { world in
            for reply in [
                VendorServer.Reply.answer(body: "Exceeded the daily hits limit"),
                .answer(body: "<html>"), .answer(status: 404, body: ""),
                .answer(status: 302, headers: ["Location": "\(world.server.url)/x"], body: ""),
                .answer(status: 418, body: "a teapot"),
            ] {
                let before = world.server.targets.count
                world.server.reply(reply)
                let reason = try await world.ask(.stooq).reason
                #expect(reason != nil)
                #expect(world.server.targets.count == before + 1)
            }
        }
    }

    @Test("silence, half an answer and a flood end")
    func bounds() async throws {
        let limits = FetchLimits(answer: .milliseconds(200), bodyBytes: 1 << 20)
        try await VendorWorld.with(limits: limits) { world in
            for reply in [VendorServer.Reply.silence, .halfAnAnswer] {
                world.server.reply(reply, reply, reply, reply)
                let reason = try await world.ask(.yahoo).reason
                #expect(reason == .unreachable("no whole answer within \(limits.answer)"))
            }
        }
        let roomy = FetchLimits(answer: .seconds(60), bodyBytes: 1 << 16)
        try await VendorWorld.with(limits: roomy) { world in
            world.server.reply(.flood)
            let reason = try await world.ask(.yahoo).reason
            #expect(reason == .unreadable(row: nil, field: nil, problem: "more than 65536 bytes"))
        }
    }

    @Test("who is cancelled waits no longer")
    func cancelled() async throws {
        try await VendorWorld.with { world in
            world.server.reply(.silence)
            let asking = Task { try await world.ask(.yahoo) }
            try await eventually { world.server.targets.count == 1 }
            asking.cancel()
            await #expect(throws: CancellationError.self) { try await asking.value }
        }
    }

    @Test("where nobody listens nothing is had, and that is tried again")
    func nobody() async throws {
        try await LoopbackPort.withNobody { port in
            try await VendorWorld.with(base: "http://127.0.0.1:\(port)") { world in
                guard case .unreachable? = try await world.ask(.yahoo).reason else {
                    Issue.record("somebody answered")
                    return
                }
                #expect(world.clock.slept.count >= 3)
            }
        }
    }

    @Test("requests take turns")
    func turns() async throws {
        try await VendorWorld.with { world in
            for _ in 0..<4 { _ = try await world.ask(.cboe, "VIX") }
            // Each made a feed of its own.
            #expect(world.clock.slept.isEmpty)
            let feed = try world.connections.feed(.cboe)
            let request = try november("VIX")
            for _ in 0..<4 { _ = try await feed.bars(request, at: FeedStory.now) }
            #expect(world.clock.slept == [.seconds(1), .seconds(1)])
        }
    }

    @Test(
        "where a vendor is asked must be a bare URL, and safe for a key",
        arguments: [
            ("https://proxy.example/feeds/", true, true), ("http://127.0.0.1:1", true, true),
            ("http://localhost:1", true, true), ("http://proxy.example", true, false),
            ("http://127.0.0.1.example", true, false), ("ftp://proxy.example", false, false),
            ("https://user:pass@proxy.example", false, false),
            ("https://proxy.example/?key=1", false, false), ("https://", false, false),
            ("https://proxy.example/a b", false, false), ("proxy", false, false),
        ])
    func bases(text: String, isUsable: Bool, isSafe: Bool) throws {
        func reason(_ key: APIKey?) throws -> FeedError.Reason? {
            try VendorFeedsTests.reason { _ = try Vendor(.stooq, base: text, key: key) }
        }
        #expect(try (reason(nil) == nil) == isUsable)
        #expect(try (reason(APIKey("k")) == nil) == isSafe)
    }

    @Test("a feed without its key says which variable to set")
    func missingKey() async throws {
        let connections = FeedConnections(
            FeedSettings(), SkippingClock().environment(), FetchLimits())
        #expect(throws: FeedError("alpha-vantage", nil, .keyNotSet(variable: "ALPHA_VANTAGE_KEY")))
        { try connections.feed(.alphaVantage) }
        await connections.close()
    }
}
