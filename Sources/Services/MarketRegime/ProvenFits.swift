import Ports

/// Fits that were made anew once and were as the store has them: they need not be made again.
struct ProvenFits {
    /// Fits that are remembered; others are made again each time.
    static let limit = 100_000

    /// Hashes of the manifests, by what the fits depend on.
    private var manifests: [String: Int] = [:]

    mutating func remember(_ models: [StoredModel]) {
        for model in models {
            guard manifests.count < ProvenFits.limit else { return }
            manifests[model.fitKey] = model.manifest.hashValue
        }
    }

    /// Whether a model that is stored now is the one that was proven.
    func holds(_ model: StoredModel) -> Bool {
        manifests[model.fitKey] == model.manifest.hashValue
    }
}
