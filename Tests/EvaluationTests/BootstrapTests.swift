import Kernels
import TestSupport
import Testing

@testable import Evaluation

@Suite("Resampling and many candidates")
struct BootstrapTests {
    @Test("rows run on to the next, around the end, in blocks of the mean length asked for")
    func rows() {
        let bootstrap = StationaryBootstrap(replicates: 1, meanBlockBars: 10, seed: 3)
        let rows = bootstrap.rows(count: 20_000, replicate: 0)
        #expect(rows.allSatisfy { (0..<20_000).contains($0) })
        let breaks = zip(rows, rows.dropFirst()).count { ($0 + 1) % 20_000 != $1 }
        #expect((1_800...2_200).contains(breaks))
        let single = StationaryBootstrap(replicates: 1, meanBlockBars: 1, seed: 3)
        let breaksOfSingles = single.rows(count: 1000, replicate: 0)
        #expect(Set(breaksOfSingles).count > 550)
        #expect(bootstrap.rows(count: 1, replicate: 5) == [0])
    }

    @Test("a replicate depends on the seed and its number alone")
    func determinism() {
        let small = StationaryBootstrap(replicates: 3, meanBlockBars: 5, seed: 11)
        let large = StationaryBootstrap(replicates: 9, meanBlockBars: 5, seed: 11)
        let column = (0..<50).map { Double($0 * $0 % 17) }
        #expect(small.moments(of: [column]) == Array(large.moments(of: [column]).prefix(3)))
        let other = StationaryBootstrap(replicates: 3, meanBlockBars: 5, seed: 12)
        #expect(small.moments(of: [column]) != other.moments(of: [column]))
    }

    @Test("the mean of replicates has the standard error of independent data")
    func standardError() {
        var generator = SplitMix64(seed: 5)
        let column = (0..<400).map { _ in generator.normal() }
        let bootstrap = StationaryBootstrap(replicates: 1000, meanBlockBars: 1, seed: 1)
        let means = bootstrap.moments(of: [column]).map { $0[0].mean }
        let spread = SampleMoments(means).deviation
        let expected = SampleMoments(column).deviation / 20
        #expect(abs(spread / expected - 1) < 0.1)
    }

    @Test("longer blocks keep the dependence that single bars lose")
    func dependence() {
        var generator = SplitMix64(seed: 6)
        var value = 0.0
        let column = (0..<2000).map { _ -> Double in
            value = 0.8 * value + generator.normal()
            return value
        }
        func spread(_ block: Double) -> Double {
            let bootstrap = StationaryBootstrap(replicates: 400, meanBlockBars: block, seed: 2)
            return SampleMoments(bootstrap.moments(of: [column]).map { $0[0].mean }).deviation
        }
        #expect(spread(50) > 2 * spread(1))
    }

    @Test("95 % intervals hold the truth about that often where blocks outlast the dependence")
    func coverage() {
        let (samples, count) = (200, 300)
        func share(_ block: Double) -> Double {
            var generator = SplitMix64(seed: 8)
            let held = (0..<samples).count { sample in
                var value = generator.normal()
                let column = (0..<count).map { _ -> Double in
                    value = 0.5 * value + generator.normal()
                    return value
                }
                let bootstrap = StationaryBootstrap(
                    replicates: 120, meanBlockBars: block, seed: UInt64(sample))
                let interval = BootstrapInterval(
                    estimate: 0, replicates: bootstrap.moments(of: [column]).map { $0[0].mean })
                return !interval.excludesZero
            }
            return Double(held) / Double(samples)
        }
        #expect((0.86...0.98).contains(share(15)))
        #expect(share(1) < 0.82)
    }

    @Test("moments of a replicate are those of its rows")
    func moments() {
        let bootstrap = StationaryBootstrap(replicates: 4, meanBlockBars: 3, seed: 9)
        let column = (0..<30).map { Double($0 % 7) - 2.5 }
        for (replicate, row) in bootstrap.moments(of: [column]).enumerated() {
            let drawn = bootstrap.rows(count: 30, replicate: replicate).map { column[$0] }
            let moments = SampleMoments(drawn)
            #expect(agree(row[0].mean, moments.mean))
            #expect(agree(row[0].deviation, moments.deviation))
        }
        #expect(bootstrap.moments(of: []).isEmpty)
        #expect(bootstrap.moments(of: [[1]]).isEmpty)
    }

    @Test func intervalByHand() {
        let interval = BootstrapInterval(
            estimate: 1, replicates: (0...100).map { Double($0) / 50 })
        #expect(agree(interval.lower, 0.05) && agree(interval.upper, 1.95))
        #expect(agree(interval.pValue, 3.0 / 102))
        #expect(BootstrapInterval(estimate: 0, replicates: [1, 2]).pValue == 1)
    }

    @Test("the reality check asks of the best what it asks of all")
    func realityCheck() {
        let rows = [[0.1, 0.0], [0.5, 0.2], [0.2, 0.9]]
        let value = MultipleTesting.realityCheck(advantages: [0.2, 0.1], replicates: rows)
        // Recentred maxima: −0.1, 0.3, 0.8; two of them at least 0.2.
        #expect(value == 3.0 / 4)
        #expect(MultipleTesting.realityCheck(advantages: [], replicates: rows) == nil)
    }

    @Test("the normal distribution, against tables")
    func normal() {
        #expect(agree(NormalDistribution.cumulative(0), 0.5, within: 1e-15))
        #expect(agree(NormalDistribution.cumulative(1.959963984540054), 0.975, within: 1e-14))
        #expect(agree(NormalDistribution.cumulative(-3), 0.0013498980316300933, within: 1e-14))
        #expect(NormalDistribution.cumulative(9) == 1 && NormalDistribution.cumulative(-9) == 0)
        #expect(agree(NormalDistribution.quantile(0.975), 1.959963984540054, within: 1e-12))
        #expect(agree(NormalDistribution.quantile(0.5), 0, within: 1e-15))
    }

    @Test("the deflated Sharpe ratio falls with the trials")
    func deflated() throws {
        var generator = SplitMix64(seed: 4)
        let moments = SampleMoments((0..<1250).map { _ in 0.001 + 0.01 * generator.normal() })
        func deflated(_ trials: Int) throws -> Double {
            try #require(
                MultipleTesting.deflatedSharpe(moments, trialDeviation: 0.02, trials: trials))
        }
        #expect(try deflated(1) > deflated(10))
        #expect(try deflated(10) > deflated(1000))
        // One trial is the probabilistic Sharpe ratio against 0.
        let sharpe = moments.mean / moments.deviation
        let shape =
            1 - moments.skewness * sharpe + (moments.kurtosis - 1) / 4 * sharpe * sharpe
        let expected = NormalDistribution.cumulative(
            sharpe * 1249.0.squareRoot() / shape.squareRoot())
        #expect(agree(try deflated(1), expected))
        // Expected maximum of ten, from the paper's formula by hand.
        #expect(agree(MultipleTesting.expectedMaximum(of: 10), 1.5745, within: 1e-3))
        let flat = SampleMoments([1, 1, 1])
        #expect(
            MultipleTesting.deflatedSharpe(flat, trialDeviation: 0.02, trials: 3) == nil)
    }
}
