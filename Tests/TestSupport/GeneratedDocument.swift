package import Foundation
package import Testing

/// A document that is made from code, so that it cannot say something else.
package enum GeneratedDocument {
    /// The repository's own directory.
    package static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// With `REGENERATE=1` the tests write what they would compare; `make docs` does that.
    package static var isWritten: Bool {
        ProcessInfo.processInfo.environment["REGENERATE"] == "1"
    }

    /// - Parameter path: in the repository.
    package static func expect(
        _ text: String, at path: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = repository.appending(path: path)
        if isWritten {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let committed = try? String(contentsOf: file, encoding: .utf8)
        #expect(
            committed == text, "\(path) is out of date: run `make docs`",
            sourceLocation: sourceLocation)
    }

    /// The same of a folder that holds nothing else.
    ///
    /// - Parameter texts: by file name.
    package static func expect(
        _ texts: [(name: String, text: String)], in folder: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for (name, text) in texts {
            try expect(text, at: "\(folder)/\(name)", sourceLocation: sourceLocation)
        }
        let directory = repository.appending(path: folder)
        let names = Set(texts.map(\.name))
        let present = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        for stray in present where !names.contains(stray) {
            if isWritten {
                try FileManager.default.removeItem(at: directory.appending(path: stray))
            } else {
                Issue.record(
                    "\(folder)/\(stray) is made by nothing: run `make docs`",
                    sourceLocation: sourceLocation)
            }
        }
    }
}

/// Markdown of generated documents.
package enum Markdown {
    package static func code(_ text: String) -> String { "`\(text)`" }

    /// A table; nothing for no rows.
    package static func table(_ header: [String], _ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "" }
        let rule = header.map { _ in "---" }
        let lines = [header, rule] + rows.map { $0.map(cell) }
        return lines.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined() + "\n"
    }

    private static func cell(_ text: String) -> String {
        text.replacing("\n", with: " ").replacing("|", with: "\\|")
    }

    package static func block(_ lines: [String], _ language: String = "") -> String {
        "```\(language)\n" + lines.joined(separator: "\n") + "\n```\n\n"
    }
}
