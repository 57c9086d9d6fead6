import Market
import TestSupport
import Testing

@testable import Tokens

@Suite("When keys are looked for again")
struct RefreshScheduleTests {
    private let start = Samples.day(19_000)
    private let pace = RefreshSchedule.Pace.url

    @Test("at first at once")
    func first() {
        let schedule = RefreshSchedule(pace)
        #expect(schedule.isDue(at: start, for: .freshness))
        #expect(schedule.isDue(at: start, for: .unknownKey))
    }

    @Test("good keys after their time, unknown keys after a pause; both sides of each")
    func afterSuccess() {
        var schedule = RefreshSchedule(pace)
        schedule.attempted(at: start)
        schedule.succeeded(at: start)
        #expect(!schedule.isDue(at: start + (pace.fresh - 1), for: .freshness))
        #expect(schedule.isDue(at: start + pace.fresh, for: .freshness))
        #expect(!schedule.isDue(at: start + (pace.pause - 1), for: .unknownKey))
        #expect(schedule.isDue(at: start + pace.pause, for: .unknownKey))
    }

    @Test("after a failure both after a pause")
    func afterFailure() {
        var schedule = RefreshSchedule(pace)
        schedule.attempted(at: start)
        schedule.succeeded(at: start)
        let later = start + pace.fresh
        schedule.attempted(at: later)
        for need in [RefreshSchedule.Need.freshness, .unknownKey] {
            #expect(!schedule.isDue(at: later + (pace.pause - 1), for: need))
            #expect(schedule.isDue(at: later + pace.pause, for: need))
        }
    }

    @Test("a clock that is set back makes it due, a clock at its end does not trap")
    func clocks() {
        var schedule = RefreshSchedule(pace)
        schedule.attempted(at: start)
        schedule.succeeded(at: start)
        #expect(schedule.isDue(at: start.advanced(byNanoseconds: -1), for: .freshness))
        schedule.attempted(at: .earliest)
        schedule.succeeded(at: .earliest)
        #expect(schedule.isDue(at: .latest, for: .freshness))
    }

    @Test("asked every second, it attempts no more often than it may", arguments: Sweep.seeds(10))
    func rate(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var schedule = RefreshSchedule(pace)
        var attempts: [Int] = []
        for second in 0..<5_000 {
            let need: RefreshSchedule.Need =
                generator.next() % 50 == 0 ? .unknownKey : .freshness
            guard schedule.isDue(at: start + second, for: need) else { continue }
            attempts.append(second)
            schedule.attempted(at: start + second)
            if generator.next() % 2 == 0 { schedule.succeeded(at: start + second) }
        }
        for (earlier, later) in zip(attempts, attempts.dropFirst()) {
            #expect(later - earlier >= pace.pause)
            #expect(later - earlier <= pace.fresh)
        }
    }
}
