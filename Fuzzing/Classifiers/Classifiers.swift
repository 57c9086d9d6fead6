import Answers
import Driver
import Kernels
import Market

@testable import RegimeModels

/// Any classifier, sealed with the right hashes, is refused as one that does not fit together, or
/// answers with probabilities.
@main
enum Classifiers {
    static func main() {
        fuzz { start, count in
            let bytes = UnsafeBufferPointer(start: start, count: count)
            Classifiers.check(String(decoding: bytes, as: UTF8.self))
            return 0
        }
    }

    static let provenance = Provenance(
        fitKey: "none", trainedFrom: Timestamp(nanoseconds: 0),
        trainedThrough: Timestamp(nanoseconds: 1), observations: 0, dataHash: "none", seed: 0,
        report: nil)

    static func check(_ text: String) {
        guard let classifier = try? CanonicalJSON.value(Classifier.self, from: text) else {
            return
        }
        let manifest = ModelManifest(classifier: classifier, provenance: provenance)
        do throws(ManifestError) {
            let read = try ModelManifest(json: manifest.json)
            expect(read == manifest, "read back as another manifest")
            Answers.check(read)
        } catch {
            switch error {
            case .inconsistent, .otherKernel: break
            default: expect(false, "sealed, yet refused: \(error)")
            }
        }
    }
}
