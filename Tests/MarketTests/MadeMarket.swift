import Market
import TestSupport

/// A made-up share of which a split, or a halving that was real, is known: what a detector of
/// splits is measured on.
///
/// One day in ten is three times as wild as the others, a quarter of a day's variance is the
/// night's, the day is traded in steps that make its range, and volumes vary by half.
struct MadeMarket {
    enum Event {
        /// Every share became so many, of prices that nobody adjusted.
        case split(Double)
        /// Prices fell to within a tenth of a half, at many times the usual volume, overnight or
        /// in the middle of the session; what that stirred up calms down by a tenth a day.
        case halving
    }

    static let eventIndex = 80
    static let count = 100
    /// Of a day's move, from calm markets to wild ones.
    private static let deviations = [0.005, 0.01, 0.02, 0.03, 0.04]
    private static let steps = 8

    private(set) var bars: [Bar] = []
    private var generator: SplitMix64
    private let sigma: Double
    /// How many times the usual the market moves.
    private var stir = 1.0
    private var close = 100.0

    init(_ event: Event, seed: UInt64) {
        generator = SplitMix64(seed: seed)
        sigma = MadeMarket.deviations[Int(seed % UInt64(MadeMarket.deviations.count))]
        for number in 0..<MadeMarket.count {
            if case .halving = event, number == MadeMarket.eventIndex {
                let fall = 0.5 * (1 + 0.1 * (2 * generator.unit() - 1))
                stir = 2 + 3 * generator.unit()
                add(number, shock: fall, isOvernight: generator.unit() < 0.6)
            } else {
                add(number)
            }
        }
        if case .split(let factor) = event { join(factor) }
    }

    private mutating func add(_ number: Int, shock: Double = 1, isOvernight: Bool = true) {
        let wild = generator.unit() < 0.1 ? 3.0 : 1
        let spread = sigma * stir * wild
        var bar = Bar(timestamp: Samples.day(number), close: close)
        bar.open = close * (isOvernight ? shock : 1) * moved(0.5 * spread)
        (bar.high, bar.low, bar.close) = (bar.open, bar.open, bar.open)
        for step in 0..<MadeMarket.steps {
            bar.close *= moved(spread * (0.75 / Double(MadeMarket.steps)).squareRoot())
            if !isOvernight, step == MadeMarket.steps / 2 { bar.close *= shock }
            bar.high = max(bar.high, bar.close)
            bar.low = min(bar.low, bar.close)
        }
        bar.volume = 1e6 * (0.5 + generator.unit()) * stir * wild.squareRoot()
        if shock != 1 { bar.volume *= 1 + 3 * generator.unit() }
        stir = 1 + 0.9 * (stir - 1)
        close = bar.close
        bars.append(bar)
    }

    private mutating func moved(_ spread: Double) -> Double {
        min(max(1 + spread * generator.normal(), 0.7), 1.4)
    }

    /// Puts the bars before the event on the footing before a split.
    private mutating func join(_ factor: Double) {
        for index in 0..<MadeMarket.eventIndex {
            bars[index].open *= factor
            bars[index].high *= factor
            bars[index].low *= factor
            bars[index].close *= factor
            bars[index].volume /= factor
        }
    }
}
