import Market
import TestSupport
import Testing

@Suite("A split is told from a crash")
struct SplitDetectorTests {
    /// What a bar brings beside its close.
    enum Columns: CaseIterable {
        case all, prices, open, volume, none
    }

    /// A walk of bars of which each opens near the last close and trades 0.5 … 1.5 million shares.
    static func walk(_ count: Int, seed: UInt64, spread: Double = 0.01) -> [Bar] {
        var generator = SplitMix64(seed: seed)
        var close = 100.0
        return (0..<count).map { number in
            let open = close * (1 + 0.3 * spread * generator.normal())
            close = max(open * (1 + spread * generator.normal()), open / 2)
            return Bar(
                timestamp: Samples.day(number), open: open, close: close,
                volume: 1e6 * (0.5 + generator.unit()))
        }
    }

    /// The bars with every share before an index split.
    static func splitting(_ bars: [Bar], at index: Int, by factor: Double) -> [Bar] {
        bars.enumerated().map { number, bar in
            guard number < index else { return bar }
            return Bar(
                timestamp: bar.timestamp, open: bar.open * factor, close: bar.close * factor,
                volume: bar.volume / factor)
        }
    }

    static func keeping(_ columns: Columns, of bars: [Bar]) -> [Bar] {
        bars.map { bar in
            var bar = bar
            if columns == .volume || columns == .none { bar.open = .nan }
            if columns != .all, columns != .prices { (bar.high, bar.low) = (.nan, .nan) }
            if columns != .all, columns != .volume { bar.volume = .nan }
            return bar
        }
    }

    static func suspicions(_ bars: [Bar]) -> [SuspectedSplit] {
        var detector = SplitDetector(calendar: .continuous)
        return bars.compactMap { bar in
            let suspicion = detector.suspicion(at: bar)
            if suspicion != nil { detector.accept(bar) }
            return suspicion
        }
    }

    @Test(
        "every common ratio is found and named, with the open or the volume",
        arguments: [Columns.all, .open, .volume])
    func ratios(columns: Columns) {
        let factors: [Double] = [2, 3, 4, 5, 7, 10, 20, 100].flatMap { [$0, 1 / $0] }
        for (number, factor) in factors.enumerated() {
            let bars = Self.splitting(Self.walk(90, seed: UInt64(number + 1)), at: 80, by: factor)
            let found = Self.suspicions(Self.keeping(columns, of: bars))
            #expect(found.map(\.timestamp) == [bars[80].timestamp], "factor \(factor)")
            #expect(found.map(\.ratio.factor) == [factor])
        }
    }

    @Test("three for two is seen by its volume alone")
    func threeForTwo() {
        let bars = Self.splitting(Self.walk(90, seed: 3), at: 80, by: 1.5)
        #expect(Self.suspicions(bars).map(\.ratio.description) == ["3-for-2"])
        #expect(Self.suspicions(Self.keeping(.open, of: bars)).isEmpty)
    }

    @Test("a walk without a split is never suspected", arguments: Sweep.seeds(20))
    func quiet(seed: UInt64) {
        let bars = Self.walk(2_000, seed: seed, spread: 0.03)
        for columns in Columns.allCases {
            #expect(Self.suspicions(Self.keeping(columns, of: bars)).isEmpty)
        }
    }

    @Test("a fall to the very half is a crash when it is traded like one, or goes on all day")
    func crash() {
        var bars = Self.splitting(Self.walk(90, seed: 4), at: 80, by: 2)
        #expect(Self.suspicions(bars).count == 1)
        let volume = bars[80].volume
        for times in [0.1, 12.0] {
            bars[80].volume = volume * times
            #expect(Self.suspicions(bars).isEmpty)
        }
        bars[80].volume = volume
        let open = bars[80].open
        bars[80].open = bars[79].close * 0.99
        #expect(Self.suspicions(bars).isEmpty)
        bars[80].open = open
        #expect(Self.suspicions(bars).count == 1)
    }

    /// Falls of 20.5 % (the S&P 500 on 19 October 1987), 12 % (16 March 2020), 42 % and 94 %
    /// (Lehman Brothers on 11 and 15 September 2008), at many times the usual volume.
    @Test("crashes of history pass", arguments: [0.795, 0.88, 0.58, 0.058])
    func history(fall: Double) {
        var bars = Self.walk(90, seed: 5, spread: 0.015)
        for index in 80..<90 {
            bars[index].open *= fall
            bars[index].close *= fall
        }
        bars[80].volume *= 6
        #expect(Self.suspicions(bars).isEmpty)
        #expect(Self.suspicions(Self.keeping(.none, of: bars)).isEmpty)
    }

