/// The module table of `Package.swift`, read as text.
struct ManifestTable {
    struct Row: Equatable {
        var name: String
        var storey: String
        var uses: [String]
        /// Products of packages, by the name they are imported with.
        var libraries: [String]
        var allowsUnsafe: Bool
    }

    private(set) var rows: [Row] = []
    /// Test targets with the modules and products they may import.
    private(set) var tests: [String: Set<String>] = [:]

    init(_ text: String) {
        let libraryNames = ManifestTable.libraryNames(text)
        for call in ManifestTable.calls("Module(", in: text) {
            guard let name = ManifestTable.strings(call).first,
                let storey = call.split(separator: ",").dropFirst().first?
                    .drop(while: { $0 != "." }).dropFirst()
                    .prefix(while: \.isLetter)
            else { continue }
            rows.append(
                Row(
                    name: name, storey: storey.prefix(1).uppercased() + storey.dropFirst(),
                    uses: ManifestTable.strings(ManifestTable.list("uses:", in: call)),
                    libraries: ManifestTable.cases(ManifestTable.list("libraries:", in: call))
                        .compactMap { libraryNames[$0] },
                    allowsUnsafe: call.contains(".unsafeAllowed")))
        }
        for call in ManifestTable.calls(" tests(", in: text) {
            let names = ManifestTable.strings(call)
            guard let name = names.first else { continue }
            let lists = call.split(separator: "[", omittingEmptySubsequences: false)
            let products = lists.dropFirst(2).flatMap { ManifestTable.cases(String($0)) }
            tests[name] = Set(names.dropFirst()).union(products.compactMap { libraryNames[$0] })
        }
    }

    func row(_ name: String) -> Row? { rows.first { $0.name == name } }

    /// `case nioCore = "NIOCore"` of the library enumeration.
    private static func libraryNames(_ text: String) -> [String: String] {
        var names: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "=" || $0 == "\"" }
            if words.count == 3, words[0] == "case", line.contains("= \"") {
                names[String(words[1])] = String(words[2])
            }
        }
        return names
    }

    /// The argument text of every call that starts with a prefix and a string literal.
    private static func calls(_ prefix: String, in text: String) -> [String] {
        var calls: [String] = []
        var rest = text[...]
        while let range = rest.firstRange(of: prefix) {
            rest = rest[range.upperBound...]
            guard rest.drop(while: \.isWhitespace).first == "\"" else { continue }
            var depth = 1
            let arguments = rest.prefix { character in
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                return depth > 0
            }
            calls.append(String(arguments))
        }
        return calls
    }

    private static func list(_ label: String, in call: String) -> String {
        guard let range = call.firstRange(of: label) else { return "" }
        return String(call[range.upperBound...].prefix { $0 != "]" })
    }

    private static func strings(_ text: String) -> [String] {
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        return parts.enumerated().compactMap { $0.offset % 2 == 1 ? String($0.element) : nil }
    }

    /// `nioCore` of `.nioCore`.
    private static func cases(_ text: String) -> [String] {
        text.split(separator: ".", omittingEmptySubsequences: false).dropFirst().map {
            String($0.prefix { $0.isLetter || $0.isNumber })
        }
    }
}
