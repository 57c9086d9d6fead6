import Kernels
import TestSupport
import Testing

@Suite("Filter, smoother and Viterbi path")
struct HiddenMarkovChainTests {
    static let chain = HiddenMarkovChain(
        start: [0.5, 0.5], transition: [0.9, 0.1, 0.2, 0.8], means: [0, 1], covariances: [1, 4],
        featureCount: 1)

    /// Every path of states, one by one: exponential, and beyond doubt.
    private func enumerated(_ values: [Double?]) -> (likelihood: Double, posteriors: [[Double]]) {
        let (start, transition) = ([0.5, 0.5], [0.9, 0.1, 0.2, 0.8])
        let (means, deviations) = ([0.0, 1.0], [1.0, 2.0])
        var total = 0.0
        var posteriors = [[Double]](repeating: [0, 0], count: values.count)
        for code in 0..<(1 << values.count) {
            let path = values.indices.map { code >> $0 & 1 }
            var weight = start[path[0]]
            for (bar, state) in path.enumerated() {
                if bar > 0 { weight *= transition[path[bar - 1] * 2 + state] }
                guard let value = values[bar] else { continue }
                let z = (value - means[state]) / deviations[state]
                weight *= VectorMath.exp(-0.5 * z * z) / deviations[state]
                weight *= 0.398_942_280_401_432_7
            }
            total += weight
            for (bar, state) in path.enumerated() { posteriors[bar][state] += weight }
        }
        return (total, posteriors.map { row in row.map { $0 / total } })
    }

    @Test func recursionsAgreeWithEveryPathCounted() {
        for seed in UInt64(1)...10 {
            var generator = SplitMix64(seed: seed)
            let values: [Double?] = (0..<9).map { bar in
                let value = generator.normal() * 2
                return bar > 0 && generator.unit() < 0.2 ? nil : value
            }
            let rows = values.map { value in value.map { [$0] } }
            let (likelihood, posteriors) = enumerated(values)
            let computed = Self.chain.logLikelihood(of: rows)
            #expect((computed - VectorMath.log(likelihood)).magnitude < 1e-12, "seed \(seed)")
            for (mine, theirs) in zip(Self.chain.smoothedProbabilities(of: rows), posteriors) {
                #expect((mine[0] - theirs[0]).magnitude < 1e-12, "seed \(seed)")
                #expect((mine[1] - theirs[1]).magnitude < 1e-12, "seed \(seed)")
            }
        }
    }

    @Test func probabilitiesSurviveWhateverFiniteInputArrives() {
        let chain = HiddenMarkovChain(
            start: [1, 0, 0], transition: [1, 0, 0, 0, 1, 0, 0, 0, 1], means: [0, 0, 1e-3],
            covariances: [1e-12, 1, 1e-4], featureCount: 1)
        let extremes = [
            0, 1e300, -1e300, 1e154, .leastNonzeroMagnitude, 1, -40, .greatestFiniteMagnitude,
        ]
        for seed in UInt64(1)...20 {
            var generator = SplitMix64(seed: seed)
            let rows: [[Double]?] = (0..<60).map { _ in
                let pick = Int(generator.unit() * 10)
                return pick < extremes.count ? [extremes[pick]] : pick == 8 ? nil : [0]
            }
            var belief: HiddenMarkovChain.Belief?
            for row in rows {
                chain.advance(&belief, with: row)
                expectProbabilities(belief.map(chain.probabilities) ?? [])
            }
            for row in chain.smoothedProbabilities(of: rows) { expectProbabilities(row) }
            #expect(chain.mostProbablePath(of: rows).allSatisfy { (0..<3).contains($0) })
            #expect(!chain.logLikelihood(of: rows).isNaN)
        }
    }

    private func expectProbabilities(_ row: [Double]) {
        #expect(row.allSatisfy { $0 >= 0 && $0 <= 1 })
        #expect((row.reduce(0, +) - 1).magnitude < 1e-12)
    }

    @Test func thePathOfNothingIsEmptyAndTiesGoToTheLowerState() {
        #expect(Self.chain.mostProbablePath(of: []).isEmpty)
        #expect(Self.chain.smoothedProbabilities(of: []).isEmpty)
        let even = HiddenMarkovChain(
            start: [0.5, 0.5], transition: [0.5, 0.5, 0.5, 0.5], means: [0, 0],
            covariances: [1, 1], featureCount: 1)
        #expect(even.mostProbablePath(of: [[1], nil, [2]]) == [0, 0, 0])
    }

    @Test func choleskyFactorsAndRaisesPivots() {
        let (lower, raised) = Cholesky.factor([4, 0, 2, 5], floors: [1e-9, 1e-9])
        #expect(lower == [2, 0, 1, 2])
        #expect(!raised)
        #expect(Cholesky.inverse(ofLower: lower, size: 2) == [0.5, 0, -0.25, 0.5])
        #expect(Cholesky.product(ofLower: lower, size: 2) == [4, 2, 2, 5])
        let singular = Cholesky.factor([1, 0, 1, 1], floors: [0.01, 0.01])
        #expect(singular.raised)
        #expect(singular.lower[3] == 0.1)
    }

    @Test func clustersAreFoundAndSeeded() {
        var noise = SplitMix64(seed: 3)
        let points = (0..<300).map { Double($0 % 3) * 50 + noise.normal() }
        func assign(_ seed: UInt64) -> [Int] {
            var generator = SeededGenerator(seed: seed, run: 0)
            return KMeans.assignments(
                of: points, dimensions: 1, clusters: 3, iterations: 20, using: &generator)
        }
        let assigned = assign(1)
        #expect(assigned == assign(1))
        for index in 0..<297 { #expect(assigned[index] == assigned[index + 3]) }
        #expect(Set(assigned) == [0, 1, 2])
        var generator = SeededGenerator(seed: 1)
        let same = KMeans.assignments(
            of: [1, 1, 1], dimensions: 1, clusters: 2, iterations: 5, using: &generator)
        #expect(same == [0, 0, 0])
    }
}
