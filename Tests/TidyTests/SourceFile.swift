import Foundation

/// A text file of the repository.
struct SourceFile: Sendable {
    /// From the repository's root, with `/`.
    let path: String
    let text: String
    let lines: [Substring]
    /// Swift lines with comments and the contents of strings blanked out; empty for other files.
    let code: [String]

    init(_ path: String, _ text: String) {
        self.path = path
        self.text = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let isSwift = path.hasSuffix(".swift")
        code = isSwift ? SwiftScanner.codeLines(text) : []
    }

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    var isSwift: Bool { path.hasSuffix(".swift") }
    var isGenerated: Bool { path.contains("/Generated/") }
    var isTest: Bool { path.hasPrefix("Tests/") }

    /// `Domain` of `Sources/Domain/Market/Bar.swift`.
    var storey: String? { part(1) }
    /// `Market` of `Sources/Domain/Market/Bar.swift`.
    var module: String? { part(2) }

    private func part(_ index: Int) -> String? {
        let parts = path.split(separator: "/")
        guard parts.first == "Sources", parts.count > index + 1 else { return nil }
        return String(parts[index])
    }
}

/// A broken rule, where it is broken.
struct Violation: Equatable, CustomStringConvertible {
    var path: String
    /// 1 for the first; 0 when it is about the file as a whole.
    var line: Int
    var message: String

    var description: String { line == 0 ? "\(path): \(message)" : "\(path):\(line): \(message)" }
}

/// The files that make the repository, build products and local data left out.
enum SourceTree {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static let folders = [
        "Sources", "Tests", "Benchmarks", "Configurations", "Deploy", "Documentation", "Examples",
        "Fixtures", "Fuzzing", "Protos", "Scripts",
    ]

    /// Every path below a folder, sorted; directories left out.
    static func paths(in folder: String) -> [String] {
        let base = root.appending(path: folder)
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: base.path)) ?? []
        return names.filter { name in
            var isDirectory: ObjCBool = false
            let path = base.appending(path: name).path
            let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
            let isHidden = name.split(separator: "/").contains {
                $0.hasPrefix(".") || $0 == "__pycache__"
            }
            return exists && !isDirectory.boolValue && !isHidden
        }.sorted().map { folder + "/" + $0 }
    }

    private static let topLevel: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        let kept = ["Makefile", "Package.swift", "LICENSE", "docker-compose.yml"]
        return names.filter { $0.hasSuffix(".md") || kept.contains($0) }.sorted()
    }()

    private static let textEndings = [
        ".swift", ".md", ".sh", ".py", ".sql", ".proto", ".html", ".css", ".js", ".json", ".yaml",
        ".yml", "Makefile", "LICENSE", "Dockerfile",
    ]

    static let all: [SourceFile] = (folders.flatMap(paths) + topLevel).compactMap { path in
        guard textEndings.contains(where: path.hasSuffix), !path.hasPrefix("Fixtures/golden/"),
            let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8)
        else { return nil }
        return SourceFile(path, text)
    }

    /// Without the nested packages, whose modules are rows of their own manifests.
    static let swift = all.filter {
        $0.isSwift && !$0.isGenerated && $0.path != "Package.swift"
            && !$0.path.hasPrefix("Benchmarks/") && !$0.path.hasPrefix("Fuzzing/")
    }
    static let sources = swift.filter { !$0.isTest }
    static let manifest = all.first { $0.path == "Package.swift" }
}
