import Foundation
import Synchronization

/// Stands between a client and a server on the loopback and lets a test cut, delay and refuse.
///
/// Two threads copy each connection's bytes, one a direction. It ends with its last reference.
package final class FaultProxy: Sendable {
    /// What becomes of connections.
    package enum Mode: Sendable {
        case passing
        /// Bytes are passed on after this time, in either direction.
        case delaying(milliseconds: Int)
        /// Bytes are kept until another mode is set; connections stay.
        case stalled
        /// Connections are closed at once.
        case refusing
    }

    package let port: Int
    private let state: ProxyState
    private let listener: Int32

    /// - Parameter rewriting: what is put in place of other bytes of the same number in what the
    ///   server sends: brokers name their own address to clients, which would go past the proxy.
    package init(
        to serverPort: Int, rewriting: @Sendable (_ proxyPort: Int) -> ByteRewriter? = { _ in nil }
    ) throws {
        let (descriptor, port) = try LoopbackPort.listen()
        (listener, self.port) = (descriptor, port)
        state = ProxyState()
        let rewriter = rewriting(port)
        Thread.detachNewThread { [state] in
            ProxyWorker(state: state, serverPort: serverPort, rewriter: rewriter)
                .accept(on: descriptor)
        }
    }

    deinit {
        state.end()
        // Wakes the accepting thread, which closes it.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    package func set(_ mode: Mode) { state.set(mode) }

    /// Breaks every connection that is open now.
    package func cut() { state.cut() }

    /// Refuses connections, and breaks those that are open, as soon as so many bytes came from
    /// clients.
    package func refuse(after bytes: Int) { state.refuse(after: bytes) }

    /// Connections that were let through so far.
    package var accepted: Int { state.accepted }
    /// Bytes that came from clients so far.
    package var received: Int { state.received }
}

/// Replaces one sequence of bytes by another of the same length, also across borders of chunks.
package struct ByteRewriter: Sendable {
    private let pattern: [UInt8]
    private let replacement: [UInt8]
    fileprivate var kept: [UInt8] = []

    package init(_ pattern: [UInt8], by replacement: [UInt8]) {
        precondition(!pattern.isEmpty && pattern.count == replacement.count, "of one length")
        self.pattern = pattern
        self.replacement = replacement
    }

    /// What can be passed on of what came so far.
    package mutating func pass(_ chunk: some Sequence<UInt8>) -> [UInt8] {
        var bytes = kept
        bytes.append(contentsOf: chunk)
        var index = 0
        while index < bytes.count {
            if bytes[index] != pattern[0] || !bytes[index...].starts(with: pattern) {
                index += 1
            } else {
                bytes.replaceSubrange(index..<index + pattern.count, with: replacement)
                index += pattern.count
            }
        }
        let longest = min(pattern.count - 1, bytes.count)
        let rest = (0...longest).reversed().first { pattern.starts(with: bytes.suffix($0)) } ?? 0
        kept = Array(bytes.suffix(rest))
        bytes.removeLast(rest)
        return bytes
    }
}

extension ByteRewriter {
    fileprivate var isKeeping: Bool { !kept.isEmpty }

    /// What was kept in case more of the pattern would come.
    fileprivate mutating func giveUp() -> [UInt8] {
        defer { kept = [] }
        return kept
    }
}

/// What the threads of a proxy share.
private final class ProxyState: Sendable {
    private struct State {
        var mode = FaultProxy.Mode.passing
        var isEnded = false
        /// Both sockets of each connection.
        var open: [Int: (Int32, Int32)] = [:]
        var accepted = 0
        var received = 0
        var receivedLimit: Int?
    }

    private let state = Mutex(State())
    /// Wakes whoever is stalled.
    private let changes = NSCondition()

    var accepted: Int { state.withLock { $0.accepted } }
    var received: Int { state.withLock { $0.received } }
    var isEnded: Bool { state.withLock { $0.isEnded } }
    var isRefusing: Bool {
        state.withLock { if case .refusing = $0.mode { true } else { $0.isEnded } }
    }

    func set(_ mode: FaultProxy.Mode) {
        state.withLock { $0.mode = mode }
        if case .refusing = mode { cut() }
        wake()
    }

    func end() {
        state.withLock { $0.isEnded = true }
        cut()
    }

    func cut() {
        state.withLock { state in
            // Their threads close them.
            for (client, server) in state.open.values {
                shutdown(client, Int32(SHUT_RDWR))
                shutdown(server, Int32(SHUT_RDWR))
            }
        }
        wake()
    }

    /// - Returns: the connection's number; `nil` when connections are refused now.
    func open(_ client: Int32, _ server: Int32) -> Int? {
        guard !isRefusing else { return nil }
        return state.withLock { state in
            state.accepted += 1
            state.open[state.accepted] = (client, server)
            return state.accepted
        }
    }

    func close(_ connection: Int) {
        let sockets = state.withLock { $0.open.removeValue(forKey: connection) }
        guard let (client, server) = sockets else { return }
        Foundation.close(client)
        Foundation.close(server)
    }

    func count(_ bytes: Int) {
        let isTooMuch = state.withLock { state in
            state.received += bytes
            return state.receivedLimit.map { $0 <= state.received } ?? false
        }
        if isTooMuch { set(.refusing) }
    }

    func refuse(after bytes: Int) { state.withLock { $0.receivedLimit = bytes } }

    /// Holds a chunk back as long as the mode says; `false` when its connection is cut meanwhile.
    func hold(_ isCut: () -> Bool) -> Bool {
        while true {
            let mode = state.withLock { $0.isEnded ? .refusing : $0.mode }
            switch mode {
            case .passing: return true
            case .refusing: return false
            case .delaying(let milliseconds):
                Thread.sleep(forTimeInterval: Double(milliseconds) / 1_000)
                return true
            case .stalled:
                if isCut() { return false }
                changes.lock()
                _ = changes.wait(until: Date(timeIntervalSinceNow: 0.01))
                changes.unlock()
            }
        }
    }

    private func wake() {
        changes.lock()
        changes.broadcast()
        changes.unlock()
    }
}

/// The threads of a proxy.
private struct ProxyWorker: Sendable {
    let state: ProxyState
    let serverPort: Int
    let rewriter: ByteRewriter?

    func accept(on listener: Int32) {
        while !state.isEnded {
            let client = Foundation.accept(listener, nil, nil)
            guard client >= 0 else { break }
            guard !state.isRefusing, let server = LoopbackPort.connect(to: serverPort) else {
                close(client)
                continue
            }
            guard let connection = state.open(client, server) else {
                close(client)
                close(server)
                continue
            }
            join(client, server, connection)
        }
        close(listener)
    }

    private func join(_ client: Int32, _ server: Int32, _ connection: Int) {
        let ends = Ends()
        Thread.detachNewThread { [self] in
            copy(from: client, to: server, rewriting: nil) { state.count($0) }
            if ends.isLast() { state.close(connection) }
        }
        Thread.detachNewThread { [self] in
            copy(from: server, to: client, rewriting: rewriter) { _ in }
            if ends.isLast() { state.close(connection) }
        }
    }

    private func copy(
        from source: Int32, to sink: Int32, rewriting rewriter: ByteRewriter?,
        _ count: (Int) -> Void
    ) {
        var rewriter = rewriter
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let isMissing = rewriter?.isKeeping == true && !Self.hasMore(source)
            let read = isMissing ? 0 : recv(source, &buffer, buffer.count, 0)
            guard isMissing || read > 0 else { break }
            count(read)
            let chunk = buffer[..<read]
            let bytes =
                isMissing ? rewriter?.giveUp() ?? [] : rewriter?.pass(chunk) ?? Array(chunk)
            guard state.hold({ Self.isClosed(source) }), Self.send(bytes, to: sink) else { break }
        }
        // The other direction ends too.
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(sink, Int32(SHUT_RDWR))
    }

    /// Whether the rest of a pattern comes at once, as it does when it comes at all.
    private static func hasMore(_ socket: Int32) -> Bool {
        var request = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, 5) > 0
    }

    private static func isClosed(_ socket: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0
    }

    private static func send(_ bytes: [UInt8], to socket: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }
}

/// Tells the last of a connection's two threads to close it.
private final class Ends: Sendable {
    private let left = Atomic<Int>(2)

    func isLast() -> Bool { left.wrappingSubtract(1, ordering: .relaxed).newValue == 0 }
}
