import Foundation
import Hindsight
import Kernels
import Market
import RegimeModels
import Testing

/// Fits and decodes against hmmlearn, see `Benchmarks/peers/hmm_parity.py`.
@Suite("Fits")
struct FitTests {
    struct Peer: Decodable {
        struct Case: Decodable {
            let features: [String]
            let covariance: String
            let start: [Double]
            let transition: [[Double]]
            let means: [[Double]]
            let covariances: GaussianParameters.Covariances
            let logLikelihood: Double
            let posteriors: [String: [Double]]
            let path: [[Int]]
            let bestFit: Double
        }

        let cases: [Case]

        static func read() throws -> Peer {
            let url = History.root.appending(path: "Fixtures/golden/hmm_parity.json")
            return try JSONDecoder().decode(Peer.self, from: Data(contentsOf: url))
        }
    }

    private func rows(_ features: [String]) -> [[Double]?] {
        let bars = History.standardAndPoors.map(\.bar)
        return zip(bars, bars.dropFirst()).map { before, bar in
            features.map { name in
                name == "log_return" ? log(bar.close / before.close) : log(bar.high / bar.low)
            }
        }
    }

    private func chain(_ peer: Peer.Case) -> HiddenMarkovChain {
        let flat: [Double]
        switch peer.covariances {
        case .diagonal(let variances): flat = variances.flatMap { $0 }
        case .full(let matrices): flat = matrices.flatMap { $0.flatMap { $0 } }
        }
        return HiddenMarkovChain(
            start: peer.start, transition: peer.transition.flatMap { $0 },
            means: peer.means.flatMap { $0 }, covariances: flat, featureCount: peer.features.count)
    }

    @Test(arguments: [0, 1, 2])
    func recursionsAgreeWithHmmlearn(number: Int) throws {
        let peer = try Peer.read().cases[number]
        let rows = rows(peer.features)
        let chain = chain(peer)
        let reached = chain.logLikelihood(of: rows)
        #expect((reached - peer.logLikelihood).magnitude < 1e-9 * peer.logLikelihood.magnitude)
        let smoothed = chain.smoothedProbabilities(of: rows)
        #expect(peer.posteriors.count == 26)
        for (bar, expected) in peer.posteriors {
            for (mine, theirs) in zip(smoothed[try #require(Int(bar))], expected) {
                #expect((mine - theirs).magnitude < 1e-9, "bar \(bar)")
            }
        }
        var path = [Int](repeating: 0, count: rows.count)
        for run in peer.path { for bar in run[0]..<rows.count { path[bar] = run[1] } }
        #expect(chain.mostProbablePath(of: rows) == path)
    }

    @Test(arguments: [2, 3])
    func theBestFitIsNotWorseThanTheirs(states: Int) throws {
        let peer = try #require(
            Peer.read().cases.first { $0.features.count == 1 && $0.start.count == states })
        let specification = RegimeSpecification.returns(states: states)
        let window = History.window(History.standardAndPoors, specification)
        let manifest = try RegimeFitter.fit(specification, window)
        let report = try #require(manifest.report)
        #expect(report.converged, "\(report)")
        #expect(try #require(report.logLikelihood) > peer.bestFit - 1e-7)
        let observations = Array(window.observations)
        #expect(manifest.logLikelihood(observations) == report.logLikelihood)
        #expect(report.lastLogLikelihoods.last == report.logLikelihood)
        guard case .gaussian(let parameters)? = manifest.parameters,
            case .diagonal(let variances) = parameters.covariances
        else {
            Issue.record("the default covariance is diagonal")
            return
        }
        #expect(variances.map { $0[0] } == variances.map { $0[0] }.sorted())
        #expect(try manifest.smooth(observations)[0] == nil)
        #expect(try manifest.decode(observations).dropFirst().allSatisfy { $0?.state != nil })
    }

