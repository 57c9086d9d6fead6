import Driver
import Kernels
import Market
package import RegimeModels
import Regimes

/// What must hold for a model that was accepted, whatever it says and whatever comes.
package enum Answers {
    static let barCount = 240
    static let widthLimit = 128
    /// How far the probabilities of a bar may be from a sum of 1.
    static let tolerance = 1e-9

    /// Features of ordinary size, and now and then one that is missing, 0, tiny or huge: what
    /// comes from a file may be any number.
    static let bars: [[Double]] = {
        var generator = SeededGenerator(seed: 20_261_121)
        let extremes = [.nan, 0, .leastNonzeroMagnitude, 1e-300, 1e12, -1e12, 1e155, 1e300, -1e308]
        return (0..<barCount).map { bar in
            let scale = [1e-2, 1, 30][bar / 16 % 3]
            return (0..<widthLimit).map { _ in
                generator.unit() < 0.01 && bar % 8 == 7
                    ? extremes[Int(generator.unit() * Double(extremes.count))]
                    : scale * (generator.unit() + generator.unit() + generator.unit() - 1.5)
            }
        }
    }()

    /// Runs a model's filter, its hysteresis and the words for its answers.
    package static func check(_ manifest: ModelManifest) {
        let width = manifest.classifier.features.count
        let isFitted = manifest.classifier.model.isFitted
        guard width <= widthLimit else { return }
        var filter = manifest.makeFilter()
        var hysteresis = Hysteresis(manifest.classifier.hysteresis)
        var before: FilterStep?
        for (number, values) in bars.enumerated() {
            let features = Array(values.prefix(width))
            var context = MarketContext.unknown
            context.drawdown = -values[0].magnitude
            context.volatilityRank = values[1].magnitude
            context.longRunVolatility = values[2].magnitude
            context.trend = values[3]
            context.momentum = values[4]
            context.volatility = values[5]
            context.vix = values[6]
            let observation = Observation(
                timestamp: Timestamp(nanoseconds: Int64(number)), features: features,
                context: context,
                isComplete: isFitted ? features.allSatisfy(\.isFinite) : context.isComplete)
            guard let step = filter.advance(with: observation) else { continue }
            checkSum(step.probabilities.values, "label", number)
            if isFitted { checkSum(Array(step.stateProbabilities), "state", number) }
            let published = hysteresis.advance(step.probabilities, raw: step.rawRegime)
            let text = Reasoning.text(step, before: before, published: published, nil)
            expect(!text.isEmpty, "an answer without words")
            before = step
        }
    }

    private static func checkSum(_ values: [Double], _ what: String, _ bar: Int) {
        expect(
            values.allSatisfy { (0...(1 + tolerance)).contains($0) },
            "\(what) probabilities \(values) at bar \(bar)")
        let sum = values.reduce(0, +)
        expect((sum - 1).magnitude < tolerance, "\(what) probabilities add up to \(sum)")
    }
}
