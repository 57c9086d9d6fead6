import Foundation
import Kernels
import Market
import RegimeModels
import TestSupport
import Testing

/// Fits against hmmlearn, see `Benchmarks/peers/hmm_fits.py`.
@Suite("Fits against hmmlearn")
struct FitParityTests {
    struct Golden: Decodable {
        struct Parameters: Decodable {
            let start: [Double]
            let transition: [[Double]]
            let means: [[Double]]
            /// Full matrices, whatever the shape.
            let covariances: [[[Double]]]
        }

        struct SameStart: Decodable {
            let features: [String]
            let covariance: String
            let iterations: Int
            let begin: Parameters
            let none: Parameters
            let hmmlearn: Parameters
        }

        struct Best: Decodable {
            let file: String
            let features: [String]
            let covariance: String
            let states: Int
            let bestLogLikelihood: Double
        }

        let best: [Best]
        let sameStart: [SameStart]
    }

    static let golden: Golden? = {
        let url = History.root.appending(path: "Fixtures/golden/hmm_fits.json")
        return try? JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
    }()

    private func baumWelch(
        _ golden: Golden.SameStart, _ priors: MaximisationPriors
    ) -> BaumWelch {
        let bars = History.standardAndPoors.map(\.bar)
        let rows = zip(bars, bars.dropFirst()).map { before, bar in
            golden.features.map { name in
                name == "log_return" ? log(bar.close / before.close) : log(bar.high / bar.low)
            }
        }
        let features = golden.features.count
        return BaumWelch(
            stateCount: golden.begin.start.count, featureCount: features,
            isDiagonal: golden.covariance == "diag", observations: rows.flatMap { $0 },
            present: rows.map { _ in true },
            floors: [Double](repeating: 1e-12, count: features),
            overallMean: [Double](repeating: 0, count: features),
            overallCovariance: (0..<(features * features)).map {
                $0 % (features + 1) == 0 ? 1e-4 : 0
            }, priors: priors)
    }

    private func flat(_ matrices: [[[Double]]]) -> [Double] {
        matrices.flatMap { $0.flatMap { $0 } }
    }

    private func compare(_ mine: [Double], _ theirs: [Double], unit: (Int) -> Double) {
        #expect(mine.count == theirs.count)
        for (k, (one, two)) in zip(mine, theirs).enumerated() {
            #expect((one - two).magnitude <= 1e-9 * unit(k), "\(one) for \(two)")
        }
    }

    @Test(arguments: 0..<8)
    func sameStartAndIterationsGiveTheSameParameters(number: Int) throws {
        let golden = try #require(Self.golden).sameStart[number]
        let begin = BaumWelch.Candidate(
            start: golden.begin.start, transition: golden.begin.transition.flatMap { $0 },
            means: golden.begin.means.flatMap { $0 }, covariances: flat(golden.begin.covariances))
        for (priors, theirs) in [
            (MaximisationPriors.none, golden.none), (.hmmlearn, golden.hmmlearn),
        ] {
            let run = try #require(
                baumWelch(golden, priors).refine(
                    [begin], maximumIterations: golden.iterations, tolerance: 1e-300
                ).first)
            #expect(run.iterations == golden.iterations)
            #expect(run.acceleration == nil)
            // Probabilities are measured by 1, covariances by the deviations, means by themselves.
            compare(run.start, theirs.start) { _ in 1 }
            compare(run.transition, theirs.transition.flatMap { $0 }) { _ in 1 }
            let means = theirs.means.flatMap { $0 }
            compare(run.means, means) { means[$0].magnitude }
            let covariances = flat(theirs.covariances)
            let features = golden.features.count
            let size = features * features
            compare(run.covariances, covariances) { k in
                let (state, row, column) = (k / size, k % size / features, k % features)
                let one = covariances[state * size + row * (features + 1)]
                return (one * covariances[state * size + column * (features + 1)]).squareRoot()
            }
        }
    }

    @Test(arguments: 0..<7)
    func theBestFitIsNotBelowTheBestOfFiftyStarts(number: Int) throws {
        let golden = try #require(Self.golden).best[number]
        var specification = RegimeSpecification.returns(states: golden.states)
        specification.features = golden.features
        specification.covariance = golden.covariance == "full" ? .full : .diagonal
        specification.starts = Sweep.isLong ? 64 : 16
        specification.finalists = Sweep.isLong ? 16 : 2
        for seed in Sweep.seeds(1) {
            specification.seed = seed
            let bars =
                golden.file.contains("nasdaq") ? History.nasdaq : History.standardAndPoors
            let fitted = try RegimeFitter.fit(specification, History.window(bars, specification))
            let report = try #require(fitted.report)
            let gain = try #require(report.logLikelihood) - golden.bestLogLikelihood
            #expect(
                gain >= -1e-6 * golden.bestLogLikelihood.magnitude,
                "\(golden.file), \(golden.states) states, seed \(seed): \(gain)")
            #expect(report.converged)
            #expect(report.search?.statesAtFloor == 0)
        }
    }
}
