import Kernels
import TestSupport
import Testing

@Suite("Accelerated Baum–Welch")
struct AccelerationTests {
    private func leaping(_ candidates: [BaumWelch.Candidate]) -> [BaumWelch.Candidate] {
        var candidates = candidates
        for k in candidates.indices { candidates[k].accelerate() }
        return candidates
    }

    private func logLikelihood(_ run: BaumWelch.Candidate, seed: UInt64) -> Double {
        let chain = HiddenMarkovChain(
            start: run.start, transition: run.transition, means: run.means,
            covariances: run.covariances, featureCount: 2)
        let (values, present) = BaumWelchTests.sample(bars: 300, seed: seed)
        return chain.logLikelihood(
            of: present.indices.map { present[$0] ? [values[2 * $0], values[2 * $0 + 1]] : nil })
    }

    @Test(arguments: [true, false])
    func leapsNeverLoseAndSayWhatTheyReached(isDiagonal: Bool) {
        for seed in Sweep.seeds(6) {
            var generator = SplitMix64(seed: seed)
            let fit = BaumWelchTests.fit(states: 3, isDiagonal: isDiagonal, seed: seed)
            let start = BaumWelchTests.candidate(states: 3, using: &generator)
            var before = -Double.infinity
            for limit in [1, 2, 3, 4, 5, 7, 10, 20, 40] {
                let run = fit.refine(
                    leaping([start]), maximumIterations: limit, tolerance: 1e-12)[0]
                let rounding = 1e-12 * run.logLikelihood.magnitude
                #expect(run.iterations <= limit)
                #expect(run.logLikelihood >= before - rounding, "seed \(seed), limit \(limit)")
                before = run.logLikelihood
                for (one, next) in zip(run.recent, run.recent.dropFirst()) {
                    #expect(next >= one - rounding, "seed \(seed), limit \(limit)")
                }
                let computed = logLikelihood(run, seed: seed)
                #expect((computed - run.logLikelihood).magnitude < 1e-9 * computed.magnitude)
            }
        }
    }

    @Test func leapsReachInDozensOfIterationsWhatTakesStepsThousands() {
        var (leaps, steps) = (0, 0)
        for seed in Sweep.seeds(4) {
            var generator = SplitMix64(seed: seed)
            let fit = BaumWelchTests.fit(states: 3, isDiagonal: true, seed: seed)
            let start = BaumWelchTests.candidate(states: 3, using: &generator)
            // From where both are in the same basin.
            let near = fit.refine([start], maximumIterations: 60, tolerance: 1e-300)
            let plain = fit.refine(near, maximumIterations: 5_000, tolerance: 1e-10)[0]
            let leaping = fit.refine(leaping(near), maximumIterations: 500, tolerance: 1e-10)[0]
            #expect(leaping.converged, "seed \(seed)")
            #expect(leaping.logLikelihood >= plain.logLikelihood - 1e-6, "seed \(seed)")
            leaps += leaping.iterations - 60
            steps += plain.iterations - 60
        }
        #expect(3 * leaps < steps, "\(leaps) leaps for \(steps) steps")
    }

    @Test func aLeapingCandidateDoesNotDependOnItsNeighbours() {
        var generator = SplitMix64(seed: 3)
        let fit = BaumWelchTests.fit(states: 3, isDiagonal: false, seed: 3)
        let candidates = leaping(
            (0..<11).map { _ in BaumWelchTests.candidate(states: 3, using: &generator) })
        let together = fit.refine(candidates, maximumIterations: 25, tolerance: 1e-9)
        for index in candidates.indices {
            let alone = fit.refine([candidates[index]], maximumIterations: 25, tolerance: 1e-9)
            #expect(alone == [together[index]], "candidate \(index)")
        }
    }

    @Test(arguments: [true, false])
    func theOrderOfTheStatesLeavesNoTrace(isDiagonal: Bool) {
        for seed in Sweep.seeds(6) {
            var generator = SplitMix64(seed: seed)
            let fit = BaumWelchTests.fit(states: 4, isDiagonal: isDiagonal, seed: seed)
            let start = BaumWelchTests.candidate(states: 4, using: &generator)
            let order = [0, 1, 2, 3].shuffled(using: &generator)
            let other = start.permuted(by: order)
            #expect(other.inCanonicalOrder == start.inCanonicalOrder)
            func run(_ candidate: BaumWelch.Candidate) -> BaumWelch.Candidate {
                let runs = leaping([candidate.inCanonicalOrder])
                return fit.refine(runs, maximumIterations: 30, tolerance: 1e-9)[0]
            }
            #expect(run(start) == run(other), "seed \(seed)")
            // As they are, sums are taken in another order, and differ by rounding alone.
            let mine = fit.refine([start], maximumIterations: 8, tolerance: 1e-9)[0]
            let theirs = fit.refine([other], maximumIterations: 8, tolerance: 1e-9)[0]
            let scale = mine.logLikelihood.magnitude
            #expect((mine.logLikelihood - theirs.logLikelihood).magnitude < 1e-9 * scale)
            for (one, two) in zip(mine.permuted(by: order).means, theirs.means) {
                #expect((one - two).magnitude < 1e-8, "seed \(seed)")
            }
        }
    }

    @Test(arguments: [true, false])
    func aStateOnOneObservationIsHeldByTheFloor(isDiagonal: Bool) {
        let (values, present) = BaumWelchTests.sample(bars: 300, seed: 9)
        let fit = BaumWelchTests.fit(states: 2, isDiagonal: isDiagonal, seed: 9)
        let start = BaumWelch.Candidate(
            start: [0.5, 0.5], transition: [0.99, 0.01, 0.99, 0.01],
            means: [0, 0] + values[..<2], covariances: [3, 0, 0, 3, 1e-4, 0, 0, 1e-4])
        #expect(present.first == true)
        for leaps in [false, true] {
            let run = fit.refine(
                leaps ? leaping([start]) : [start], maximumIterations: 300, tolerance: 1e-9)[0]
            #expect(run.logLikelihood.isFinite)
            #expect(fit.statesAtFloor(run) == 1)
            #expect(run.covariances.allSatisfy { $0.isFinite })
        }
        #expect(fit.statesAtFloor(start) == 0)
    }

    @Test func priorsKeepAVarianceUp() {
        let (values, present) = BaumWelchTests.sample(bars: 300, seed: 9)
        let fit = BaumWelch(
            stateCount: 2, featureCount: 2, isDiagonal: true, observations: values,
            present: present, floors: [1e-6, 1e-6], overallMean: [0, 0],
            overallCovariance: [3, 0, 0, 3], priors: .hmmlearn)
        let start = BaumWelch.Candidate(
            start: [0.5, 0.5], transition: [0.99, 0.01, 0.99, 0.01],
            means: [0, 0] + values[..<2], covariances: [3, 0, 0, 3, 1e-4, 0, 0, 1e-4])
        let run = fit.refine([start], maximumIterations: 300, tolerance: 1e-9)[0]
        #expect(fit.statesAtFloor(run) == 0)
        #expect(run.covariances[4] > 1e-3)
    }
}
