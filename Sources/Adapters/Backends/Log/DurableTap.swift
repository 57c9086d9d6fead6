import Ports
import Synchronization

/// A position in one topic of a durable log that leaves no trace in it.
final class DurableTap: EventReading {
    private struct State {
        /// The last offset handed out.
        var position: Int64
        /// Read ahead, in order of offset.
        var buffer: ArraySlice<LoggedEvent> = []
        var isClosed = false
    }

    private let storage: any EventLogStorage
    private let topic: Topic
    /// The offset of the last event to hand out, which is there.
    private let end: Int64
    private let state: Mutex<State>

    init(
        storage: any EventLogStorage, topic: Topic, after position: Int64,
        through end: Int64 = .max
    ) {
        self.storage = storage
        self.topic = topic
        self.end = end
        state = Mutex(State(position: position))
    }

    func next() async throws -> LoggedEvent? {
        try await storage.signal.first(until: { isOver }, advance)
    }

    private var isOver: Bool { state.withLock { $0.isClosed || $0.position >= end } }

    func close() async {
        state.withLock { $0.isClosed = true }
        storage.signal.notify()
    }

    private func advance() async throws -> LoggedEvent? {
        if let event = takeBuffered() { return event }
        let events = try await storage.events(
            after: [topic: state.withLock { $0.position }], limit: DurableEventLog.prefetchLimit)
        state.withLock { $0.buffer = events[...] }
        return takeBuffered()
    }

    private func takeBuffered() -> LoggedEvent? {
        state.withLock { state in
            guard let event = state.buffer.popFirst() else { return nil }
            state.position = event.offset
            return event
        }
    }
}
