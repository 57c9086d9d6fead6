import Hosting
import Logging
import Market
import Synchronization

/// What happened, in order.
final class Journal: Sendable {
    private let entries = Mutex<[String]>([])
    var all: [String] { entries.withLock { $0 } }
    func note(_ entry: String) { entries.withLock { $0.append(entry) } }

    /// Notes every line of level info and above, without its time, level and service.
    var logger: Logger {
        Logger(label: "test") { _ in
            LineLogHandler(
                service: "s", level: .info, format: .text, now: { Timestamp(nanoseconds: 0) },
                write: { line, _ in
                    guard let message = line.firstRange(of: " s: ") else { return }
                    self.note(String(line[message.upperBound...]))
                })
        }
    }
}

/// Holds up whoever waits, cancelled or not, until it is opened.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Not for more than one at once.
    func wait() async {
        await Task.detached { [stream] in for await _ in stream { return } }.value
    }

    func open() { continuation.yield() }
}

/// How often something was called.
final class Calls: Sendable {
    private let calls = Atomic(0)
    var total: Int { calls.load(ordering: .relaxed) }

    @discardableResult
    func count() -> Int { calls.add(1, ordering: .relaxed).newValue }
}
