import Market
import Notices
import TestSupport
import Testing

@Suite("What follows from an attempt to deliver")
struct DeliveryPlanTests {
    private func plan(
        _ result: DeliveryResult, attempt: Int = 1, failures: Int = 0, random: Double = 0.5
    ) -> DeliveryPlan {
        DeliveryPlan(
            result, attempt: attempt, failures: failures, at: Steps.start, random: random)
    }

    private func pause(
        after attempt: Int, asked: Int64? = nil, random: Double = 0.5
    ) throws -> Double {
        let next = plan(
            .failed(reason: "HTTP 500", retryAfterSeconds: asked), attempt: attempt, random: random)
        guard case .retry(let instant, "HTTP 500") = next else {
            throw IssueError(found: "\(next)")
        }
        return Double(instant.nanoseconds - Steps.start.nanoseconds) / 1e9
    }

    private struct IssueError: Error {
        let found: String
    }

    @Test("pauses grow fourfold up to the longest, and differ by a fifth")
    func pauses() throws {
        #expect(
            try (1..<DeliveryPlan.attemptsLimit).map { try pause(after: $0) }
                == [5, 20, 80, 320, 1_280, 5_120, 20_480, 21_600, 21_600, 21_600])
        #expect(try pause(after: 2, random: 0) == 16)
        #expect(try pause(after: 2, random: 0.999_999) < 24)
        #expect(try pause(after: 2, random: 0.999_999) > 23.9)
    }

    @Test("the other side may ask for more time, not for ever")
    func asked() throws {
        #expect(try pause(after: 1, asked: 90, random: 0) == 90)
        #expect(try pause(after: 3, asked: 1) == 80)
        #expect(try pause(after: 1, asked: 1 << 40) == 21_600)
    }

    @Test("whatever the other side says, a delivery ends within four days", arguments: 0..<100)
    func bounded(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var (now, attempt) = (Steps.start, 1)
        while true {
            let asked =
                Bool.random(using: &generator)
                ? Int64.random(in: .min ... .max, using: &generator) : nil
            let plan = DeliveryPlan(
                .failed(reason: "x", retryAfterSeconds: asked), attempt: attempt, failures: 0,
                at: now, random: generator.unit())
            guard case .retry(let next, _) = plan else { break }
            let pause = next.nanoseconds - now.nanoseconds
            let second = Timestamp.nanosecondsPerSecond
            #expect(pause >= 4 * second)
            #expect(pause < 12 * DeliveryPlan.longestPauseSeconds * second / 10)
            (now, attempt) = (next, attempt + 1)
        }
        #expect(attempt == DeliveryPlan.attemptsLimit)
        #expect(now < Steps.start.advanced(bySeconds: 4 * 86_400))
    }

    @Test(
        "what this server cannot do is tried again after a minute, however often",
        arguments: [1, 99])
    func unable(attempt: Int) {
        let unable = DeliveryResult.unable(reason: "no login")
        for (random, seconds) in [(0, 48), (0.5, 60)] as [(Double, Int64)] {
            #expect(
                plan(
                    unable, attempt: attempt, failures: DeliveryPlan.failuresLimit - 1,
                    random: random)
                    == .postpone(
                        until: Steps.start.advanced(bySeconds: seconds), reason: "no login"))
        }
    }

    @Test("what failed often is given up, and whoever fails on is disabled")
    func givingUp() {
        let failed = DeliveryResult.failed(reason: "timeout", retryAfterSeconds: nil)
        let last = DeliveryPlan.attemptsLimit
        #expect(plan(failed, attempt: last) == .giveUp(reason: "timeout"))
        #expect(
            plan(failed, attempt: last, failures: DeliveryPlan.failuresLimit - 2)
                == .giveUp(reason: "timeout"))
        #expect(
            plan(failed, attempt: last, failures: DeliveryPlan.failuresLimit - 1)
                == .disable(reason: "timeout"))
        let rejected = DeliveryResult.rejected(reason: "full")
        #expect(plan(rejected) == .giveUp(reason: "full"))
        #expect(
            plan(rejected, failures: DeliveryPlan.failuresLimit - 1) == .disable(reason: "full"))
        #expect(plan(.refused(reason: "410 Gone")) == .disable(reason: "410 Gone"))
        #expect(plan(.delivered, attempt: last) == .done)
    }
}
