import TestSupport

@testable import bloasis

/// `Documentation/Reference/cli.md`.
struct CommandReference {
    let description: CommandDescription

    var text: String {
        let root = description.command
        let common = description.common
        var text = """
            # Command line

            Made from the program's description of its own arguments by `make docs`; edit the
            commands, not this page. `bloasis help VERB` tells the same, and so do the manual pages
            `bloasis.1` and `bloasis-VERB.1` that `make install` brings, with completions for bash,
            zsh and fish ([in a shell](../HowTo/shell.md)).

            \(root.abstract ?? "")


            """
        text += Markdown.table(
            ["verb", "what it does"],
            description.verbs.map {
                ["[`\($0.commandName)`](#bloasis-\($0.commandName))", $0.abstract ?? ""]
            })
        for paragraph in root.parts.paragraphs { text += paragraph + "\n\n" }
        text += parts(of: root.parts)
        text += "## Exit codes\n\n"
        text += Markdown.table(
            ["code", "meaning"],
            ExitStatus.allCases.map { [Markdown.code("\($0.rawValue)"), $0.meaning] })
        text += """
            ## Common options

            Most verbs take these. A variable in parentheses says the same where the option is
            left out; all of them are in [CONFIGURATION](../CONFIGURATION.md).


            """
        text += table(of: common)
        for verb in description.verbs { text += section(of: verb, without: common) }
        return String(text.dropLast())
    }

    private func section(
        of verb: CommandDescription.Verb, without common: [CommandDescription.Argument]
    ) -> String {
        var text = "## bloasis \(verb.commandName)\n\n\(verb.abstract ?? "")\n\n"
        text += Markdown.block([usage(of: verb, without: common)])
        for paragraph in verb.parts.paragraphs { text += paragraph + "\n\n" }
        text += table(of: verb.shown.filter { !common.contains($0) })
        let others = verb.shown.filter { common.contains($0) }.compactMap(\.spelledName)
        if !others.isEmpty {
            text +=
                "And " + others.map(Markdown.code).joined(separator: ", ")
                + ": [common options](#common-options).\n\n"
        }
        return text + parts(of: verb.parts)
    }

    /// What must be given, and that the rest may be.
    private func usage(
        of verb: CommandDescription.Verb, without common: [CommandDescription.Argument]
    ) -> String {
        let needed = verb.shown.filter { !$0.isOptional }.map(\.usage)
        let places = verb.shown.filter { $0.isOptional && $0.isPositional }.map { "[\($0.usage)]" }
        return (["bloasis", verb.commandName, "[options]"] + needed + places)
            .joined(separator: " ")
    }

    private func table(of arguments: [CommandDescription.Argument]) -> String {
        Markdown.table(
            ["argument", "values", "default", "meaning"],
            arguments.map { argument in
                let names =
                    argument.spelledNames.filter { $0 != argument.spelledName } + [argument.usage]
                return [
                    names.map(Markdown.code).joined(separator: ", "),
                    (argument.allValues ?? []).map(Markdown.code).joined(separator: ", "),
                    argument.defaultValue.map(Markdown.code) ?? "",
                    argument.meaning + (argument.isOptional ? "" : " *Required.*"),
                ]
            })
    }

    private func parts(of discussion: Discussion) -> String {
        discussion.parts.filter { $0.heading != "EXIT CODES" }.map { part in
            let title = part.heading.prefix(1) + part.heading.dropFirst().lowercased()
            let language = part.heading == Discussion.examples ? "sh" : ""
            return "\(title):\n\n" + Markdown.block(part.lines, language)
        }.joined()
    }
}
