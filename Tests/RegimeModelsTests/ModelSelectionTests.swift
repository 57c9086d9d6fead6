import Foundation
import Kernels
import Market
import RegimeModels
import TestSupport
import Testing

/// What surrounds a fit: its report, information criteria, and samples from the model.
@Suite("Fit reports and samples")
struct ModelSelectionTests {
    private static func gaussian(_ manifest: ModelManifest) -> GaussianParameters? {
        guard case .gaussian(let parameters)? = manifest.parameters else { return nil }
        return parameters
    }

    @Test func freeParametersAreCounted() throws {
        let cases: [(states: Int, covariance: CovarianceKind, count: Int)] = [
            (1, .diagonal, 2 * 2), (3, .diagonal, 2 + 6 + 6 + 6), (2, .full, 1 + 2 + 4 + 6),
        ]
        let bars = Array(History.standardAndPoors.prefix(700))
        for (states, covariance, count) in cases {
            var specification = RegimeSpecification.quick
            specification.states = states
            specification.covariance = covariance
            let fitted = try RegimeFitter.fit(specification, History.window(bars, specification))
            let report = try #require(fitted.report)
            let criteria = try #require(report.criteria)
            #expect(criteria.freeParameters == count)
            #expect(Self.gaussian(fitted)?.freeParameterCount == count)
            let reached = try #require(report.logLikelihood)
            #expect(criteria.akaike == 2 * Double(count) - 2 * reached)
            let gap = criteria.bayesian - criteria.akaike
            let size = VectorMath.log(Double(fitted.provenance.observations))
            #expect((gap - Double(count) * (size - 2)).magnitude < 1e-9)
        }
    }

    @Test func theBayesianCriterionFindsTheNumberOfStates() throws {
        let walk = History.randomWalk(1_500, seed: 8)
        var bayesian: [Double] = []
        for states in 1...4 {
            var specification = RegimeSpecification.returns(states: states)
            specification.starts = 8
            let fitted = try RegimeFitter.fit(specification, History.window(walk, specification))
            bayesian.append(try #require(fitted.report?.criteria?.bayesian))
        }
        #expect(bayesian.firstIndex(of: try #require(bayesian.min())) == 1, "\(bayesian)")
    }

    @Test func theReportSaysHowSureTheOptimumIs() throws {
        var specification = RegimeSpecification.returns(states: 3)
        specification.finalists = 4
        let bars = Array(History.standardAndPoors.prefix(1_500))
        let window = History.window(bars, specification)
        let report = try #require(try RegimeFitter.fit(specification, window).report)
        #expect(report.convergence == .converged(iterations: report.iterations))
        let search = try #require(report.search)
        #expect(search.finished >= 4)
        #expect((1...search.finished).contains(search.reachedBest))
        #expect(search.statesAtFloor == 0)
        specification.maximumIterations = 2
        let limited = try #require(try RegimeFitter.fit(specification, window).report)
        guard case .iterationLimit(2, let gain, let advice) = limited.convergence else {
            Issue.record("two iterations are not enough: \(limited)")
            return
        }
        #expect(gain > specification.tolerance)
        #expect(advice.contains("allow more than"))
    }

    /// Many equal closes give a return of exactly 0 so often that a state on them alone, held by
    /// nothing but the floor, is the likeliest of all; a regime it is not.
    @Test func aStateOnEqualReturnsIsNotPreferred() throws {
        var walk = History.randomWalk(1_200, seed: 4)
        for index in stride(from: 30, to: walk.count, by: 12) {
            walk[index].bar.close = walk[index - 1].bar.close
        }
        var specification = RegimeSpecification.returns(states: 2)
        specification.finalists = 4
        let window = History.window(walk, specification)
        let report = try #require(try RegimeFitter.fit(specification, window).report)
        #expect(report.search?.statesAtFloor == 0)
    }

    @Test func priorsAreAValueOfTheSpecification() throws {
        var specification = RegimeSpecification.returns(states: 2)
        let window = History.window(Array(History.standardAndPoors.prefix(900)), specification)
        let likely = try RegimeFitter.fit(specification, window)
        #expect(!specification.canonicalJSON.contains("priors"))
        specification.priors = FitPriors.none
        #expect(try RegimeFitter.fit(specification, window).parameters == likely.parameters)
        specification.priors = .hmmlearn
        let probable = try RegimeFitter.fit(specification, window)
        #expect(
            try RegimeSpecification(canonicalJSON: specification.canonicalJSON) == specification)
        let reached = try #require(probable.report?.logLikelihood)
        #expect(reached < (try #require(likely.report?.logLikelihood)))
        guard case .diagonal(let narrow)? = Self.gaussian(likely)?.covariances,
            case .diagonal(let wide)? = Self.gaussian(probable)?.covariances
        else {
            Issue.record("the default covariance is diagonal")
            return
        }
        // 0.01 over the weight of a state: more than 0.01 over all 900.
        #expect(wide[0][0] > narrow[0][0] + 0.01 / 900)
    }

