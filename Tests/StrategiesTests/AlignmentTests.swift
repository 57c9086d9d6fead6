import Market
import Regimes
import TestSupport
import Testing

@testable import Strategies

@Suite("Returns that follow labels")
struct AlignmentTests {
    private static func day(_ number: Int64) -> Timestamp {
        Timestamp(nanoseconds: number * 86_400_000_000_000)
    }

    @Test("a label has the return to the next bar; the last has none")
    func following() {
        let history = LabelledReturns(
            labels: [.crisis, .normalBull, .normalBull],
            closes: [[100, 110, 99], [50, .nan, 60], [0, 10, -1]], barsPerYear: 252)
        #expect(history.labels == [.crisis, .normalBull])
        let first: [Double] = [110.0 / 100 - 1, 99.0 / 110 - 1]
        #expect(Array(history.column(0)) == first)
        #expect(history.column(1).allSatisfy { $0.isNaN })
        #expect(history.column(2).allSatisfy { $0.isNaN })
    }

    @Test("the mean stretch counts the first and the last too")
    func stretches() {
        let labels: [Regime] = [.crisis, .crisis, .euphoria, .crisis, .euphoria, .euphoria]
        let history = LabelledReturns(
            labels: labels + [.crisis], closes: [], barsPerYear: 252)
        #expect(history.meanStretch(of: .crisis) == 1.5)
        #expect(history.meanStretch(of: .euphoria) == 1.5)
        #expect(history.meanStretch(of: .normalBear) == nil)
    }

    @Test("a close counts from its bar on, until it is too old")
    func alignment() {
        let aligned = AlignedCloses.at(
            [0, 1, 2, 3, 4, 5, 6].map(Self.day), stamps: [1, 3].map(Self.day), closes: [10, 30],
            ageNanoseconds: 2 * 86_400_000_000_000)
        #expect(aligned[0].isNaN)
        #expect(Array(aligned[1...5]) == [10, 10, 30, 30, 30])
        #expect(aligned[6].isNaN)
    }

    @Test("no later close changes what is aligned", arguments: 0..<20)
    func causal(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let instants = (0..<40).map { Self.day($0 * 3) }
        var times: [Int64] = (0..<60).map { _ in Int64(generator.unit() * 120) }
        times.sort()
        let closes = times.map { _ in generator.unit() }
        let cut = Int(generator.unit() * 60)
        func aligned(_ count: Int) -> [Double] {
            AlignedCloses.at(
                instants, stamps: times.prefix(count).map(Self.day),
                closes: Array(closes.prefix(count)), ageNanoseconds: .max / 4)
        }
        for (instant, (whole, part)) in zip(instants, zip(aligned(60), aligned(cut)))
        where cut == 60 || instant < Self.day(times[cut]) {
            #expect(whole.bitPattern == part.bitPattern)
        }
    }
}
