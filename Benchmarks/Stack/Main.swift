import Foundation

/// Does one piece of the full stack's work against servers that the driver started (`stack.py`),
/// and prints what it took as one line of JSON.
///
/// | words | what is measured |
/// |---|---|
/// | `load URL MARKET ROWS BATCH` | assessments recorded into an empty range |
/// | `again URL MARKET ROWS BATCH` | the same again, one in a hundred of them restated |
/// | `fill STORE ROWS` | nothing: announced changes lie in the outbox afterwards |
/// | `relay STORE BROKERS` | the outbox relayed to its end |
/// | `hits COUNT` | hits of the tier in the process |
/// | `shared-hits HOST PORT COUNT` | hits of the tier in Redis, one after the other |
/// | `live BROKERS URL MARKET CHANGES` | bar in, event out, with `serve` in between |
/// | `broker` | nothing: librdkafka's mock broker runs, its address is printed |
///
/// `STORE` is a `postgresql://` address or the path of a file. `bars MARKET` prints the CSV file
/// that `live` begins after.
@main
struct Main {
    static func main() async throws {
        let words = Array(CommandLine.arguments.dropFirst())
        switch (words.first, words.count) {
        case ("load", 5): try await BulkLoad(words).run(restating: false)
        case ("again", 5): try await BulkLoad(words).run(restating: true)
        case ("fill", 3): try await Relaying(store: words[1]).fill(rows: number(words[2]))
        case ("relay", 3): try await Relaying(store: words[1]).relay(to: words[2])
        case ("hits", 2): try await CacheHits.process(count: number(words[1]))
        case ("shared-hits", 4):
            try await CacheHits.shared(words[1], number(words[2]), count: number(words[3]))
        case ("broker", 1): try await MockBroker.run()
        case ("bars", 1): Output.text(LiveBars.csv)
        case ("live", 5):
            try await LivePath(words[1], words[2], market: words[3]).run(changes: number(words[4]))
        default: throw Refusal(reason: "no such work: \(words.joined(separator: " "))")
        }
    }
}

struct Refusal: Error, CustomStringConvertible {
    var reason: String
    var description: String { reason }
}

func number(_ text: String) throws -> Int {
    guard let number = Int(text), number > 0 else { throw Refusal(reason: "not a number: \(text)") }
    return number
}

enum Output {
    static func text(_ text: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }

    /// One JSON object of numbers.
    static func line(_ figures: KeyValuePairs<String, Double>) {
        let members = figures.map { "\"\($0.key)\":\($0.value)" }
        text("{" + members.joined(separator: ",") + "}\n")
    }

    /// One JSON object of lists of numbers.
    static func line(lists: KeyValuePairs<String, [Double]>) {
        let members = lists.map { list in
            "\"\(list.key)\":[" + list.value.map { "\($0)" }.joined(separator: ",") + "]"
        }
        text("{" + members.joined(separator: ",") + "}\n")
    }
}

/// Seconds between two instants.
func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }
