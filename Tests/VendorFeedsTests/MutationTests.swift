import Foundation
import Market
import Ports
import TestSupport
import Testing

@testable import VendorFeeds

@Suite("Answers that were tampered with")
struct MutationTests {
    /// A fixture, who tells it, and of what.
    static let answers: [(file: String, kind: FeedKind, timeframe: Timeframe)] = [
        ("alpha_vantage_daily.json", .alphaVantage, .daily),
        ("alpha_vantage_60min_2020-11.json", .alphaVantage, .hourly),
        ("stooq_daily.csv", .stooq, .daily), ("cboe_vix.csv", .cboe, .daily),
        ("cboe_vvix.csv", .cboe, .daily), ("yahoo_daily.json", .yahoo, .daily),
        ("yahoo_1h.json", .yahoo, .hourly), ("yahoo_1m.json", .yahoo, .minutely),
    ]

    @Test("JSON that ends too early is refused; of a table whole rows are left", arguments: answers)
    func truncated(file: String, kind: FeedKind, timeframe: Timeframe) throws {
        let body = VendorServer.fixture(file)
        let whole = try read(body, from: kind, try november(timeframe: timeframe))
        for count in 0..<body.utf8.count - 1 {
            let part = String(decoding: body.utf8.prefix(count), as: UTF8.self)
            guard let bars = try? read(part, from: kind, try november(timeframe: timeframe)) else {
                continue
            }
            #expect(file.hasSuffix(".csv"), "\(count) bytes were read")
            #expect(bars.count <= whole.count)
        }
    }

    /// In place of a number, or of anything.
    private static let intruders = [
        "\"\"", "null", "true", "[]", "{}", "\"NaN\"", "\"Infinity\"", "-0", "1e999", "-1",
        "\"1e308\"", "99999999999999999999999", "\"0x1\"", "\"１\"", "1e-400", "\"\\u0000\"",
    ]

    @Test(
        "whatever stands in place of whatever, an answer is read as possible bars or refused",
        arguments: answers.filter { $0.file.hasSuffix(".json") })
    func replaced(file: String, kind: FeedKind, timeframe: Timeframe) throws {
        let body = VendorServer.fixture(file)
        let request = try november(timeframe: timeframe)
        let pattern = try Regex(#"("[^"]*"|-?[0-9][0-9.e+-]*|null)"#)
        for match in body.matches(of: pattern) {
            for intruder in Self.intruders {
                var changed = body
                changed.replaceSubrange(match.range, with: intruder)
                check(changed, kind, request)
            }
        }
    }

    @Test("bytes turned at random", arguments: answers, 1...8)
    func turned(
        _ answer: (file: String, kind: FeedKind, timeframe: Timeframe), seed: UInt64
    ) throws {
        var generator = SplitMix64(seed: seed)
        let body = Array(VendorServer.fixture(answer.file).utf8)
        let request = try november(timeframe: answer.timeframe)
        for _ in 0..<100 {
            var changed = body
            for _ in 0...Int.random(in: 0...3, using: &generator) {
                changed[Int.random(in: changed.indices, using: &generator)] =
                    UInt8.random(in: 0...255, using: &generator)
            }
            check(String(decoding: changed, as: UTF8.self), answer.kind, request)
        }
    }

    @Test("rows in another order, or twice, are the same bars", arguments: 1...10)
    func reordered(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let request = try november()
        for (file, kind) in [("stooq_daily.csv", FeedKind.stooq), ("cboe_vix.csv", .cboe)] {
            let body = VendorServer.fixture(file)
            var rows = body.split(separator: "\r\n")
            let header = rows.removeFirst()
            rows.append(rows[Int.random(in: rows.indices, using: &generator)])
            rows.shuffle(using: &generator)
            let changed = ([header] + rows).joined(separator: "\r\n") + "\r\n"
            let (bars, told) = (
                try read(changed, from: kind, request), try read(body, from: kind, request)
            )
            #expect(bars.count == told.count)
            #expect(zip(bars, told).allSatisfy { $0.bar.saysTheSame(as: $1.bar) })
        }
    }

    /// What is read must keep the port's promises.
    private func check(_ body: String, _ kind: FeedKind, _ request: FeedRequest) {
        do {
            let bars = try read(body, from: kind, request)
            for bar in bars {
                #expect(bar.bar.fault == nil && request.range.contains(bar.bar.timestamp))
                #expect(bar.bar.close.isFinite)
            }
            for (bar, next) in zip(bars, bars.dropFirst()) {
                #expect(bar.bar.timestamp < next.bar.timestamp)
            }
        } catch {
            #expect(error is FeedError)
        }
    }
}
