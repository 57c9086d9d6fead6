import Contracts
import Hosting
import Ports
import Terminal

/// What a list tells of a dead letter.
struct DeadLetterEntry {
    let topic: Topic
    let place: EventPlace
    let key: String
    let reason: String?
    let attempts: String?
    let firstFailure: String?
    let lastFailure: String?
    let originalPlace: EventPlace?
    let bytes: Int
    let isCut: Bool

    init(_ letter: DeadLetter) {
        topic = letter.original
        place = letter.event.location
        key = letter.event.message.key
        reason = letter.reason
        attempts = letter.attempts
        firstFailure = letter.firstFailure
        lastFailure = letter.lastFailure
        originalPlace = letter.originalPlace
        bytes = letter.event.message.payload.count
        isCut = letter.isCut
    }

    fileprivate func write(to json: inout JSONWriter) {
        json.member("topic", topic.name)
        json.member("position", "\(place)")
        json.member("key", key)
        json.member("reason", reason)
        // As the API has counts of 64 bits.
        json.member("attempts", attempts)
        json.member("firstFailure", firstFailure)
        json.member("lastFailure", lastFailure)
        json.member("originalPosition", originalPlace.map { "\($0)" })
        json.member("bytes", Int64(bytes))
        json.member("cut", isCut)
    }
}

/// Dead letters for people and for programs.
///
/// Keys, reasons and headers are whatever somebody sent: control characters are replaced.
enum DeadLetterText {
    /// Columns of a key in a list; `show` tells all of it.
    private static let keyColumns = 40

    /// Empty for no letters.
    static func table(of entries: [DeadLetterEntry]) -> String {
        guard !entries.isEmpty else { return "" }
        var table = TextTable([
            ("topic", .left), ("position", .left), ("key", .left), ("first failure", .left),
            ("attempts", .right), ("reason", .left),
        ])
        for entry in entries {
            let cells = [
                entry.topic.name, "\(entry.place)", entry.key, entry.firstFailure ?? "",
                entry.attempts ?? "", entry.reason ?? "",
            ]
            var row = cells.map { StyledText($0.withoutControls) }
            row[2] = row[2].fitted(to: keyColumns)
            table.append(row)
        }
        return table.text(Display.output)
    }

    static func json(of entries: [DeadLetterEntry]) -> String {
        let objects = entries.map { entry in
            var json = JSONWriter()
            json.object { entry.write(to: &$0) }
            return json.text
        }
        return objects.isEmpty ? "[]\n" : "[\n" + objects.joined(separator: ",\n") + "\n]\n"
    }

    static func whole(_ letter: DeadLetter) -> String {
        let message = letter.event.message
        let original = letter.originalPlace.map { "\(letter.original) \($0)" }
        let lines = [
            "\(message.topic) \(letter.event.location)",
            "  key       \(message.key)",
            "  reason    \(letter.reason ?? "not told")",
            "  original  \(original ?? "\(letter.original), not taken by the brokers")",
            "  attempts  \(letter.attempts ?? "not told")",
            "  failed    \(letter.firstFailure ?? "not told")"
                + (letter.lastFailure == letter.firstFailure
                    ? "" : " … \(letter.lastFailure ?? "not told")"),
            "headers",
        ]
        let headers = message.headers.sorted { $0.key < $1.key }.map { "  \($0): \($1)" }
        let size = Format.count(message.payload.count) + " bytes"
        let cut = letter.isCut ? ", the first of \(letter.originalSize ?? "more")" : ""
        let payload =
            ByteText.text(message.payload)?.split(
                omittingEmptySubsequences: false, whereSeparator: \.isNewline
            ).map(String.init) ?? ByteText.dump(message.payload)
        let told = (lines + headers).map(\.withoutControls) + ["payload, \(size)\(cut)"]
        return (told + payload.map { "  " + $0 }).map { $0 + "\n" }.joined()
    }

    static func json(whole letter: DeadLetter) -> String {
        let message = letter.event.message
        var json = JSONWriter()
        json.object { json in
            DeadLetterEntry(letter).write(to: &json)
            json.member("headers") { json in
                json.object { json in
                    for (name, value) in message.headers.sorted(by: { $0.key < $1.key }) {
                        json.member(name, value)
                    }
                }
            }
            if let text = ByteText.text(message.payload) {
                json.member("payload", text)
            } else {
                json.member("payloadHex", ByteText.hexadecimal(message.payload))
            }
        }
        return json.text + "\n"
    }
}

/// What a replay tells of one dead letter.
struct ReplayOutcome {
    private let letter: DeadLetter
    /// `nil` when nothing was done.
    private let replay: DeadLetterReading.Replay?
    /// The letter that is published in place of this one.
    private let later: EventPlace?

    init(_ letter: DeadLetter, _ replay: DeadLetterReading.Replay?) {
        self.letter = letter
        self.replay = replay
        later = nil
    }

    /// Of a letter that became another since: nothing is done.
    init(_ letter: DeadLetter, becoming later: EventPlace) {
        self.letter = letter
        replay = nil
        self.later = later
    }

    /// Why it cannot be published again.
    var problem: String? {
        if case .impossible(let reason)? = replay { reason } else { nil }
    }

    private var place: EventPlace? {
        if case .published(let event)? = replay { event.location } else { nil }
    }

    var line: String {
        let name = "\(letter.original) \(letter.event.location)"
        if let problem { return "\(name)  cannot be published again: \(problem.withoutControls)" }
        if let later { return "\(name)  was set aside again as \(later)" }
        guard let place else { return "\(name)  would be published again" }
        return "\(name)  published again at \(place)"
    }

    var json: String {
        var json = JSONWriter()
        json.object { json in
            json.member("topic", letter.original.name)
            json.member("position", "\(letter.event.location)")
            json.member("published", place != nil)
            if let place { json.member("publishedPosition", "\(place)") }
            if let later { json.member("setAsideAgain", "\(later)") }
            if let problem { json.member("problem", problem) }
        }
        return json.text
    }
}
