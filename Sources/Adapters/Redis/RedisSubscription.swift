import Synchronization

/// What a subscription hears.
package enum RedisEvent: Sendable, Equatable {
    case message([UInt8])
    /// From here on messages are heard; those before may have been missed. The first event of all,
    /// and again after each interruption.
    case interrupted
}

/// Messages of a channel, on a connection of its own that is opened again whenever it is lost,
/// until `cancel` or until the last reference to it has gone.
///
/// For one reader: events are given to whoever asks first. A reader that is too slow misses
/// messages, and is told so by `interrupted`.
package final class RedisSubscription: AsyncSequence, Sendable {
    package typealias Element = RedisEvent

    private let mailbox: Mailbox
    private let listening: Task<Void, Never>

    init(
        _ channel: String, of target: RedisTarget, _ limits: RedisLimits,
        _ environment: RedisEnvironment
    ) {
        let mailbox = Mailbox(limit: limits.messages)
        self.mailbox = mailbox
        let listener = ChannelListener(
            channel: channel, target: target, limits: limits, environment: environment,
            mailbox: mailbox)
        listening = Task { await listener.run() }
    }

    deinit { cancel() }

    /// Events that nobody has taken yet.
    var waiting: Int { mailbox.count }
    /// The server has been asked for the messages, and has not gone since.
    var isListening: Bool { mailbox.isListening }

    /// Ends the sequence and its connection. Safe to call again.
    package func cancel() {
        listening.cancel()
        mailbox.close()
    }

    package struct Iterator: AsyncIteratorProtocol {
        let subscription: RedisSubscription

        /// `nil` once the subscription, or the task that asks, is cancelled.
        package func next() async -> RedisEvent? { await subscription.mailbox.next() }
    }

    package func makeAsyncIterator() -> Iterator { Iterator(subscription: self) }
}

extension RedisClient {
    /// Hears what is published on a channel, from the first `interrupted` on.
    package func subscribe(to channel: String) -> RedisSubscription {
        RedisSubscription(channel, of: target, limits, environment)
    }
}

/// Keeps one channel listened to.
private struct ChannelListener: Sendable {
    let channel: String
    let target: RedisTarget
    let limits: RedisLimits
    let environment: RedisEnvironment
    let mailbox: Mailbox

    func run() async {
        var schedule = limits.reconnect
        while !Task.isCancelled {
            if let connection = try? await listen() {
                schedule.succeeded()
                mailbox.listening(true)
                await watch(connection)
                mailbox.listening(false)
            }
            try? await Task.sleep(for: schedule.failed(random: environment.chance()))
        }
    }

    private func listen() async throws -> RedisConnection {
        let connection = try await RedisConnection.open(target, limits, environment) {
            mailbox.put($0)
        }
        do {
            let replies = try await connection.send(
                [RedisCommand("SUBSCRIBE", .text(channel))], within: limits.connect)
            guard case .array? = replies.first else {
                throw RedisError.unexpectedReply(wanted: "a confirmation", got: "something else")
            }
            return connection
        } catch {
            connection.end(.closed(server: target.description))
            throw error
        }
    }

    /// Until the connection ends: a server that has gone without a word is asked whether it is
    /// still there.
    private func watch(_ connection: RedisConnection) async {
        let pings = Task {
            while true {
                try await Task.sleep(for: limits.ping)
                _ = try await connection.send([RedisCommand("PING")], within: limits.connect)
            }
        }
        connection.whenEnded { _ in pings.cancel() }
        await withTaskCancellationHandler {
            _ = await pings.result
        } onCancel: {
            pings.cancel()
        }
        connection.end(.closed(server: target.description))
    }
}

/// Events that wait for their reader, up to a limit.
struct MessageBuffer {
    let limit: Int
    private var events: [RedisEvent] = []
    private var head = 0

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { events.count - head }

    /// A message beyond the limit is dropped, as are all that follow until there is room; in their
    /// place stands one `interrupted`.
    mutating func put(_ event: RedisEvent) {
        let isInterrupted = count > 0 && events.last == .interrupted
        if isInterrupted, event == .interrupted || count >= limit { return }
        events.append(count < limit ? event : .interrupted)
    }

    mutating func take() -> RedisEvent? {
        guard head < events.count else { return nil }
        let event = events[head]
        events[head] = .interrupted
        head += 1
        if head == events.count {
            events.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 64, 2 * head > events.count {
            events.removeFirst(head)
            head = 0
        }
        return event
    }
}

/// A buffer and the reader that waits for it to have something.
private final class Mailbox: Sendable {
    private typealias Reader = FirstAnswer<RedisEvent?>

    private struct State {
        var buffer: MessageBuffer
        var reader: Reader?
        var isClosed = false
        var isListening = false
    }

    private let state: Mutex<State>

    init(limit: Int) {
        state = Mutex(State(buffer: MessageBuffer(limit: limit)))
    }

    func put(_ payload: [UInt8]) { put(.message(payload)) }
    var count: Int { state.withLock { $0.buffer.count } }
    var isListening: Bool { state.withLock { $0.isListening } }

    func listening(_ isListening: Bool) {
        state.withLock { $0.isListening = isListening }
        if isListening { put(.interrupted) }
    }

    private func put(_ event: RedisEvent) {
        let handover = state.withLock { state -> (Reader, RedisEvent)? in
            guard !state.isClosed else { return nil }
            state.buffer.put(event)
            guard let reader = state.reader, let first = state.buffer.take() else { return nil }
            state.reader = nil
            return (reader, first)
        }
        if let (reader, first) = handover { reader.give(first) }
    }

    func close() {
        let reader = state.withLock { state in
            state.isClosed = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.give(nil)
    }

    func next() async -> RedisEvent? {
        let reader = Reader()
        return await withTaskCancellationHandler {
            await reader.value { give in
                let (event, isOver) = state.withLock { state -> (RedisEvent?, Bool) in
                    if state.isClosed || Task.isCancelled { return (nil, true) }
                    if let event = state.buffer.take() { return (event, true) }
                    state.reader = reader
                    return (nil, false)
                }
                if isOver { give(event) }
            }
        } onCancel: {
            leave(reader)
        }
    }

    /// A reader that was served in the same moment keeps what it was given.
    private func leave(_ reader: Reader) {
        state.withLock { state in
            if state.reader === reader { state.reader = nil }
        }
        reader.give(nil)
    }
}