    @Test func equalSeedsGiveEqualBitsAndOtherSeedsTheSameModel() throws {
        let bars = Array(History.standardAndPoors.prefix(1_200))
        var specification = RegimeSpecification.returns(states: 2)
        let window = History.window(bars, specification)
        let first = try RegimeFitter.fit(specification, window)
        #expect(try RegimeFitter.fit(specification, window) == first)
        #expect(RegimeFitter.fitKey(specification, window) == first.fitKey)
        specification.seed = 77
        #expect(RegimeFitter.fitKey(specification, window) != first.fitKey)
        let other = try RegimeFitter.fit(specification, window)
        guard case .gaussian(let one)? = first.parameters,
            case .gaussian(let two)? = other.parameters
        else {
            Issue.record("a hidden Markov model was fitted")
            return
        }
        for (mine, theirs) in zip(one.means, two.means) {
            #expect((mine[0] - theirs[0]).magnitude < 1e-5)
        }
    }

    @Test(arguments: [1, 3])
    func theNumberOfThreadsLeavesNoTrace(states: Int) throws {
        var specification = RegimeSpecification.standard
        specification.states = states
        let window = History.window(Array(History.standardAndPoors.prefix(900)), specification)
        let one = try RegimeFitter.fit(specification, window)
        for threads in [2, 5] {
            #expect(try RegimeFitter.fit(specification, window, threads: threads) == one)
        }
    }

    @Test func aFullCovarianceIsFittedAndCanonical() throws {
        var specification = RegimeSpecification.quick
        specification.covariance = .full
        specification.states = 3
        let window = History.window(Array(History.standardAndPoors.prefix(1_000)), specification)
        let manifest = try RegimeFitter.fit(specification, window)
        let volatilities = manifest.classifier.states.map(\.annualisedVolatility)
        #expect(volatilities == volatilities.sorted())
        let shares = manifest.classifier.states.map(\.occupancy).reduce(0, +)
        #expect((shares - 1).magnitude < 1e-9)
        #expect(try ModelManifest(json: manifest.json) == manifest)
    }

    @Test func whatCannotBeFittedSaysWhy() throws {
        let specification = RegimeSpecification.returns(states: 3)
        let one = History.window(Array(History.standardAndPoors.prefix(2)), specification)
        #expect(throws: FitError.tooFewObservations(have: 1, need: 75)) {
            try RegimeFitter.fit(specification, one)
        }
        let none = TrainingWindow(specification.training, barsPerYear: 252)
        #expect(throws: FitError.tooFewObservations(have: 0, need: 1)) {
            try RegimeFitter.fit(specification, none)
        }
        var bars = History.randomWalk(300, seed: 3)
        for index in bars.indices { bars[index].bar.close = 42 }
        let constant = History.window(bars, specification)
        #expect(throws: FitError.constantFeature(name: "log_return")) {
            try RegimeFitter.fit(specification, constant)
        }
        var downside = RegimeSpecification.standard
        downside.training = specification.training
        #expect(
            throws: FitError.neverComplete(
                missing: ["log_downside_deviation_20", "sortino_20"])
        ) {
            try RegimeFitter.fit(downside, History.window(bars, downside))
        }
        // Finite each, and past computing together: once a trap, once a manifest nobody could read.
        var wild = specification
        wild.features = ["simple_return"]
        for scale in [1e130, 1e153] {
            for index in bars.indices { bars[index].bar.close = index % 40 == 7 ? scale : 42 }
            #expect(throws: FitError.unboundedFeature(name: "simple_return")) {
                try RegimeFitter.fit(wild, History.window(bars, wild))
            }
        }
        var invalid = specification
        invalid.states = 9
        #expect(throws: FitError.self) { try RegimeFitter.fit(invalid, constant) }
    }

    @Test func aFitThatRunsOutOfIterationsSaysSo() throws {
        var specification = RegimeSpecification.returns(states: 3)
        specification.maximumIterations = 3
        let window = History.window(Array(History.standardAndPoors.prefix(600)), specification)
        let report = try #require(try RegimeFitter.fit(specification, window).report)
        #expect(!report.converged)
        #expect(report.iterations == 3)
        #expect(report.lastLogLikelihoods.count == 4)
        #expect(report.advice?.contains("allow more than") == true)
    }
}
