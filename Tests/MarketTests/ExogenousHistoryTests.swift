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

    private func value(_ history: ExogenousHistory, at instant: Timestamp) -> Double {
        var cursor = history.cursor
        cursor.advance(to: instant)
        return cursor.value
    }

    private func isMissing(_ history: ExogenousHistory, at day: Double) -> Bool {
        value(history, at: instant(day)).isNaN
    }

    @Test("the latest value known by then, a blank one passed over")
    func latest() {
        let history = ExogenousHistory(
            name: "vix", [reading(2, 20), reading(1, 10), reading(3, .nan), reading(4, 40)])
        #expect(isMissing(history, at: 0.99))
        #expect(value(history, at: instant(1)) == 10)
        #expect(value(history, at: instant(3.5)) == 20)
        #expect(value(history, at: instant(4)) == 40)
        #expect(history.count == 3)
        #expect(value(ExogenousHistory(name: "none", []), at: instant(1)).isNaN)
    }

    @Test("a value is missing once it is older than the bound, to the nanosecond")
    func bound() {
        let history = ExogenousHistory(name: "vix", [reading(1, 10)])
        let last = instant(1 + Double(ExogenousHistory.daysKept))
        #expect(value(history, at: last) == 10)
        #expect(value(history, at: last.advanced(byNanoseconds: 1)).isNaN)
    }

    @Test("what became known late counts from then, unless something newer was known")
    func late() {
        let history = ExogenousHistory(
            name: "spread", [reading(1, known: 9, 10), reading(2, known: 3, 20)])
        #expect(isMissing(history, at: 2.9))
        #expect(value(history, at: instant(3)) == 20)
        #expect(value(history, at: instant(9)) == 20)
    }

    @Test("a delay moves the instant of knowing, at the ends of time too")
    func delay() {
        let delayed = ExogenousHistory(
            name: "spread", [reading(1, 10)], delayNanoseconds: Self.day)
        #expect(isMissing(delayed, at: 1.99))
        #expect(value(delayed, at: instant(2)) == 10)
        let last = Timestamp(nanoseconds: .max)
        let extreme = ExogenousHistory(
            name: "end",
            [
                ExogenousHistory.Reading(timestamp: last, availableAt: last, value: 1),
                reading(0, 2),
            ], delayNanoseconds: 1)
        #expect(value(extreme, at: last) == 1)
        #expect(value(extreme, at: Timestamp(nanoseconds: .min)).isNaN)
    }

    @Test("of one instant's vintages the one known at the cursor answers")
    func vintages() {
        // A quarter's growth: the advance estimate, the second, the third.
        let growth = ExogenousHistory(
            name: "growth",
            [
                reading(90, known: 150, 2.1), reading(90, known: 118, 2.6),
                reading(90, known: 180, 2.4), reading(180, known: 209, 3.0),
                // A revision of what is no longer the latest is no news.
                reading(90, known: 240, 9.9),
            ], keptNanoseconds: 120 * Self.day)
        #expect(isMissing(growth, at: 117.9))
        let known = [118.0, 149, 150, 179, 180, 208, 209, 240, 329]
        let expected = [2.6, 2.6, 2.1, 2.1, 2.4, 2.4, 3.0, 3.0, 3.0]
        #expect(known.map { value(growth, at: instant($0)) } == expected)
        #expect(isMissing(growth, at: 329.1))
        #expect(growth.count == 4)
    }

    @Test("a cursor moves forward only")
    func forwardOnly() {
        let history = ExogenousHistory(name: "vix", [reading(1, 10), reading(2, 20)])
        var cursor = history.cursor
        #expect(cursor.name == "vix" && cursor.instant == .earliest && cursor.value.isNaN)
        cursor.advance(to: instant(2))
        cursor.advance(to: instant(1))
        #expect(cursor.instant == instant(2) && cursor.value == 20)
    }

    @Test("no look-ahead: what is available later changes nothing", arguments: Sweep.seeds(20))
    func noLookAhead(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        /// Readings about some forty hours, known up to eight days later: most have vintages.
        func readings(after known: Double, count: Int) -> [ExogenousHistory.Reading] {
            (0..<count).map { _ in
                let known = known + 0.001 + 30 * generator.unit()
                let value = generator.unit() < 0.2 ? .nan : generator.normal()
                let about = (known - 8 * generator.unit()).rounded(.down)
                return reading(about, known: known, value)
            }
        }
        let early = readings(after: 0, count: 60)
        let cut = 30 * generator.unit()
        let known = early.filter { $0.availableAt <= instant(cut) }
        let full = ExogenousHistory(name: "vix", early)
        let other = ExogenousHistory(
            name: "vix", (known + readings(after: cut, count: 40)).shuffled(using: &generator))
        var (mine, theirs) = (full.cursor, other.cursor)
        for instant in (0..<200).map({ _ in instant(cut * generator.unit()) }).sorted() {
            mine.advance(to: instant)
            theirs.advance(to: instant)
            #expect(mine.value.bitPattern == theirs.value.bitPattern, "seed \(seed)")
            // A cursor that came a long way stands where a new one would.
            #expect(mine.value.bitPattern == value(full, at: instant).bitPattern)
            // What it says is what the words known by then say.
            let latest = known.filter { !$0.value.isNaN && $0.availableAt <= instant }
                .max { ($0.timestamp, $0.availableAt) < ($1.timestamp, $1.availableAt) }
            if !mine.value.isNaN { #expect(mine.value == latest?.value, "seed \(seed)") }
        }
    }

    @Test("joined bars do not change when what is available later does", arguments: Sweep.seeds(8))
    func joinedBars(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let readings = (0..<60).map { day in
            reading(Double(day), known: Double(day) + 5 * generator.unit(), generator.normal())
        }
        let bars = (0..<60).map { day in
            Bar(
                timestamp: instant(Double(day)), close: 1,
                availableAt: instant(Double(day) + (generator.unit() < 0.1 ? 4 : 0)))
        }
        var join = ExogenousJoin([ExogenousHistory(name: "vix", readings)])
        for bar in bars {
            let joined = join.join(bar)
            let known = readings.filter { $0.availableAt <= bar.availableAt }
            var other = ExogenousJoin([ExogenousHistory(name: "vix", known)])
            #expect(other.join(bar).saysTheSame(as: joined), "seed \(seed)")
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
