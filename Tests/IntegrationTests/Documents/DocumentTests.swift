import Foundation
import TestSupport
import Testing

/// What the documents tell a reader to type is typed.
@Suite("The documents", .serialized, .timeLimit(.minutes(15)))
struct DocumentTests {
    private static let tutorial = "Documentation/Tutorial.md"
    /// From a file of one's own to everything that the tutorial has.
    private static let tutorialLimit = Duration.seconds(120)

    @Test("every block of theirs is run, shown by one that is, or said not to be")
    func marks() {
        let pages = DocumentTree.pages
        #expect(pages.contains { $0.path == Self.tutorial })
        for page in pages { #expect(page.problems.isEmpty, "\(page.path): \(page.problems)") }
    }

    @Test(
        "their commands do what they say, from top to bottom in a fresh folder",
        arguments: DocumentTree.pages.filter { !$0.runs.isEmpty })
    func following(_ page: DocumentPage) async throws {
        let bench = try DocumentBench(python: try await IndependentClient.interpreter())
        defer { bench.remove() }
        let clock = ContinuousClock()
        let began = clock.now
        let report = try await bench.follow(page)
        let taken = clock.now - began
        #expect(page.path != Self.tutorial || taken < Self.tutorialLimit)
        if ProcessInfo.processInfo.environment["REGENERATE"] == "1" {
            let file = IndependentClient.root.appending(path: page.path)
            try Data(report.renewedText.utf8).write(to: file)
        }
        for problem in report.problems { Issue.record("\(page.path), \(problem)") }
    }

    @Test("their figures stand where they are said to be from")
    func figures() throws {
        var count = 0
        for page in DocumentTree.pages {
            for figures in DocumentFigures.all(in: page) {
                let strangers = figures.strangers(in: try text(figures.source))
                #expect(strangers.isEmpty, "\(page.path), line \(figures.line): \(strangers)")
                count += figures.numbers.count
            }
        }
        #expect(count > 20)
    }

    @Test("between backticks are verbs, options and words of `make` that there are")
    func words() async throws {
        let helps = try await helps()
        let makefile = try text("Makefile")
        // Options without their verb may be those of scripts, too.
        let scripts = try FileManager.default.contentsOfDirectory(
            atPath: IndependentClient.root.appending(path: "Scripts").path)
        let all =
            try helps.values.joined() + makefile
            + scripts.map { try text("Scripts/\($0)") }
            .joined()
        for page in DocumentTree.pages {
            let words = DocumentWords(page)
            let strangers =
                words.commands.flatMap { command -> [(Int, String)] in
                    let help = helps[command.verb]
                    let unknown = command.options.filter { help?.contains($0) != true }
                    let verb = help == nil ? [command.verb] : []
                    return (verb + unknown).map { (command.line, $0) }
                } + words.options.filter { !all.contains($0.option) }
                + words.targets.filter { !makefile.contains("\n\($0.word):") }
            #expect(strangers.isEmpty, "\(page.path): \(strangers)")
        }
    }

    /// What the program says of each verb that the documents name.
    private func helps() async throws -> [String: String] {
        let program = try Program.fresh()
        defer { program.remove() }
        let verbs = Set(DocumentTree.pages.flatMap { DocumentWords($0).verbs })
        var helps: [String: String] = [:]
        for verb in verbs {
            let help = try await program.run(verb, "--help").output
            if help.contains("USAGE: bloasis \(verb)") { helps[verb] = help }
        }
        return helps
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: IndependentClient.root.appending(path: path), encoding: .utf8)
    }

    /// How many blocks of which page; who adds one says so here.
    private static let skippedBlocks = [
        "CONTRIBUTING.md": 2, "Documentation/ADDING_A_SERVICE.md": 1,
        "Documentation/Dashboard.md": 1,
        "Documentation/HowTo/distributed-backfill.md": 1, "Documentation/HowTo/full-stack.md": 7,
        "Documentation/HowTo/language-models.md": 2, "Documentation/HowTo/objects.md": 1,
        "Documentation/HowTo/universes.md": 1, "README.md": 1,
    ]

    @Test("what cannot be run here is known, and told")
    func skipped() {
        var found: [String: Int] = [:]
        for page in DocumentTree.pages {
            for block in page.blocks {
                guard case .skipped(let reason) = block.use else { continue }
                found[page.path, default: 0] += 1
                let line = "not run: \(page.path):\(block.line): \(reason)\n"
                try? FileHandle.standardOutput.write(contentsOf: Data(line.utf8))
            }
        }
        #expect(found == Self.skippedBlocks)
    }
}

extension DocumentPage: CustomTestStringConvertible {
    var testDescription: String { path }
}
