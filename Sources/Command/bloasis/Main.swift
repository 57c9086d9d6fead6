import ArgumentParser

@main
enum Main {
    static func main() async {
        var verb: String?
        do {
            try Bloasis.refuseUnknownVerb(CommandLine.arguments.dropFirst())
            var command = try Bloasis.parseAsRoot()
            verb = settle(command)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            StandardOutput.flush()
        } catch {
            StandardOutput.flush()
            ExitStatus.end(with: error, in: verb)
        }
    }

    /// Decides how a verb shows things; its name.
    private static func settle(_ command: any ParsableCommand) -> String? {
        if let display = (command as? any Verb)?.display { Display.settle(display) }
        return type(of: command).configuration.commandName
    }
}

struct Bloasis: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bloasis",
        abstract: "Tells what kind of market it is, keeps the proof, and says so when it changes.",
        discussion: """
            Begin with backfill, which reads a file of bars. current, history and
            changes ask what it wrote, serve answers others, and doctor says what is in
            force.

            EXAMPLES
              bloasis backfill --csv Fixtures/spx_daily_1999_2018.csv --market SPX
              bloasis current --market SPX
              bloasis changes --market SPX --from 2008-01-01 --to 2010-01-01
              bloasis serve

            EXIT CODES
            \(ExitStatus.allCases.map { "  \($0.rawValue) \($0.meaning)" }
                .joined(separator: "\n"))
            """,
        version: Version.text,
        subcommands: [
            ServeCommand.self, BackfillCommand.self, CurrentCommand.self, HistoryCommand.self,
            ChangesCommand.self, ModelsCommand.self, WatchCommand.self, FitCommand.self,
            ClassifyCommand.self,
            EvaluateCommand.self, VerifyCommand.self, FillCommand.self, PortfolioCommand.self,
            TradeCommand.self, UsersCommand.self, OrganisationsCommand.self,
            FetchCommand.self, ObjectsCommand.self,
            DeadLettersCommand.self, DoctorCommand.self, MigrateCommand.self,
        ])
}

extension Bloasis {
    private static let ownFlags = [
        "--generate-completion-script", "--experimental-dump-help", "---",
    ]

    /// The parser calls a mistyped verb an unexpected argument, and knows none that is like it.
    static func refuseUnknownVerb(_ arguments: ArraySlice<String>) throws {
        var words = arguments
        if words.first == "help" { words = words.dropFirst() }
        guard let word = words.first, word != "help" else { return }
        let verbs = configuration.subcommands.compactMap { $0.configuration.commandName }
        let flags = ["--help", "--help-hidden", "--version", "-h"]
        // The parser has flags of its own, for completions and for documents.
        guard !verbs.contains(word), !flags.contains(word),
            !ownFlags.contains(where: word.hasPrefix)
        else { return }
        let isFlag = word.hasPrefix("-")
        let suggestion = Suggestion.text(for: word, among: isFlag ? flags : verbs)
        throw CommandFailure(
            .wrongUsage,
            "unknown \(isFlag ? "option" : "verb") '\(word)'"
                + (suggestion.isEmpty ? ": bloasis --help lists them" : suggestion))
    }
}

enum Version {
    static let text = "0.1.0"
}
