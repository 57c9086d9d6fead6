import Hindsight
import Market
import Regimes
import TestSupport
import Testing

@testable import RegimeModels

/// Spoilt manifests are refused with a typed error, whatever was done to them; one that was sealed
/// again with right hashes is refused, or answers with probabilities.
@Suite("Property: spoilt manifests")
struct ManifestMutationTests {
    static let tokens = [
        "null", "-1", "0", "1e308", "-1e308", "5e-324", "1e999", "NaN", "\"\"", "[]", "{}", "true",
        "9223372036854775808", "[[[[[[[[", "\u{0}", "\\u0000", "\u{FEFF}", ",", "\"", "}", "]",
    ]

    /// One to four edits: a bit flipped, bytes cut out, doubled, moved or replaced by a token.
    static func spoil(_ bytes: [UInt8], _ generator: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int(generator.unit() * 4) where !bytes.isEmpty {
            let start = Int(generator.unit() * Double(bytes.count))
            let end = min(start + 1 + Int(generator.unit() * 40), bytes.count)
            let token = tokens[Int(generator.unit() * Double(tokens.count))]
            switch Int(generator.unit() * 6) {
            case 0: bytes[start] ^= 1 << UInt8(generator.unit() * 8)
            case 1: bytes.removeSubrange(start..<end)
            case 2: bytes.insert(contentsOf: bytes[start..<end], at: start)
            case 3: bytes.replaceSubrange(start..<end, with: token.utf8)
            case 4: bytes.insert(contentsOf: token.utf8, at: start)
            default: bytes.removeSubrange(start...)
            }
        }
        return bytes
    }

    @Test(arguments: ModelKind.allCases, Sweep.seeds(4))
    func aSpoiltManifestIsRefused(kind: ModelKind, seed: UInt64) throws {
        let manifest = try ManifestTests.manifest(kind)
        let json = Array(manifest.json.utf8)
        var generator = SplitMix64(seed: seed)
        for number in 0..<150 {
            let text = String(decoding: Self.spoil(json, &generator), as: UTF8.self)
            do {
                let read = try ModelManifest(json: text)
                #expect(read == manifest, "seed \(seed), number \(number): \(text)")
            } catch {
                #expect(!"\(error)".isEmpty)
            }
        }
    }

    /// The manifest with one number of its classifier replaced, sealed as if it had been fitted
    /// so; `nil` when what comes out is no classifier.
    static func resealed(_ manifest: ModelManifest, _ generator: inout SplitMix64) -> String? {
        let text = CanonicalJSON.text(manifest.classifier)
        let numbers = text.matches(of: #/-?[0-9][0-9.eE+-]*/#).map(\.range)
        let range = numbers[Int(generator.unit() * Double(numbers.count))]
        let values = ["0", "-1", "1", "2", "-0.5", "1e308", "-1e308", "5e-324", "1e-200", "1e200"]
        let value = values[Int(generator.unit() * Double(values.count))]
        let spoilt = text.replacingCharacters(in: range, with: value)
        guard let classifier = try? CanonicalJSON.value(Classifier.self, from: spoilt) else {
            return nil
        }
        return ModelManifest(classifier: classifier, provenance: manifest.provenance).json
    }

    @Test(arguments: ModelKind.allCases, Sweep.seeds(4))
    func aResealedManifestIsRefusedOrAnswers(kind: ModelKind, seed: UInt64) throws {
        let manifest = try ManifestTests.manifest(kind)
        let specification = RegimeSpecification.quick(kind)
        let observations = History.observations(History.randomWalk(320, seed: 11), specification)
        var generator = SplitMix64(seed: seed)
        var sealed = 0
        for number in 0..<120 {
            guard let json = Self.resealed(manifest, &generator) else { continue }
            sealed += 1
            guard let read = try? ModelManifest(json: json) else { continue }
            var filter = read.makeFilter()
            for observation in observations {
                guard let step = filter.advance(with: observation) else { continue }
                let sum = step.probabilities.values.reduce(0, +)
                #expect((sum - 1).magnitude < 1e-9, "seed \(seed), number \(number): \(json)")
            }
        }
        #expect(sealed > 60)
    }

    /// A number that scaling takes beyond what is finite is a missing input: no chain starts with
    /// it, and a chain that has started predicts.
    @Test(arguments: ModelKind.allCases.filter(\.isFitted))
    func aScalingThatOverflowsLeavesNothingToSee(kind: ModelKind) throws {
        let fitted = try ManifestTests.manifest(kind)
        let zeros = fitted.classifier.features.map { _ in 0.0 }
        let scaling = FeatureScaling(
            kind: .standardised, centers: zeros, scales: zeros.map { _ in .leastNonzeroMagnitude },
            clip: nil)
        let manifest = try ModelManifest(
            json: ModelManifest(
                classifier: fitted.classifier.scaled(by: scaling), provenance: fitted.provenance
            ).json)
        let specification = RegimeSpecification.quick(kind)
        var observations = History.observations(History.randomWalk(320, seed: 11), specification)
        #expect(observations.contains { $0.isComplete })
        var blind = manifest.makeFilter()
        #expect(observations.allSatisfy { blind.advance(with: $0) == nil })
        let unseen = try manifest.smooth(observations)
        #expect(unseen.allSatisfy { $0 == nil })
        observations[300].features = zeros
        var filter = manifest.makeFilter()
        let steps = observations.map { filter.advance(with: $0) }
        #expect(steps[..<300].allSatisfy { $0 == nil })
        #expect(
            steps[300...].map { $0?.inputMissing } == [false] + [Bool](repeating: true, count: 19))
        for step in steps[300...] {
            let sum = try #require(step).probabilities.values.reduce(0, +)
            #expect((sum - 1).magnitude < 1e-9)
        }
        let smoothed = try manifest.smooth(observations)
        #expect(smoothed.map { $0?.inputMissing } == steps.map { $0?.inputMissing })
    }
}

extension Classifier {
    fileprivate func scaled(by scaling: FeatureScaling) -> Classifier {
        Classifier(
            kernelVersion: kernelVersion, model: model, features: features, scaling: scaling,
            parameters: parameters, states: states, taxonomy: taxonomy, rules: rules,
            hysteresis: hysteresis)
    }
}

extension String {
    fileprivate func replacingCharacters(
        in range: Range<String.Index>, with replacement: String
    ) -> String {
        String(self[..<range.lowerBound]) + replacement + String(self[range.upperBound...])
    }
}
