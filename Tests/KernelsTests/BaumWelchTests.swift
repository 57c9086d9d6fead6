import Kernels
import TestSupport
import Testing

@Suite("Baum–Welch")
struct BaumWelchTests {
    /// Two features of a chain that switches between a calm and a wild state, with missing bars.
    static func sample(bars: Int, seed: UInt64) -> (values: [Double], present: [Bool]) {
        var generator = SplitMix64(seed: seed)
        var isWild = false
        var values: [Double] = []
        var present: [Bool] = []
        for bar in 0..<bars {
            if generator.unit() < 0.03 { isWild.toggle() }
            let first = generator.normal()
            let second = generator.normal()
            let scale = isWild ? 3.0 : 1.0
            values += [scale * first + (isWild ? -1 : 0.5), scale * (0.6 * first + 0.8 * second)]
            present.append(bar == 0 || generator.unit() > 0.02)
        }
        return (values, present)
    }

    static func fit(states: Int, isDiagonal: Bool, bars: Int = 300, seed: UInt64) -> BaumWelch {
        let (values, present) = sample(bars: bars, seed: seed)
        return BaumWelch(
            stateCount: states, featureCount: 2, isDiagonal: isDiagonal, observations: values,
            present: present, floors: [1e-6, 1e-6], overallMean: [0, 0],
            overallCovariance: [3, 0, 0, 3])
    }

    static func candidate(states: Int, using generator: inout SplitMix64) -> BaumWelch.Candidate {
        let even = 1 / Double(states)
        let covariance = (0..<states).flatMap { _ in
            let scale = 0.5 + 4 * generator.unit()
            return [scale, 0, 0, scale]
        }
        return BaumWelch.Candidate(
            start: [Double](repeating: even, count: states),
            transition: [Double](repeating: even, count: states * states),
            means: (0..<(2 * states)).map { _ in generator.normal() }, covariances: covariance)
    }

    @Test(arguments: [true, false])
    func aCandidateDoesNotDependOnItsNeighboursOrTheLaneWidth(isDiagonal: Bool) {
        for seed in UInt64(1)...4 {
            var generator = SplitMix64(seed: seed)
            let fit = Self.fit(states: 3, isDiagonal: isDiagonal, seed: seed)
            let candidates = (0..<8).map { _ in Self.candidate(states: 3, using: &generator) }
            let together = fit.refine(candidates, maximumIterations: 15, tolerance: 1e-9)
            for count in [1, 2, 3, 4] {
                let alone = fit.refine(
                    Array(candidates.suffix(count)), maximumIterations: 15, tolerance: 1e-9)
                #expect(alone == Array(together.suffix(count)), "seed \(seed), \(count) lanes")
            }
        }
    }

    @Test func aRunInPhasesIsTheRunInOne() {
        var generator = SplitMix64(seed: 5)
        let fit = Self.fit(states: 2, isDiagonal: true, seed: 5)
        let start = Self.candidate(states: 2, using: &generator)
        let whole = fit.refine([start], maximumIterations: 40, tolerance: 1e-12)
        var parts = [start]
        for iterations in [7, 1, 12, 20] {
            parts = fit.refine(parts, maximumIterations: iterations, tolerance: 1e-12)
        }
        #expect(parts == whole)
    }

    @Test(arguments: [true, false])
    func theLikelihoodNeverFalls(isDiagonal: Bool) {
        for seed in UInt64(10)...15 {
            var generator = SplitMix64(seed: seed)
            let fit = Self.fit(states: 3, isDiagonal: isDiagonal, seed: seed)
            var runs = [Self.candidate(states: 3, using: &generator)]
            var before = -Double.infinity
            for _ in 0..<30 {
                runs = fit.refine(runs, maximumIterations: 1, tolerance: 1e-300)
                let reached = runs[0].logLikelihood
                #expect(reached >= before - 1e-9 * reached.magnitude, "seed \(seed)")
                before = reached
            }
            #expect(runs[0].repairs == 0)
        }
    }

    @Test func theReportedLikelihoodIsThatOfTheReportedParameters() throws {
        for (isDiagonal, seed) in [(true, UInt64(21)), (false, 22)] {
            var generator = SplitMix64(seed: seed)
            let fit = Self.fit(states: 3, isDiagonal: isDiagonal, seed: seed)
            let start = Self.candidate(states: 3, using: &generator)
            let run = try #require(
                fit.refine([start], maximumIterations: 25, tolerance: 1e-9).first)
            let chain = HiddenMarkovChain(
                start: run.start, transition: run.transition, means: run.means,
                covariances: run.covariances, featureCount: 2)
            let (values, present) = Self.sample(bars: 300, seed: seed)
            let rows = present.indices.map { bar in
                present[bar] ? [values[2 * bar], values[2 * bar + 1]] : nil
            }
            let computed = chain.logLikelihood(of: rows)
            #expect((computed - run.logLikelihood).magnitude < 1e-9 * computed.magnitude)
        }
    }

    @Test func anEmptyStateIsGivenAnotherChance() throws {
        let fit = Self.fit(states: 2, isDiagonal: true, seed: 31)
        let start = BaumWelch.Candidate(
            start: [1, 0], transition: [1, 0, 0, 1], means: [0, 0, 1e6, 1e6],
            covariances: [3, 0, 0, 3, 1e-3, 0, 0, 1e-3])
        let run = try #require(fit.refine([start], maximumIterations: 60, tolerance: 1e-8).first)
        #expect(run.repairs >= 1)
        #expect(run.logLikelihood.isFinite)
        #expect(run.means.allSatisfy { $0.magnitude < 100 })
    }

    @Test func seriesOfTheirOwnAndThreadsGiveTheSameFits() {
        var generator = SplitMix64(seed: 41)
        let jobs = (0..<11).map { index in
            let bars = 120 + 30 * (index % 4)
            return (
                fit: Self.fit(states: 2, isDiagonal: false, bars: bars, seed: UInt64(index)),
                candidate: Self.candidate(states: 2, using: &generator)
            )
        }
        let alone = jobs.flatMap { job in
            job.fit.refine([job.candidate], maximumIterations: 12, tolerance: 1e-6)
        }
        for threads in [1, 3] {
            let together = BaumWelch.refine(
                jobs, maximumIterations: 12, tolerance: 1e-6, threads: threads)
            #expect(together == alone, "\(threads) threads")
        }
        let candidates = jobs.map(\.candidate)
        let one = jobs[0].fit.refine(candidates, maximumIterations: 9, tolerance: 1e-6)
        let three = jobs[0].fit.refine(
            candidates, maximumIterations: 9, tolerance: 1e-6, threads: 3)
        #expect(one == three)
    }
}