    @Test("how far off the ratio the price may be depends on what is known", arguments: [0.9, 1.1])
    func tolerance(side: Double) {
        // Moves of 1 % by turns: σ is 1.48 %.
        func suspected(off sigmas: Double, _ columns: Columns) -> Bool {
            var bars = (0..<40).map { number in
                let close = number.isMultiple(of: 2) ? 100.0 : 101
                return Bar(
                    timestamp: Samples.day(number), open: close, close: close, volume: 1e6)
            }
            let price = 50 * (1 + sigmas * 0.014826)
            bars.append(
                Bar(timestamp: Samples.day(40), open: price, close: price, volume: 2e6))
            bars[39].close = 100
            return !Self.suspicions(Self.keeping(columns, of: bars)).isEmpty
        }
        for (columns, bound) in [(Columns.all, 2), (.volume, 2), (.open, 1.25), (.none, 0.75)] {
            #expect(suspected(off: bound * side, columns) == (side < 1), "\(columns)")
        }
    }

    @Test("too few bars, or prices that stand still, say nothing")
    func unknown() {
        let short = Self.walk(40, seed: 6)
        for (index, found) in [(20, 0), (21, 1)] {
            #expect(
                Self.suspicions(Self.splitting(short, at: index, by: 2)).count == found)
        }
        let still = (0..<80).map { Bar(timestamp: Samples.day($0), close: $0 < 60 ? 100 : 50) }
        #expect(Self.suspicions(still).isEmpty)
    }

    @Test("after a suspicion, bars on the new footing are refused too; on the old one all is well")
    func held() {
        let bars = Self.splitting(Self.walk(100, seed: 7), at: 80, by: 2)
        var detector = SplitDetector(calendar: .continuous)
        for bar in bars[..<80] { #expect(detector.suspicion(at: bar) == nil) }
        #expect(detector.suspicion(at: bars[80])?.isAfterMissingBars == false)
        for bar in bars[81...] {
            let suspicion = detector.suspicion(at: bar)
            #expect(suspicion?.isAfterMissingBars == true)
            #expect(suspicion?.previous == bars[79].timestamp)
        }
        var back = bars[81]
        back.close = bars[79].close * 1.01
        back.open = bars[79].close
        #expect(detector.suspicion(at: back) == nil)
    }

    @Test("a suspicion leaves no trace: what follows is judged as by one that never saw it")
    func stateless() {
        let bars = Self.splitting(Self.walk(100, seed: 8), at: 80, by: 3)
        var stayed = SplitDetector(calendar: .continuous)
        for bar in bars[..<80] { stayed.accept(bar) }
        let anew = stayed
        for bar in bars[80...] {
            var anew = anew
            #expect(stayed.suspicion(at: bar) == anew.suspicion(at: bar))
        }
    }

    @Test(
        "after missing bars a step is refused by its size alone, until the market may have made it")
    func afterMissingBars() {
        for (days, close, found) in [
            (1, 60.0, 0), (2, 60, 1), (2, 76, 1), (2, 78, 0), (60, 60, 1), (90, 60, 0),
            (60, 160, 1), (90, 160, 0),
        ] {
            var bars = (0..<40).map { number in
                Bar(timestamp: Samples.day(number), close: number.isMultiple(of: 2) ? 100 : 101)
            }
            bars.append(Bar(timestamp: Samples.day(39 + days), close: close))
            #expect(Self.suspicions(bars).count == found, "\(days) days, \(close)")
        }
    }

    @Test("missing closes are passed over")
    func missing() {
        var bars = Self.splitting(Self.walk(90, seed: 8), at: 80, by: 2)
        bars.insert(Bar(timestamp: Samples.day(79), close: .nan), at: 80)
        #expect(Self.suspicions(bars).count == 1)
    }

    @Test("the message names the bar, the step and the ratio")
    func message() throws {
        let bars = Self.splitting(Self.walk(90, seed: 9), at: 80, by: 2)
        let text = try #require(Self.suspicions(bars).first).description
        #expect(text.contains("2-for-1 split"))
        #expect(text.contains("at 2000-03-23T21:00:00Z"))
        #expect(text.contains("from \(bars[79].close) to \(bars[80].close)"))
    }
}
