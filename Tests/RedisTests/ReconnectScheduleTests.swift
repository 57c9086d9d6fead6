import Redis
import TestSupport
import Testing

@Suite("Pauses between attempts to connect")
struct ReconnectScheduleTests {
    @Test func theyDoubleUpToTheirLimit() {
        var schedule = ReconnectSchedule(base: .milliseconds(50), limit: .milliseconds(300))
        let pauses = (0..<5).map { _ in schedule.failed(random: 0) }
        #expect(pauses == [25, 50, 100, 150, 150].map { .milliseconds($0) })
        #expect(schedule.failures == 5)
        schedule.succeeded()
        #expect(schedule.failures == 0)
        #expect(schedule.failed(random: 0.5) == .microseconds(37_500))
    }

    @Test func aLongOutageOverflowsNothing() {
        var schedule = ReconnectSchedule(base: .milliseconds(1), limit: .seconds(5))
        let pauses = (0..<100_000).map { _ in schedule.failed(random: 0) }
        #expect(pauses.last == .milliseconds(2_500))
    }

    @Test(arguments: Sweep.seeds(10))
    func theyAreSpreadOverHalfTheirSpan(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var schedule = ReconnectSchedule()
        var span = ReconnectSchedule.standardBase
        for _ in 0..<20 {
            let pause = schedule.failed(random: generator.unit())
            #expect(pause >= span / 2 && pause <= span)
            span = min(span * 2, ReconnectSchedule.standardLimit)
        }
    }
}
