import Dispatch
import Synchronization

/// Where a client keeps its handle until it is closed. Calls that are under way hold the handle
/// themselves, so that it outlives the closing.
final class HandleSlot: Sendable {
    /// What a call may take longer than the limit that librdkafka was given for it.
    static let grace = Duration.seconds(1)

    private let content: Mutex<ClientHandle?>

    init(_ handle: ClientHandle) {
        content = Mutex(handle)
    }

    /// - Throws: `KafkaError.closed`.
    func handle(_ servers: String) throws(KafkaError) -> ClientHandle {
        guard let handle = content.withLock({ $0 }) else {
            throw KafkaError.closed(servers: servers)
        }
        return handle
    }

    /// `nil` when it was emptied before.
    func empty() -> ClientHandle? {
        content.withLock { handle in
            defer { handle = nil }
            return handle
        }
    }

    /// Runs what blocks, and must run, on a thread of its own.
    static func run(_ body: @escaping @Sendable () -> Void) {
        DispatchQueue.global().async(execute: body)
    }
}
