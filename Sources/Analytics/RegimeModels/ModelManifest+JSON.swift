import Kernels

/// Why a manifest is refused.
package enum ManifestError: Error, Equatable, Sendable {
    case unreadable(reason: String)
    case newerFormat(found: Int, known: Int)
    case olderFormat(found: Int, known: Int)
    case otherKernel(found: String, known: String)
    case wrongHash(stated: String, computed: String)
    case wrongChecksum
    case notCanonical
    case inconsistent(reason: String)
}

extension ManifestError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let reason):
            "the model manifest cannot be read (\(reason)): it may be cut off, or no manifest; "
                + "give a file that fit wrote"
        case .newerFormat(let found, let known):
            "the model manifest has format \(found), this program reads \(known): use the newer "
                + "program that wrote it, or fit the model again"
        case .olderFormat(let found, let known):
            "the model manifest has format \(found), this program reads \(known) and computes with "
                + "other arithmetic: fit the model again"
        case .otherKernel(let found, let known):
            "the model was made with \(found), this program computes with \(known) and could "
                + "answer with other bits: fit the model again"
        case .wrongHash(let stated, let computed):
            "the model manifest says version \(stated) but its content hashes to \(computed): it "
                + "was changed after the fit; fit the model again"
        case .wrongChecksum:
            "the model manifest's provenance does not match its checksum: it was changed after "
                + "the fit; fit the model again"
        case .notCanonical:
            "the model manifest is not in canonical form: it was reformatted or given fields "
                + "that do not belong to it; fit the model again"
        case .inconsistent(let reason):
            "the model manifest does not fit together: \(reason); fit the model again"
        }
    }
}

extension ModelManifest {
    /// Canonical JSON; reading it back gives the same bits.
    package var json: String { CanonicalJSON.text(self) }

    /// Reads what `json` wrote; white space around it is let pass, nothing else is.
    ///
    /// - Throws: `ManifestError` with the reason.
    package init(json text: String) throws(ManifestError) {
        struct Envelope: Decodable {
            let format: Int
        }
        let manifest: ModelManifest
        do {
            let format = try CanonicalJSON.value(Envelope.self, from: text).format
            let known = ModelManifest.formatVersion
            guard format <= known else {
                throw ManifestError.newerFormat(found: format, known: known)
            }
            guard format > 0 else {
                throw ManifestError.unreadable(reason: "format \(format) never existed")
            }
            guard format == known else {
                throw ManifestError.olderFormat(found: format, known: known)
            }
            manifest = try CanonicalJSON.value(ModelManifest.self, from: text)
        } catch let error as ManifestError {
            throw error
        } catch {
            throw .unreadable(reason: ManifestError.reason(of: error))
        }
        let computed = CanonicalJSON.hash(CanonicalJSON.text(manifest.classifier))
        guard manifest.modelVersion == computed else {
            throw .wrongHash(stated: manifest.modelVersion, computed: computed)
        }
        let checksum = ModelManifest.checksum(manifest.classifier, manifest.provenance)
        guard manifest.checksum == checksum else { throw .wrongChecksum }
        let kernel = manifest.classifier.kernelVersion
        guard kernel == KernelVersion.current else {
            throw .otherKernel(found: kernel, known: KernelVersion.current)
        }
        if let problem = manifest.classifier.inconsistency {
            throw .inconsistent(reason: problem)
        }
        guard text.trimmingWhitespace == manifest.json else { throw .notCanonical }
        self = manifest
    }
}

extension ManifestError {
    fileprivate static func reason(of error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "«\(key.stringValue)» is missing"
        case DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context), DecodingError.dataCorrupted(let context):
            context.debugDescription
        default: "not JSON"
        }
    }
}

extension String {
    fileprivate var trimmingWhitespace: Substring {
        let start = firstIndex { !$0.isWhitespace } ?? endIndex
        let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? endIndex
        return self[start..<end]
    }
}