    private static let full = """
        {"start":[0.25,0.75],"transition":[[0.95,0.05],[0.1,0.9]],"means":[[1,-2],[0,3]],\
        "covariances":[[[4,1],[1,2]],[[0.25,-0.2],[-0.2,1]]]}
        """

    @Test func aLongSampleHasTheMomentsOfTheModel() throws {
        let parameters = try JSON.parameters(Self.full)
        for seed in Sweep.seeds(3) {
            var generator = SeededGenerator(seed: seed)
            let (states, rows) = parameters.sample(60_000, using: &generator)
            #expect(states.count == 60_000 && rows.count == 60_000)
            for state in 0..<2 {
                let mine = zip(states, rows).filter { $0.0 == state }.map(\.1)
                let count = Double(mine.count)
                // Two thirds of the bars in the first state, or 1/3; five standard errors.
                #expect((count / 60_000 - (state == 0 ? 2.0 / 3 : 1.0 / 3)).magnitude < 0.03)
                let leaves = zip(states, states.dropFirst()).count { $0 == state && $1 != state }
                let rate = Double(leaves) / count
                let expected = parameters.transition[state][1 - state]
                #expect((rate - expected).magnitude < 5 * (expected / count).squareRoot())
                let means = (0..<2).map { d in mine.reduce(0) { $0 + $1[d] } / count }
                for d in 0..<2 {
                    let error = (means[d] - parameters.means[state][d]).magnitude
                    #expect(error < 5 * (4 / count).squareRoot(), "seed \(seed)")
                }
                guard case .full(let matrices) = parameters.covariances else { continue }
                for (row, column) in [(0, 0), (0, 1), (1, 1)] {
                    let moment = mine.reduce(0) {
                        $0 + ($1[row] - means[row]) * ($1[column] - means[column]) / count
                    }
                    let error = (moment - matrices[state][row][column]).magnitude
                    #expect(error < 5 * 4 * (2 / count).squareRoot(), "seed \(seed)")
                }
            }
        }
    }

    @Test func samplesAreOfTheirSeed() throws {
        let parameters = try JSON.parameters(Self.full)
        func draw(_ seed: UInt64, _ count: Int) -> (states: [Int], observations: [[Double]]) {
            var generator = SeededGenerator(seed: seed)
            return parameters.sample(count, using: &generator)
        }
        #expect(draw(1, 0).states.isEmpty)
        #expect(draw(1, 50).observations == Array(draw(1, 80).observations.prefix(50)))
        #expect(draw(1, 50).observations != draw(2, 50).observations)
    }
}

private enum JSON {
    static func parameters(_ text: String) throws -> GaussianParameters {
        try JSONDecoder().decode(GaussianParameters.self, from: Data(text.utf8))
    }
}
