import Market
import TestSupport
import Testing

@Suite("Exogenous values as of when they were known")
struct ExogenousHistoryTests {
    private static let day = Timestamp.nanosecondsPerDay

    private func reading(
        _ day: Double, known: Double? = nil, _ value: Double
    ) -> ExogenousHistory.Reading {
        ExogenousHistory.Reading(
            timestamp: instant(day), availableAt: instant(known ?? day), value: value)
    }

    private func instant(_ day: Double) -> Timestamp {
        Timestamp(nanoseconds: Int64(day * Double(Self.day)))
    }

    private func isMissing(_ history: ExogenousHistory, at day: Double) -> Bool {
        history.value(knownAt: instant(day)).isNaN
    }

    @Test("the latest value known by then, a blank one passed over")
    func latest() {
        let history = ExogenousHistory(
            name: "vix", [reading(2, 20), reading(1, 10), reading(3, .nan), reading(4, 40)])
        #expect(isMissing(history, at: 0.99))
        #expect(history.value(knownAt: instant(1)) == 10)
        #expect(history.value(knownAt: instant(3.5)) == 20)
        #expect(history.value(knownAt: instant(4)) == 40)
        #expect(history.count == 3)
        #expect(ExogenousHistory(name: "none", []).value(knownAt: instant(1)).isNaN)
    }

    @Test("a value is missing once it is older than the bound, to the nanosecond")
    func bound() {
        let history = ExogenousHistory(name: "vix", [reading(1, 10)])
        let last = instant(1 + Double(ExogenousHistory.daysKept))
        #expect(history.value(knownAt: last) == 10)
        #expect(history.value(knownAt: last.advanced(byNanoseconds: 1)).isNaN)
    }

    @Test("what became known late counts from then, unless something newer was known")
    func late() {
        let history = ExogenousHistory(
            name: "spread", [reading(1, known: 9, 10), reading(2, known: 3, 20)])
        #expect(isMissing(history, at: 2.9))
        #expect(history.value(knownAt: instant(3)) == 20)
        #expect(history.value(knownAt: instant(9)) == 20)
    }

    @Test("a delay moves the instant of knowing, at the ends of time too")
    func delay() {
        let delayed = ExogenousHistory(
            name: "spread", [reading(1, 10)], delayNanoseconds: Self.day)
        #expect(isMissing(delayed, at: 1.99))
        #expect(delayed.value(knownAt: instant(2)) == 10)
        let last = Timestamp(nanoseconds: .max)
        let extreme = ExogenousHistory(
            name: "end",
            [
                ExogenousHistory.Reading(timestamp: last, availableAt: last, value: 1),
                reading(0, 2),
            ], delayNanoseconds: 1)
        #expect(extreme.value(knownAt: last) == 1)
        #expect(extreme.value(knownAt: Timestamp(nanoseconds: .min)).isNaN)
    }

    @Test("no look-ahead: values known later change nothing", arguments: Sweep.seeds(20))
    func noLookAhead(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        func readings(after known: Double, count: Int) -> [ExogenousHistory.Reading] {
            (0..<count).map { _ in
                let known = known + 0.001 + 30 * generator.unit()
                let value = generator.unit() < 0.2 ? .nan : generator.normal()
                return reading(known - 8 * generator.unit(), known: known, value)
            }
        }
        let early = readings(after: 0, count: 40)
        let cut = 30 * generator.unit()
        let known = early.filter { $0.availableAt <= instant(cut) }
        let full = ExogenousHistory(name: "vix", early)
        let other = ExogenousHistory(
            name: "vix", (known + readings(after: cut, count: 30)).shuffled(using: &generator))
        for _ in 0..<200 {
            let instant = instant(cut * generator.unit())
            #expect(
                full.value(knownAt: instant).bitPattern
                    == other.value(knownAt: instant).bitPattern, "seed \(seed)")
        }
    }

    @Test("a join looks at when the bar was known, and leaves what it does not know alone")
    func join() {
        var join = ExogenousJoin([
            ExogenousHistory(name: "vix", [reading(1, 10), reading(2, 20)]),
            ExogenousHistory(name: "spread", [reading(50, 1)]),
        ])
        let bar = Bar(
            timestamp: instant(1.5), close: 7, availableAt: instant(2), exogenous: ["other": 3])
        let joined = join.join(bar)
        #expect(joined.exogenous == ["vix": 20, "other": 3])
        #expect(join.missing == ["spread": 1] && !join.isEmpty)
        var none = ExogenousJoin([])
        #expect(none.isEmpty && none.join(bar).saysTheSame(as: bar))
    }
}
