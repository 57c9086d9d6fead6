import Market
import TestSupport
import Testing

@testable import Reporting

@Suite("Marks of an axis of bars")
struct TimeTicksTests {
    private func times(_ count: Int, every seconds: Int64) -> [Timestamp] {
        // 2018-01-01T09:30.
        let start = Timestamp(
            clamping: CivilDate(daysSinceEpoch: 17_532), secondsOfDay: 34_200)
        return (0..<count).map { start.advanced(bySeconds: Int64($0) * seconds) }
    }

    @Test(
        "the finest unit that has no more marks than there is room for",
        arguments: [
            (3, 60, ["01-01 09:31", "01-01 09:32"]),
            (60, 60, ["01-01 09:45", "01-01 10:00", "01-01 10:15"]),
            (600, 60, ["01-01 12:00", "01-01 15:00", "01-01 18:00"]),
            (4, 86_400, ["2018-01-02", "2018-01-03", "2018-01-04"]),
            (100, 86_400, ["2018-02", "2018-03", "2018-04"]),
            (800, 86_400, ["2018-07", "2019-01", "2019-07", "2020-01"]),
            (4000, 86_400, ["2020", "2025"]), (1, 60, []),
        ])
    func units(_ count: Int, _ seconds: Int64, _ labels: [String]) {
        let ticks = TimeTicks(times(count, every: seconds), limit: 4).ticks
        let all = ticks.map(\.label)
        #expect(all == labels || all.count == 4 && all.prefix(labels.count) == labels[...])
    }

    @Test(
        "marks ascend, are no more than wanted, and stand at the first bar of their unit",
        arguments: Sweep.seeds(30))
    func laws(_ seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let seconds = Int64(60 << (generator.next() % 16))
        let times = times(Int(generator.next() % 3000), every: seconds)
        for limit in [0, 1, 3, 12] {
            let ticks = TimeTicks(times, limit: limit).ticks
            #expect(ticks.count <= limit)
            #expect(zip(ticks, ticks.dropFirst()).allSatisfy { $0.bar < $1.bar })
            for tick in ticks {
                #expect(times.indices.contains(tick.bar) && tick.bar > 0)
                #expect(tick.label.count <= TimeTicks.labelWidth)
            }
        }
    }

    @Test("days before 1970 have their marks too")
    func early() {
        let days = (0..<3).map {
            Timestamp(clamping: CivilDate(daysSinceEpoch: -2 + $0), secondsOfDay: 60)
        }
        #expect(TimeTicks(days, limit: 4).ticks.map(\.label) == ["1969-12-31", "1970-01-01"])
    }
}
