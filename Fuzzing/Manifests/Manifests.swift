import Answers
import Driver
import RegimeModels

/// Any bytes are a manifest that can compute, written as this program writes it, or give a typed
/// error.
@main
enum Manifests {
    static func main() {
        fuzz { start, count in
            let bytes = UnsafeBufferPointer(start: start, count: count)
            let text = String(decoding: bytes, as: UTF8.self)
            do throws(ManifestError) {
                let manifest = try ModelManifest(json: text)
                expect(text.contains(manifest.json), "accepted, but not as it is written")
                Answers.check(manifest)
            } catch {
                expect(!error.description.isEmpty, "an error without words")
            }
            return 0
        }
    }
}
