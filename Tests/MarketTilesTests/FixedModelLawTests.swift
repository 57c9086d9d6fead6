import Kernels
import Market
import MarketTiles
import TestSupport
import Testing

@testable import RegimeModels

/// What is found of a market is what a walk finds, bit for bit, however it is computed.
@Suite("Property: markets side by side are classified like each alone")
struct FixedModelLawTests {
    private static let manifest = Result { try Markets.manifest() }

    private func compare(
        _ markets: [BarColumns], adoptions: [Int], _ manifest: ModelManifest,
        windowBars: Int? = 600, hysteresis: HysteresisParameters = HysteresisParameters(),
        chunks: [[BarColumns]]? = nil, threads: Int = 1,
        _ change: (inout FixedModelClassifier) -> Void = { _ in },
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let alone = FixedModelClassifier(
            Markets.model(
                manifest, hysteresis: hysteresis, windowBars: windowBars, usesLanes: false),
            adoptions: adoptions)
        let model = Markets.model(manifest, hysteresis: hysteresis, windowBars: windowBars)
        var together = FixedModelClassifier(model, adoptions: adoptions)
        #expect(model.runsInLanes)
        change(&together)
        let expected = answers(alone, [markets])
        let found = answers(together, chunks ?? [markets], threads: threads)
        for market in markets.indices {
            let first = zip(expected[market], found[market]).enumerated()
                .first { $0.element.0 != $0.element.1 }
            #expect(
                expected[market].count == found[market].count && first == nil,
                "market \(market), bar \(first?.offset ?? -1): \(String(describing: first))",
                sourceLocation: sourceLocation)
        }
    }

    @Test("any kind of market, with ragged ends and beginnings", arguments: Sweep.seeds(3))
    func anyMarket(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let markets = (0..<13).map { market in
            Markets.bars(
                Int(generator.unit() * 1500),
                Markets.Kind.allCases[market % Markets.Kind.allCases.count],
                seed: seed &+ UInt64(market))
        }
        let adoptions = markets.map { Int(generator.unit() * Double($0.count)) }
        compare(markets, adoptions: adoptions, try Self.manifest.get())
        compare(markets, adoptions: adoptions, try Self.manifest.get(), windowBars: nil)
    }

    @Test("any chunks, each market's its own", arguments: Sweep.seeds(3))
    func anyChunks(seed: UInt64) throws {
        let kinds: [Markets.Kind] = [.ordinary, .gaps, .odd, .ordinary, .crash]
        let markets = kinds.enumerated().map { index, kind in
            Markets.bars(700 + 50 * index, kind, seed: seed &+ UInt64(index), withVix: index == 3)
        }
        let adoptions = [0, 150, 300, 690, .max]
        for longest in [3, 40, 400] {
            var generator = SplitMix64(seed: seed)
            let chunks = chunked(markets) { _, _ in Int(generator.unit() * Double(longest)) + 1 }
            compare(markets, adoptions: adoptions, try Self.manifest.get(), chunks: chunks)
        }
        compare(
            markets, adoptions: adoptions, try Self.manifest.get(),
            chunks: chunked(markets) { market, chunk in (market + chunk) % 3 == 0 ? 0 : 64 })
    }

    @Test("every set of kernels and every width", arguments: KernelSet.available.map(\.name))
    func everySet(name: String) throws {
        let markets = Markets.Kind.allCases.map { Markets.bars(420, $0, seed: 5) }
        for width in [2, 4, 8] {
            compare(markets, adoptions: markets.map { _ in 90 }, try Self.manifest.get()) {
                $0.width = width
                for set in KernelSet.available where set.name == name { $0.kernels = set }
            }
        }
    }

    @Test(
        "any hysteresis",
        arguments: [
            HysteresisParameters(
                entryProbability: 1, exitProbability: 0, minimumDwellBars: 0, confirmationBars: 1,
                recoveryConfirmationBars: 1),
            HysteresisParameters(
                entryProbability: 0, exitProbability: 1, minimumDwellBars: 0, confirmationBars: 1,
                recoveryConfirmationBars: 1),
            HysteresisParameters(
                entryProbability: 0.5, exitProbability: 0.5, minimumDwellBars: 3,
                confirmationBars: 1, recoveryConfirmationBars: 7),
            HysteresisParameters(
                entryProbability: 0.3, exitProbability: 0.9, minimumDwellBars: 1,
                confirmationBars: 6, recoveryConfirmationBars: 2),
            HysteresisParameters(
                entryProbability: 0.3, exitProbability: 0.2, minimumDwellBars: 0,
                confirmationBars: 1, recoveryConfirmationBars: 1),
        ])
    func anyHysteresis(hysteresis: HysteresisParameters) throws {
        let markets = Markets.Kind.allCases.map { Markets.bars(900, $0, seed: 21) }
        compare(
            markets, adoptions: markets.map { _ in 100 }, try Self.manifest.get(),
            hysteresis: hysteresis)
    }

    @Test("one market and many, on several threads", arguments: [1, 2, 7, 8, 9, 17, 24])
    func anyNumber(count: Int) throws {
        let markets = (0..<count).map { Markets.bars(350, .ordinary, seed: UInt64($0)) }
        compare(
            markets, adoptions: markets.indices.map { 60 + $0 }, try Self.manifest.get(),
            threads: 3)
    }

    @Test("beyond ten years of volatilities, ordinary and constant ones")
    func longHistories() throws {
        let kinds: [Markets.Kind] = [.ordinary, .constant, .extreme, .falling]
        let markets = kinds.map { Markets.bars(5200, $0, seed: 9) }
        compare(markets, adoptions: [500, 0, 2600, 3], try Self.manifest.get())
    }

    @Test(
        "every feature that lanes know",
        arguments: [
            ["log_return"], ["ewm_mean_5", "downside_deviation_60", "log_volatility_21"],
            ["volatility_21", "volatility_rank", "drawdown_252"],
            ["long_run_volatility", "trend_200", "momentum_12_1", "sortino_5", "ewm_mean_20"],
        ])
    func everyFeature(features: [String]) throws {
        for (covariance, scaling) in [
            (CovarianceKind.full, ScalingKind.standardised), (.diagonal, .none),
        ] {
            let manifest = try Markets.manifest {
                $0.features = features
                $0.covariance = covariance
                $0.scaling = scaling
                $0.clip = scaling == .none ? nil : 2
                $0.states = features.count
                $0.training.warmUpBars = 250
            }
            let markets = [Markets.Kind.ordinary, .gaps, .odd].map {
                Markets.bars(600, $0, seed: 3)
            }
            compare(markets, adoptions: [300, 280, 20], manifest)
        }
    }

    @Test("of labels as probable as each other, the first")
    func tiedLabels() throws {
        let manifest = try Markets.manifest {
            $0.features = ["log_return"]
            $0.states = 2
            $0.covariance = .diagonal
        }
        let tied = Markets.changed(
            manifest,
            GaussianParameters(
                start: [0.5, 0.5], transition: [[0.5, 0.5], [0.5, 0.5]], means: [[0], [0]],
                covariances: .diagonal([[1], [1]])), classes: [.calm, .stressed])
        let markets = Markets.Kind.allCases.map { Markets.bars(900, $0, seed: 13) }
        compare(
            markets, adoptions: markets.map { _ in 100 }, tied,
            hysteresis: HysteresisParameters(entryProbability: 0.5, exitProbability: 0.5))
    }

    @Test("a number that scaling takes beyond what is finite is missing, not clipped")
    func scaledBeyondFinite() throws {
        let manifest = try Markets.manifest {
            $0.features = ["log_return"]
            $0.clip = 2
        }
        let tiny = Markets.changed(
            manifest,
            scaling: FeatureScaling(kind: .standardised, centers: [0], scales: [1e-306], clip: 2))
        let markets = [Markets.Kind.ordinary, .extreme].map { Markets.bars(400, $0, seed: 4) }
        compare(markets, adoptions: [100, 100], tiny)
    }

    @Test("a walk that takes the same model on says the same")
    func equalsAWalk() throws {
        for kind in [ModelKind.hmm, .jump, .rules] {
            let (manifest, bars, steps, range) = try Markets.firstAdoption {
                let training = $0.training
                $0 = .standard(kind)
                $0.training = training
            }
            let model = Markets.model(manifest)
            #expect(model.runsInLanes == (kind == .hmm))
            let classifier = FixedModelClassifier(model, adoptions: [range.lowerBound])
            let found = answers(classifier, [[bars]])[0]
            #expect(range.count > 50)
            #expect(found[range].elementsEqual(steps[range].map(AnswerBits.init)), "\(kind)")
            #expect(
                found.prefix(range.lowerBound).elementsEqual(
                    steps.prefix(range.lowerBound).map(AnswerBits.init)))
        }
    }
}
