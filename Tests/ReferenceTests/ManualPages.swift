@testable import bloasis

/// Manual pages in mdoc, of the program and of each verb.
struct ManualPages {
    let description: CommandDescription

    /// When what is said beside the descriptions was written last: pages made twice are equal.
    private static let date = "November 23, 2026"
    private static let program = "bloasis"

    /// By file name.
    var all: [(name: String, text: String)] {
        [(ManualPages.program + ".1", programPage)]
            + description.verbs.map { ("\(name(of: $0)).1", page(of: $0)) }
    }

    private func name(of verb: CommandDescription.Verb) -> String {
        "\(ManualPages.program)-\(verb.commandName)"
    }

    private var programPage: String {
        let root = description.command
        var page = MdocText(
            title: ManualPages.program, date: ManualPages.date,
            system: "Bloasis \(Version.text)")
        page.section("NAME")
        page.macro("Nm", ManualPages.program)
        page.macro("Nd", ManualPages.phrase(root.abstract))
        page.section("SYNOPSIS")
        page.macro("Nm", ManualPages.program)
        page.macro("Ar", "verb")
        page.macro("Op", "Ar options")
        page.section("DESCRIPTION")
        page.text(root.abstract ?? "")
        for paragraph in root.parts.paragraphs { page.paragraph(paragraph) }
        page.paragraph("Its verbs, each with a page of its own:")
        page.list(width: "evaluateXX") { page in
            for verb in description.verbs {
                page.raw(".It Xr \(name(of: verb)) 1")
                page.text(verb.abstract ?? "")
            }
        }
        write(root.shown, to: &page)
        write(root.parts, to: &page)
        environment(&page)
        exitStatus(&page)
        examples(of: root.parts, &page)
        page.section("SEE ALSO")
        page.references(description.verbs.map { name(of: $0) })
        return page.whole
    }

    private func page(of verb: CommandDescription.Verb) -> String {
        var page = MdocText(
            title: name(of: verb), date: ManualPages.date, system: "Bloasis \(Version.text)")
        page.section("NAME")
        page.macro("Nm", name(of: verb))
        page.macro("Nd", ManualPages.phrase(verb.abstract))
        page.section("SYNOPSIS")
        page.macro("Nm", "\(ManualPages.program) \(verb.commandName)")
        for argument in verb.shown { page.raw(MdocText.synopsis(of: argument)) }
        page.section("DESCRIPTION")
        page.text(verb.abstract ?? "")
        for paragraph in verb.parts.paragraphs { page.paragraph(paragraph) }
        write(verb.shown, to: &page)
        write(verb.parts, to: &page)
        environment(&page)
        exitStatus(&page)
        examples(of: verb.parts, &page)
        page.section("SEE ALSO")
        page.references([ManualPages.program])
        return page.whole
    }

    private func write(_ arguments: [CommandDescription.Argument], to page: inout MdocText) {
        guard !arguments.isEmpty else { return }
        page.section("OPTIONS")
        page.list(width: "Ds") { page in
            for argument in arguments {
                page.raw(MdocText.item(of: argument))
                page.text(argument.meaning)
                if let values = argument.allValues {
                    page.text("One of \(values.joined(separator: ", ")).")
                }
                if let standard = argument.defaultValue { page.text("Default: \(standard).") }
            }
        }
    }

    private func write(_ discussion: Discussion, to page: inout MdocText) {
        for part in discussion.parts
        where part.heading != "EXIT CODES" && part.heading != Discussion.examples {
            page.section(part.heading)
            page.literal(part.lines)
        }
    }

    private func examples(of discussion: Discussion, _ page: inout MdocText) {
        page.section(Discussion.examples)
        page.literal(discussion.exampleLines)
    }

    private func environment(_ page: inout MdocText) {
        page.section("ENVIRONMENT")
        page.text(
            "A variable that an option names in parentheses says the same where the option is "
                + "left out. Variables are also read from a file .env in the working directory.")
        page.text("The document CONFIGURATION.md lists all of them.")
    }

    private func exitStatus(_ page: inout MdocText) {
        page.section("EXIT STATUS")
        page.list(width: "Ds") { page in
            for status in ExitStatus.allCases {
                page.raw(".It \(status.rawValue)")
                page.text(status.meaning)
            }
        }
    }

    /// An abstract as `whatis` shows it: not a sentence.
    private static func phrase(_ abstract: String?) -> String {
        guard let abstract, let first = abstract.first else { return "" }
        let whole = first.lowercased() + abstract.dropFirst()
        return whole.hasSuffix(".") ? String(whole.dropLast()) : whole
    }
}
