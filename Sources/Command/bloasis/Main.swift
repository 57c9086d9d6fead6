import ArgumentParser

@main
enum Main {
    static func main() async {
        do {
            var command = try Bloasis.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            StandardOutput.flush()
        } catch {
            StandardOutput.flush()
            ExitStatus.end(with: error)
        }
    }
}

struct Bloasis: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bloasis",
        abstract: "Tells what kind of market it is, keeps the proof, and says so when it changes.",
        discussion: """
            Begin with backfill, which reads a file of bars. current, history and changes ask
            what it wrote, serve answers others, and doctor says what is in force.

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
            ChangesCommand.self, WatchCommand.self, FitCommand.self, ClassifyCommand.self,
            EvaluateCommand.self, VerifyCommand.self, FillCommand.self, PortfolioCommand.self,
            FetchCommand.self, DoctorCommand.self, MigrateCommand.self,
        ])
}

enum Version {
    static let text = "0.1.0"
}
