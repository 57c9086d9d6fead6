import Kernels
import Market
import Regimes
import TestSupport
import Testing
import Trading

@testable import Strategies

/// Laws of allocations on random markets.
@Suite("Laws of allocations")
struct AllocationLawTests {
    /// A market of regimes that take turns, and symbols that follow one factor.
    static func history(
        _ generator: inout SplitMix64, symbols: Int, bars: Int, missing: Double = 0
    ) -> LabelledReturns {
        var labels: [Regime] = []
        while labels.count < bars {
            let label = Regime.known[Int(generator.unit() * 6)]
            labels += Array(repeating: label, count: 5 + Int(generator.unit() * 60))
        }
        labels = Array(labels.prefix(bars))
        let factor = labels.map { label in
            generator.normal() * (label == .crisis ? 0.03 : 0.01)
        }
        let closes = (0..<symbols).map { _ in
            let (beta, drift) = (generator.unit() * 2 - 0.3, generator.normal() * 0.0005)
            var price = 10 + 90 * generator.unit()
            return factor.map { step -> Double in
                price *= max(0.2, 1 + beta * step + drift + generator.normal() * 0.008)
                return generator.unit() < missing ? .nan : price
            }
        }
        return LabelledReturns(labels: labels, closes: closes, barsPerYear: 252)
    }

    static func held(_ generator: inout SplitMix64, _ count: Int) -> [Double] {
        (0..<count).map { _ in
            generator.unit() < 0.5 ? 0 : (generator.unit() - 0.2) / Double(count)
        }
    }

    @Test("shares are within every limit, and no step that is allowed is better", arguments: 0..<60)
    func optimal(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let count = 1 + Int(generator.unit() * 12)
        let history = Self.history(
            &generator, symbols: count, bars: 150 + Int(generator.unit() * 600),
            missing: seed.isMultiple(of: 3) ? 0.1 : 0)
        let held = Self.held(&generator, count)
        let profile = RiskProfile.allCases[Int(seed % 3)]
        let limits = profile.limits
        let regime = Regime.known[Int(seed / 3 % 6)]
        let allocation = Allocator(regime, profile).allocation(history, holding: held)
        let findings = try #require(allocation.findings)
        for target in allocation.targets {
            #expect(target <= limits.longest && target >= -limits.shortest)
        }
        let gross = allocation.targets.reduce(0) { $0 + abs($1) }
        #expect(gross <= limits.gross + 1e-9)
        #expect(findings.volatility <= limits.volatilityTarget * (1 + 1e-6))
        #expect((0...1).contains(findings.confidence))

        let moments = ReturnMoments(history, in: regime, of: Array(0..<count))
        let covariance = ShrunkCovariance(moments)
        let expected = ExpectedReturns(moments, covariance, barsPerYear: 252)
        let cost = Allocator.defaultTurnoverCost / findings.horizon
        let aversion = Allocator.referenceSharpe / limits.volatilityTarget
        func worth(_ shares: [Double]) -> Double {
            zip(expected.means, shares).reduce(0) { $0 + $1.0 * $1.1 }
                - aversion / 2 * covariance.variance(of: shares)
                - cost * zip(shares, held).reduce(0) { $0 + abs($1.0 - $1.1) }
        }
        func isAllowed(_ shares: [Double]) -> Bool {
            shares.allSatisfy { $0 <= limits.longest && $0 >= -limits.shortest }
                && shares.reduce(0) { $0 + abs($1) } <= limits.gross
                && (covariance.variance(of: shares) * 252).squareRoot() <= limits.volatilityTarget
        }
        let best = worth(allocation.targets)
        for _ in 0..<200 {
            var other = allocation.targets
            let size = [1e-4, 1e-3, 1e-2][Int(generator.unit() * 3)]
            for symbol in other.indices { other[symbol] += generator.normal() * size }
            guard isAllowed(other) else { continue }
            #expect(worth(other) <= best + 1e-7)
        }
    }

