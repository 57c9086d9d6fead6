import ArgumentParser
import Contracts
import Hosting
import Ports
import Terminal

struct DeadLettersCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "dlq",
        abstract: "Lists, shows and replays messages that nobody could process.",
        discussion: """
            What nobody can process is set aside on the topic's dead-letter topic, named
            TOPIC.dlq, with the reason, and those behind it are processed. list tells what
            there is, show tells one whole, and replay publishes one again, or --all, on
            TOPIC as it was: once what kept it from being processed is mended. The letter
            stays; a replay of what was processed meanwhile has no second effect. Of what
            was set aside again after a replay, --all publishes the newest letter alone.

            A topic may be named with .dlq or without. A message is named by where it lies
            on the dead-letter topic, PARTITION/OFFSET, as list tells it.

            EXAMPLES
              bloasis dlq list
              bloasis dlq list --topic regime-change --json
              bloasis dlq show regime-change 0/17
              bloasis dlq replay regime-change 0/17 --dry-run
              bloasis dlq replay regime-change --all
            """)

    enum Action: String, CaseIterable, ExpressibleByArgument {
        case list, show, replay
    }

    @OptionGroup var common: CommonOptions

    @Argument(help: "What is to be done.")
    var action: Action

    @Argument(
        help: ArgumentHelp("The topic, for example regime-change.", valueName: "topic"),
        completion: Offered.setAsideTopics)
    var place: String?

    @Argument(
        help: ArgumentHelp("Which message: PARTITION/OFFSET.", valueName: "partition/offset"))
    var position: EventPlace?

    @Option(help: "List those of this topic alone.", completion: Offered.setAsideTopics)
    var topic: String?

    @Flag(help: "Replay every message of the topic.")
    var all = false

    @Flag(help: "Tell what replay would do, and do nothing.")
    var dryRun = false

    @Flag(help: "Print JSON: an array, and for show an object.")
    var json = false

    func validate() throws {
        if action != .list, topic != nil {
            throw ValidationError("--topic is for list: dlq \(action) TOPIC PARTITION/OFFSET")
        }
        if action != .replay, all || dryRun {
            throw ValidationError("\(all ? "--all" : "--dry-run") is for replay: leave it out")
        }
        switch action {
        case .list:
            if position != nil || (place != nil && topic != nil) {
                throw ValidationError("list takes one topic: dlq list --topic TOPIC")
            }
        case .show:
            if position == nil {
                throw ValidationError("show what: dlq show TOPIC PARTITION/OFFSET")
            }
        case .replay:
            if place == nil || (position == nil) != all {
                throw ValidationError(
                    "replay what: dlq replay TOPIC PARTITION/OFFSET, or dlq replay TOPIC --all")
            }
        }
        _ = try chosen
    }

    /// The topic that is named, of which something is set aside.
    private var chosen: Topic? {
        get throws {
            guard let name = place ?? topic else { return nil }
            let topic = Topic(name).ofDeadLetters ?? Topic(name)
            guard Topic.setAside.contains(topic) else {
                let names = Topic.setAside.map(\.name)
                throw ValidationError(
                    "of topic \(name) nothing is set aside; of these it is: "
                        + names.joined(separator: ", ")
                        + Suggestion.text(for: topic.name, among: names))
            }
            return topic
        }
    }

    func run() async throws {
        let configuration = try common.configuration()
        let topic = try chosen
        try await Assembly.with(configuration) { assembly in
            let letters = DeadLetterReading(assembly.events)
            guard let topic, action != .list else { return try await list(letters, of: topic) }
            guard let position else { return try await replayAll(letters, of: topic) }
            guard let letter = try await letters.letter(at: position, of: topic) else {
                throw CommandFailure(
                    .nothingFound,
                    "no dead letter of \(topic) lies at \(position): bloasis dlq list --topic "
                        + "\(topic) tells which there are")
            }
            if action == .show {
                StandardOutput.write(
                    json ? DeadLetterText.json(whole: letter) : DeadLetterText.whole(letter))
            } else {
                try await replay(letter, letters)
            }
        }
    }

    // MARK: list

    /// Without the payloads: there may be many.
    private func list(_ letters: DeadLetterReading, of topic: Topic?) async throws {
        var entries: [DeadLetterEntry] = []
        var progress = ProgressBar("reading", counting: "messages")
        for topic in topic.map({ [$0] }) ?? Topic.setAside {
            var found: [DeadLetterEntry] = []
            try await letters.read(of: topic) { letter in
                found.append(DeadLetterEntry(letter))
                progress.update(entries.count + found.count, fraction: nil)
                return true
            }
            entries += found.sorted { $0.place < $1.place }
        }
        progress.finish()
        StandardOutput.write(
            json ? DeadLetterText.json(of: entries) : DeadLetterText.table(of: entries))
        if entries.isEmpty { throw nothing(of: topic) }
    }

    private func nothing(of topic: Topic?) -> CommandFailure {
        CommandFailure(.nothingFound, "no dead letters" + (topic.map { " of \($0)" } ?? ""))
    }

    // MARK: replay

    private func replay(_ letter: DeadLetter, _ letters: DeadLetterReading) async throws {
        let outcome = try await outcome(of: letter, letters)
        StandardOutput.write(json ? "[\n\(outcome.json)\n]\n" : outcome.line + "\n")
        if outcome.problem != nil {
            throw CommandFailure(.failed, "\(letter.original) \(letter.event.location) stays aside")
        }
    }

    /// Those that are there as it begins: what is set aside once more meanwhile is not among them.
    /// What was set aside twice is published once.
    private func replayAll(_ letters: DeadLetterReading, of topic: Topic) async throws {
        var array = JSONArrayWriter()
        var (count, failures) = (0, 0)
        let reading: Result<Void, any Error>
        do {
            try await letters.readAll(of: topic) { letter, later in
                let outcome =
                    if let later { ReplayOutcome(letter, becoming: later) } else {
                        try await outcome(of: letter, letters)
                    }
                count += 1
                if outcome.problem != nil { failures += 1 }
                if json { array.element(outcome.json) } else { StandardOutput.line(outcome.line) }
            }
            reading = .success(())
        } catch {
            reading = .failure(error)
        }
        if json { array.end() }
        try reading.get()
        guard count > 0 else { throw nothing(of: topic) }
        if failures > 0 {
            throw CommandFailure(.failed, "\(failures) of \(count) dead letters stay aside")
        }
    }

    private func outcome(
        of letter: DeadLetter, _ letters: DeadLetterReading
    ) async throws -> ReplayOutcome {
        if dryRun {
            return ReplayOutcome(
                letter, letter.isCut ? .impossible(letter.cutReason) : nil)
        }
        return ReplayOutcome(letter, try await letters.replay(letter))
    }
}

extension EventPlace: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }
}
