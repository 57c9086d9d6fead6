import Foundation

/// Files under `Fixtures/golden`.
enum GoldenFile {
    static func lines(_ name: String, source: String = #filePath) -> [Substring] {
        let root = URL(filePath: source).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let url = root.appending(path: "Fixtures/golden/\(name)")
        guard let text = try? String(contentsOf: url, encoding: .utf8) else { return [] }
        return text.split(separator: "\n")
    }
}
