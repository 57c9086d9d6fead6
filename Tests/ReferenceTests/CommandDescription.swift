import ArgumentParser
import Foundation

@testable import bloasis

/// The program's verbs and what they take, as the argument parser describes them
/// (`--experimental-dump-help`).
struct CommandDescription: Decodable {
    let command: Verb

    struct Verb: Decodable {
        let commandName: String
        let abstract: String?
        let discussion: String?
        let arguments: [Argument]?
        let subcommands: [Verb]?
    }

    struct Argument: Decodable, Hashable {
        let kind: String
        let isOptional: Bool
        let isRepeating: Bool
        let shouldDisplay: Bool
        let names: [Name]?
        let valueName: String?
        let defaultValue: String?
        let allValues: [String]?
        let abstract: String?
        let discussion: String?

        struct Name: Decodable, Hashable {
            let kind: String
            let name: String
        }
    }

    /// - Throws: when the parser's description is not of the kind that is read here.
    init() throws {
        let dump: String
        do {
            _ = try Bloasis.parseAsRoot(["--experimental-dump-help"])
            throw NoDescription()
        } catch let error as NoDescription {
            throw error
        } catch {
            dump = Bloasis.message(for: error)
        }
        self = try JSONDecoder().decode(CommandDescription.self, from: Data(dump.utf8))
    }

    struct NoDescription: Error {}

    /// But for `help`, which is the parser's own.
    var verbs: [Verb] { (command.subcommands ?? []).filter { $0.commandName != "help" } }

    /// Arguments that most verbs take.
    var common: [Argument] {
        let all = verbs.flatMap(\.shown)
        var seen: Set<Argument> = []
        return all.filter { argument in
            all.count { $0 == argument } * 3 > verbs.count * 2 && seen.insert(argument).inserted
        }
    }
}

extension CommandDescription.Verb {
    var shown: [CommandDescription.Argument] { (arguments ?? []).filter(\.shouldDisplay) }

    var parts: Discussion { Discussion(discussion ?? "") }
}

extension CommandDescription.Argument {
    var isFlag: Bool { kind == "flag" }
    var isPositional: Bool { kind == "positional" }

    /// `-h`, `--help`; empty for a positional one.
    var spelledNames: [String] {
        (names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name }
    }

    /// The first long name, or the only one; `nil` for a positional argument.
    var spelledName: String? {
        spelledNames.first { $0.hasPrefix("--") } ?? spelledNames.first
    }

    /// What a value is called; `nil` for a flag.
    var value: String? { isFlag ? nil : valueName }

    /// As usage has it: `--market <market>`.
    var usage: String {
        let value = value.map { "<\($0)>" }
        let text = [spelledName, value].compactMap(\.self).joined(separator: " ")
        return isRepeating ? text + " …" : text
    }

    /// Everything that is said about it, as one text.
    var meaning: String {
        [abstract, discussion].compactMap(\.self).joined(separator: " ")
    }
}
