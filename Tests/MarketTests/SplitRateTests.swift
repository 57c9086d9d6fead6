import Market
import TestSupport
import Testing

/// The rates that `HowTo/splits-and-polls.md` tells, of 400 made-up markets each.
@Suite("How many splits are found, and how many real halvings taken for one")
struct SplitRateTests {
    typealias Columns = SplitDetectorTests.Columns

    private static let markets: Range<UInt64> = 0..<400

    private func share(_ event: MadeMarket.Event, _ columns: Columns) -> Double {
        let found = Self.markets.count { seed in
            let bars = SplitDetectorTests.keeping(
                columns, of: MadeMarket(event, seed: seed).bars)
            return SplitDetectorTests.suspicions(bars).contains {
                $0.timestamp == bars[MadeMarket.eventIndex].timestamp
            }
        }
        return Double(found) / Double(Self.markets.count)
    }

    @Test(
        "splits that are found",
        arguments: [
            (Columns.all, 0.93), (.prices, 0.93), (.open, 0.96), (.volume, 0.96), (.none, 0.55),
        ])
    func found(columns: Columns, told: Double) {
        for factor in [2.0, 7] {
            #expect(abs(share(.split(factor), columns) - told) < 0.015, "\(factor)")
        }
    }

    @Test(
        "falls to within a tenth of a half that are refused",
        arguments: [
            (Columns.all, 0.03), (.prices, 0.07), (.open, 0.11), (.volume, 0.12), (.none, 0.14),
        ])
    func refused(columns: Columns, told: Double) {
        #expect(abs(share(.halving, columns) - told) < 0.015)
    }

    @Test("three for two is found by the volume, and by nothing else")
    func threeForTwo() {
        #expect(share(.split(1.5), .all) > 0.9)
        #expect(share(.split(1.5), .prices) == 0)
    }
}
