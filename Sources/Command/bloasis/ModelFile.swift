import RegimeModels

/// A model's manifest in a file.
enum ModelFile {
    static func read(_ path: String, for flag: String) throws -> ModelManifest {
        let text = try TextFile.read(path, for: flag)
        do {
            return try ModelManifest(json: text)
        } catch {
            throw CommandFailure(.failed, "\(flag) \(path): \(error)")
        }
    }
}
