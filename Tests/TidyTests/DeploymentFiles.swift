import Foundation
import Yams

/// A file of Docker Compose, as far as the rules ask about it.
struct ComposeFile {
    let root: Node

    /// The whole stack, with all services in one process.
    static let path = SourceTree.root.appending(path: "docker-compose.yml")
    /// What is put on top of it to have a process for each.
    static let servicesPath = SourceTree.root.appending(path: "Deploy/services.yml")

    init(_ path: URL = path) throws {
        let text = try String(contentsOf: path, encoding: .utf8)
        root = try Yams.compose(yaml: text) ?? Node("")
    }

    /// Services by name; what `<<` merges is in each.
    var services: [String: Node] {
        ComposeFile.members(root["services"]).mapValues(ComposeFile.merged)
    }

    /// Names of the volumes that are declared.
    var volumes: Set<String> { Set(ComposeFile.members(root["volumes"]).keys) }

    static func members(_ node: Node?) -> [String: Node] {
        var members: [String: Node] = [:]
        for (key, value) in node?.mapping ?? [:] { members[key.string ?? ""] = value }
        return members
    }

    static func texts(_ node: Node?) -> [String] {
        (node?.sequence ?? []).compactMap { $0.scalar?.string }
    }

    /// A mapping with what it merges.
    static func merged(_ node: Node) -> Node {
        guard let defaults = node["<<"]?.mapping, let own = node.mapping else { return node }
        var pairs = Dictionary(defaults.map { ($0, $1) }, uniquingKeysWith: { $1 })
        for (key, value) in own where key.string != "<<" { pairs[key] = value }
        return Node(pairs.map { ($0.key, $0.value) })
    }
}

/// `Deploy/Dockerfile`, as far as the rules ask about it.
struct Dockerfile {
    struct Stage {
        let image: String
        /// Instructions after `FROM`: the word, and the rest in one line.
        var instructions: [(word: String, rest: String)] = []

        /// Packages that its `apt-get install` names.
        var packages: Set<String> {
            var packages: Set<String> = []
            for (word, rest) in instructions where word == "RUN" {
                for command in rest.split(separator: "&&") {
                    let words = command.split(separator: " ")
                    guard words.starts(with: ["apt-get", "install"]) else { continue }
                    packages.formUnion(
                        words.dropFirst(2).filter { !$0.hasPrefix("-") }.map(String.init))
                }
            }
            return packages
        }

        func arguments(of word: String) -> [[String]] {
            instructions.filter { $0.word == word }
                .map { $0.rest.split(separator: " ").map(String.init) }
        }
    }

    private(set) var stages: [Stage] = []

    init(_ text: String) {
        let lines = text.replacing("\\\n", with: " ").split(separator: "\n")
        for line in lines where !line.hasPrefix("#") {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            if parts[0] == "FROM" {
                stages.append(Stage(image: String(parts[1].prefix { $0 != " " })))
            } else if !stages.isEmpty {
                stages[stages.count - 1].instructions.append((parts[0], parts[1]))
            }
        }
    }

    static func read() throws -> Dockerfile {
        let path = SourceTree.root.appending(path: "Deploy/Dockerfile")
        return Dockerfile(try String(contentsOf: path, encoding: .utf8))
    }
}

/// Names of what runs elsewhere.
enum ImageName {
    /// Whether a name says which version it means.
    static func isPinned(_ image: String) -> Bool {
        let name = image.split(separator: "/").last ?? ""
        let parts = name.split(separator: ":", maxSplits: 1)
        return parts.count == 2 && !parts[1].hasPrefix("latest")
    }
}
