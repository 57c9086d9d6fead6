/// What a Swift file declares, as far as indentation tells it.
enum Declarations {
    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "actor", "func", "let", "var", "typealias", "macro",
    ]

    /// Names declared at the left margin, private ones left out.
    static func topLevel(_ file: SourceFile) -> [String] {
        names(in: file.code.filter { $0.first.map { $0 != " " } ?? false })
    }

    /// Names declared one level in: members of the extensions of a file.
    static func members(_ file: SourceFile) -> [String] {
        names(
            in: file.code.filter {
                $0.hasPrefix("    ") && !$0.hasPrefix("     ")
            })
    }

    /// Types that a file extends.
    static func extended(_ file: SourceFile) -> [String] {
        file.code.compactMap { line in
            let words = line.split { $0 == " " || $0 == ":" || $0 == "{" }
            guard line.first != " ", let index = words.firstIndex(of: "extension"),
                index + 1 < words.count
            else { return nil }
            return String(words[index + 1])
        }
    }

    private static func names(in lines: [String]) -> [String] {
        lines.compactMap { line in
            let words = line.split { " :(<{=,?".contains($0) }
            guard !words.contains("private"), !words.contains("fileprivate") else { return nil }
            if words.contains("init"), line.contains("init") { return "init" }
            guard let index = words.firstIndex(where: kinds.contains), index + 1 < words.count
            else { return nil }
            // `static func ==` and other operators have no name to look for.
            let name = words[index + 1]
            let isName = name.first.map { $0.isLetter || $0 == "_" || $0 == "`" } ?? false
            return isName ? String(name.filter { $0 != "`" }) : nil
        }
    }
}
