import Foundation

/// The documents that are followed: what a reader of the repository is told to type.
enum DocumentTree {
    /// Those that say why something was decided, and those that are made from code.
    private static let apart = ["Documentation/Decisions/", "Documentation/Reference/"]

    static let pages: [DocumentPage] = paths.map { path in
        let file = IndependentClient.root.appending(path: path)
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return DocumentPage(path: path, text: text)
    }

    private static var paths: [String] {
        let root = IndependentClient.root
        let found = ["Documentation", "Examples"].flatMap { folder in
            let names = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
            return names?.compactMap { "\(folder)/\($0)" } ?? []
        }
        return ["README.md", "CONTRIBUTING.md"]
            + found.filter { path in
                path.hasSuffix(".md") && !apart.contains { path.hasPrefix($0) }
            }.sorted()
    }
}
