import Market
import Ports
import TestSupport
import Testing
import WebCalls

@testable import VendorFeeds

@Suite("Turns")
struct RequestTurnsTests {
    private let start = ManualInstant().now

    @Test("a burst at once, then one at a time; a pause fills the bucket, and not over its rim")
    func script() {
        var turns = RequestTurns(RequestRate(burst: 2, every: .seconds(1)))
        func wait(at seconds: Double) -> Duration? {
            turns.take(at: start.advanced(by: .seconds(seconds)))
        }
        #expect(wait(at: 0) == .zero)
        #expect(wait(at: 0) == .zero)
        #expect(wait(at: 0) == .seconds(1))
        #expect(wait(at: 0) == .seconds(2))
        #expect(wait(at: 1.5) == .seconds(1.5))
        #expect(wait(at: 100) == .zero)
        #expect(wait(at: 100) == .zero)
        #expect(wait(at: 100) == .seconds(1))
    }

    @Test("whoever would wait too long is refused, and takes nobody's place")
    func longestWait() {
        var turns = RequestTurns(RequestRate(burst: 1, every: .seconds(100)))
        for number in 0...3 { #expect(turns.take(at: start) == .seconds(100 * number)) }
        #expect(turns.take(at: start) == nil)
        #expect(turns.take(at: start) == nil)
        #expect(turns.take(at: start.advanced(by: .seconds(100))) == .seconds(300))
    }

    @Test("a vendor that asks for a pause gets it from all")
    func hold() {
        var turns = RequestTurns(RequestRate(burst: 3, every: .seconds(1)))
        #expect(turns.take(at: start) == .zero)
        turns.hold(for: .seconds(30), at: start)
        #expect(turns.take(at: start) == .seconds(30))
        #expect(turns.take(at: start) == .seconds(31))
        // A shorter one does not end it.
        turns.hold(for: .seconds(1), at: start)
        #expect(turns.take(at: start) == .seconds(32))
        #expect(turns.take(at: start.advanced(by: .seconds(60))) == .zero)
    }

    @Test("in the long run nobody is asked more often than the rate says", arguments: 1...20)
    func rate(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let rate = RequestRate(
            burst: Int.random(in: 1...5, using: &generator),
            every: .milliseconds(Int.random(in: 1...2_000, using: &generator)))
        var turns = RequestTurns(rate)
        var now = start
        var asked: [ContinuousClock.Instant] = []
        for _ in 0..<300 {
            now = now.advanced(by: .milliseconds(Int.random(in: 0...1_500, using: &generator)))
            if let wait = turns.take(at: now) { asked.append(now.advanced(by: wait)) }
        }
        for (index, first) in asked.enumerated() {
            for (further, later) in asked[index...].enumerated() where further >= rate.burst {
                #expect(first.duration(to: later) >= rate.every * (further + 1 - rate.burst))
            }
        }
        #expect(zip(asked, asked.dropFirst()).allSatisfy { $0 <= $1 })
    }
}

@Suite("Attempts")
struct AttemptScheduleTests {
    private func error(_ reason: FeedError.Reason) -> FeedError { FeedError("yahoo", nil, reason) }

    @Test("four attempts, between half and all of a span that doubles")
    func script() {
        for (random, pauses) in [(0.0, [0.5, 1, 2]), (0.5, [0.75, 1.5, 3])] {
            var schedule = AttemptSchedule()
            for pause in pauses {
                #expect(
                    schedule.pause(after: error(.unreachable("")), random: random)
                        == .seconds(pause))
            }
            #expect(schedule.pause(after: error(.unreachable("")), random: random) == nil)
        }
    }

    @Test("a vendor that asks for a pause is waited for, unless it is too long")
    func asked() {
        for (seconds, pause) in [(0, 0.5), (7, 7), (120, 120), (121, nil), (.max, nil)]
            as [(Int64, Double?)]
        {
            var schedule = AttemptSchedule()
            #expect(
                schedule.pause(
                    after: error(.rateLimited(retryAfterSeconds: seconds)), random: 0)
                    == pause.map { .seconds($0) })
        }
        var schedule = AttemptSchedule()
        #expect(
            schedule.pause(after: error(.rateLimited(retryAfterSeconds: nil)), random: 0)
                == .seconds(0.5))
    }

    @Test(
        "what would not help is not tried again",
        arguments: [
            FeedError.Reason.noData, .quotaSpent, .keyNotSet(variable: "K"), .refused(detail: ""),
            .vendorMessage(""), .unreadable(row: nil, field: nil, problem: ""),
            .notBefore(.earliest), .tooManyBars(limit: 1),
        ])
    func final(reason: FeedError.Reason) {
        var schedule = AttemptSchedule()
        #expect(schedule.pause(after: error(reason), random: 0) == nil)
    }
}

@Suite("Retry-After")
struct RetryAfterTests {
    @Test(
        "seconds, or a date",
        arguments: [
            ("0", 0), ("120", 120), ("Wed, 02 Dec 2020 18:00:30 GMT", 30),
            ("Wed, 02 Dec 2020 17:00:00 GMT", 0), ("-1", nil), ("1.5", nil), ("soon", nil),
            ("Wed, 02 Dez 2020 18:00:30 GMT", nil), ("Wed, 2 Dec 2020 18:00:30 GMT", nil),
            ("Wed, 02 Dec 2020 18:00:30 CET", nil), ("99999999999999999999", nil), ("", nil),
        ] as [(String, Int64?)])
    func forms(text: String, seconds: Int64?) {
        #expect(RetryAfter.seconds(text, at: FeedStory.now) == seconds)
    }
}