    @Test(
        "the same inputs give the same bits, in whatever order the symbols come", arguments: 0..<8)
    func repeatable(seed: UInt64) {
        var generator = SplitMix64(seed: 100 + seed)
        let history = Self.history(&generator, symbols: 6, bars: 400)
        let held = Self.held(&generator, 6)
        let allocator = Allocator(.normalBull, .moderate)
        let first = allocator.allocation(history, holding: held)
        let again = allocator.allocation(history, holding: held)
        #expect(first.targets == again.targets && first.findings == again.findings)
        let turned = LabelledReturns(
            labels: history.labels, symbolCount: 6,
            returns: (0..<6).reversed().flatMap { history.column($0) },
            barsPerYear: 252)
        let second = allocator.allocation(turned, holding: held.reversed())
        for (mine, theirs) in zip(first.targets, second.targets.reversed()) {
            #expect(abs(mine - theirs) < 1e-6)
        }
    }

    @Test("trading that costs more is done less", arguments: 0..<12)
    func turnover(seed: UInt64) {
        var generator = SplitMix64(seed: 200 + seed)
        let history = Self.history(&generator, symbols: 5, bars: 500)
        let held = Self.held(&generator, 5).map { max($0, 0) }
        let traded = [0, 0.001, 0.01, 0.1, 10].map { cost in
            let allocation = Allocator(.normalBull, .moderate, turnoverCost: cost)
                .allocation(history, holding: held)
            return zip(allocation.targets, held).reduce(0) { $0 + abs($1.0 - $1.1) }
        }
        #expect(zip(traded, traded.dropFirst()).allSatisfy { $0 >= $1 - 1e-7 })
        #expect(traded[4] < 1e-12)
    }

    @Test("a symbol given twice is shared alike, and held as much as once or more")
    func twice() {
        var generator = SplitMix64(seed: 7)
        let one = Self.history(&generator, symbols: 1, bars: 700)
        let two = LabelledReturns(
            labels: one.labels, symbolCount: 2, returns: one.returns + one.returns,
            barsPerYear: 252)
        let single = Allocator(.normalBull, .aggressive).allocation(one, holding: [0])
        let double = Allocator(.normalBull, .aggressive).allocation(two, holding: [0, 0])
        #expect(abs(double.targets[0] - double.targets[1]) < 1e-6)
        let both = double.targets[0] + double.targets[1]
        // Once, it meets the limit of one symbol.
        #expect(abs(both) >= abs(single.targets[0]) - 0.01 && abs(both) <= 1)
    }

    @Test("what cannot be judged is kept, and takes its part of the whole")
    func unjudged() {
        var generator = SplitMix64(seed: 8)
        var history = Self.history(&generator, symbols: 4, bars: 500)
        let bars = history.labels.count
        var returns = history.returns
        for row in 0..<bars { returns[bars + row] = 0 }
        for row in 0..<(bars - 62) { returns[2 * bars + row] = .nan }
        history = LabelledReturns(
            labels: history.labels, symbolCount: 4, returns: returns, barsPerYear: 252)
        let allocation = Allocator(.lowVolatility, .aggressive)
            .allocation(history, holding: [0, 0.5, 0.25, 0])
        #expect(allocation.judged == [.usable, .still, .tooShort(62), .usable])
        #expect(allocation.targets[1] == 0.5 && allocation.targets[2] == 0.25)
        let rest = abs(allocation.targets[0]) + abs(allocation.targets[3])
        #expect(rest <= 0.25 + 1e-9)
        #expect(allocation.place(of: 3) == 1 && allocation.place(of: 1) == nil)
    }

    @Test("nothing is done where nothing is known")
    func unknown() {
        var generator = SplitMix64(seed: 9)
        let history = Self.history(&generator, symbols: 2, bars: 500)
        let allocation = Allocator(.unknown, .moderate).allocation(history, holding: [0.1, 0])
        #expect(allocation.targets == [0.1, 0] && allocation.findings == nil)
        let none = LabelledReturns(labels: [], closes: [], barsPerYear: 252)
        let empty = Allocator(.crisis, .moderate).allocation(none, holding: [])
        #expect(empty.targets.isEmpty && empty.cash == 1)
    }

    @Test("five thousand symbols")
    func many() throws {
        var generator = SplitMix64(seed: 10)
        let history = Self.history(&generator, symbols: 5_000, bars: 300)
        let held = [Double](repeating: 0, count: 5_000)
        let allocation = Allocator(.normalBull, .moderate).allocation(history, holding: held)
        let gross = allocation.targets.reduce(0) { $0 + abs($1) }
        #expect(gross <= 1 + 1e-9)
        let findings = try #require(allocation.findings)
        #expect(findings.volatility <= 0.12 * (1 + 1e-6))
    }
}
