/// Nothing lies about that nobody uses.
enum UseRules {
    /// Swift files none of whose names occurs in another file.
    ///
    /// A file is an entry point when it holds `@main` or tests. A file with extensions is also used
    /// when a member's name occurs elsewhere, or when it adds a conformance.
    static func deadFiles(_ files: [SourceFile]) -> [Violation] {
        let words = files.map { CodeSearch.words($0.code) }
        var occurrences: [Substring: Int] = [:]
        for set in words {
            for word in set { occurrences[word, default: 0] += 1 }
        }
        return zip(files, words).compactMap { file, own in
            if own.contains("main") && file.text.contains("@main") { return nil }
            if file.text.contains("@Test") || file.text.contains("@Suite") { return nil }
            let extendsOthers = !Declarations.extended(file).isEmpty
            let names =
                Declarations.topLevel(file)
                + (extendsOthers ? Declarations.members(file) : [])
            let isUsed = names.contains { (occurrences[$0[...]] ?? 0) > 1 || $0 == "init" }
            if isUsed || (extendsOthers && addsConformance(file)) { return nil }
            return Violation(
                path: file.path, line: 0, message: "nothing in it is named anywhere else: dead")
        }
    }

    private static func addsConformance(_ file: SourceFile) -> Bool {
        file.code.contains {
            ($0.hasPrefix("extension ") || $0.hasPrefix("package extension ")) && $0.contains(":")
        }
    }

    /// Fixtures that the list of origins does not name.
    static func strayFixtures(_ paths: [String], origins: String) -> [Violation] {
        paths.filter { !$0.hasSuffix("/ORIGINS.md") }.compactMap { path in
            let name = path.split(separator: "/").last.map(String.init) ?? path
            guard !origins.contains(name) else { return nil }
            return Violation(
                path: path, line: 0, message: "Fixtures/ORIGINS.md does not say where it is from")
        }
    }

    /// Documents that no other document links to.
    static func orphanedDocuments(_ documents: [SourceFile]) -> [Violation] {
        documents.filter { $0.path != "README.md" }.compactMap { document in
            let isLinked = documents.contains { other in
                other.path != document.path && links(other).contains(document.path)
            }
            guard !isLinked else { return nil }
            return Violation(
                path: document.path, line: 0, message: "no other document links to it")
        }
    }

    /// Links of documents to files that do not exist.
    static func deadLinks(_ documents: [SourceFile], exists: (String) -> Bool) -> [Violation] {
        documents.flatMap { document in
            links(document).filter { !exists($0) }.map {
                Violation(
                    path: document.path, line: 0, message: "links to \($0), which is not there")
            }
        }
    }

    /// The files a Markdown text links to, as paths from the root.
    static func links(_ document: SourceFile) -> [String] {
        let folder = document.path.split(separator: "/").dropLast().map(String.init)
        return document.text.split(separator: "](").dropFirst().compactMap { piece in
            let target = piece.prefix { $0 != ")" && $0 != "#" && $0 != " " }
            guard !target.isEmpty, !target.contains(":") else { return nil }
            var parts = target.hasPrefix("/") ? [] : folder
            for part in target.split(separator: "/") {
                switch part {
                case ".": break
                case "..": _ = parts.popLast()
                default: parts.append(String(part))
                }
            }
            return parts.joined(separator: "/")
        }
    }
}
