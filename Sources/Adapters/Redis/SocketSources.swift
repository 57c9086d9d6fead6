import Dispatch

/// What tells a connection of its socket and of time, on a queue of the connection's own.
///
/// The functions may be called from anywhere, says Dispatch, though its types do not.
final class SocketSources: @unchecked Sendable {
    typealias Handler = @Sendable () -> Void

    private let reader: any DispatchSourceRead
    private let writer: any DispatchSourceWrite
    private let timer: any DispatchSourceTimer

    init(_ descriptor: Int32) {
        let queue = DispatchQueue(label: "redis.connection", qos: .userInitiated)
        reader = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        writer = DispatchSource.makeWriteSource(fileDescriptor: descriptor, queue: queue)
        timer = DispatchSource.makeTimerSource(queue: queue)
    }

    /// `ended` is called once for each of the three sources after `cancel`.
    func start(
        readable: @escaping Handler, writable: @escaping Handler, alarm: @escaping Handler,
        ended: @escaping Handler
    ) {
        reader.setEventHandler(handler: readable)
        writer.setEventHandler(handler: writable)
        timer.setEventHandler(handler: alarm)
        timer.schedule(deadline: .distantFuture)
        let sources: [any DispatchSourceProtocol] = [reader, writer, timer]
        for source in sources { source.setCancelHandler(handler: ended) }
        reader.resume()
        timer.resume()
    }

    func watchWriting(_ isWatching: Bool) {
        if isWatching { writer.resume() } else { writer.suspend() }
    }

    func wake(in span: Duration) {
        // Rounded up: a timer that comes too early finds nothing to do. It is set again when a span
        // is longer than a day.
        let (seconds, attoseconds) = min(span, .seconds(86_400)).components
        let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000) + 1_000
        timer.schedule(deadline: .now() + .nanoseconds(max(0, nanoseconds)))
    }

    func cancel(isWriterArmed: Bool) {
        reader.cancel()
        writer.cancel()
        timer.cancel()
        // A source that sleeps does not hear of its end.
        if !isWriterArmed { writer.resume() }
    }
}
