import Dispatch
import Foundation
import Glibc
import Metrics
import Synchronization

/// Writes lines in the order in which they come, on a thread of its own: who logs neither waits for
/// whoever reads the log, nor pays for a system call each line.
///
/// A line waits up to `linger` for others, so that many are written at once; an urgent one is
/// written at once, with those before it. Lines that would wait beyond `limitBytes`, because the
/// reader is too slow, are dropped and counted (`log_lines_dropped_total`).
final class LogWriter: Sendable {
    static let linger = DispatchTimeInterval.milliseconds(20)
    static let limitBytes = 4 << 20
    /// How long `flush` waits for the reader.
    static let flushLimit = DispatchTimeInterval.seconds(1)

    private struct State {
        var waiting: [UInt8] = []
        var isUrgent = false
        /// Told once everything before them is written.
        var flushes: [DispatchSemaphore] = []
        var isIdle: Bool { waiting.isEmpty && flushes.isEmpty }
    }

    private let state = Mutex(State())
    /// Something waits.
    private let work = DispatchSemaphore(value: 0)
    /// It must not wait longer. One too many merely ends a later wait early.
    private let hurry = DispatchSemaphore(value: 0)
    private let dropped = Counter(label: "log_lines_dropped")
    private let output: @Sendable (ArraySlice<UInt8>) throws -> Void

    /// What a pipe takes whole (`PIPE_BUF` of Linux): lines of several processes do not mix.
    static let pieceBytes = 4_096

    /// - Parameter output: writes some lines; called by one thread. Lines for which it throws are
    ///   dropped.
    init(to output: @escaping @Sendable (ArraySlice<UInt8>) throws -> Void) {
        self.output = output
        let thread = Thread { [self] in
            while true { turn() }
        }
        thread.name = "log"
        thread.start()
    }

    /// - Parameter line: without its newline.
    func write(_ line: String, isUrgent: Bool) {
        let (isDropped, isFirst) = state.withLock { state in
            guard state.waiting.count + line.utf8.count < LogWriter.limitBytes else {
                return (true, false)
            }
            let isFirst = state.isIdle
            state.waiting.append(contentsOf: line.utf8)
            state.waiting.append(UInt8(ascii: "\n"))
            if isUrgent { state.isUrgent = true }
            return (false, isFirst)
        }
        if isDropped { dropped.increment() }
        if isFirst { work.signal() }
        if isUrgent { hurry.signal() }
    }

    /// Returns once what came before is written, or the reader has not taken it in time.
    func flush() {
        let done = DispatchSemaphore(value: 0)
        let isFirst = state.withLock { state in
            let isFirst = state.isIdle
            state.isUrgent = true
            state.flushes.append(done)
            return isFirst
        }
        if isFirst { work.signal() }
        hurry.signal()
        _ = done.wait(timeout: .now() + LogWriter.flushLimit)
    }

    private func turn() {
        work.wait()
        if !state.withLock({ $0.isUrgent }) { _ = hurry.wait(timeout: .now() + LogWriter.linger) }
        let (lines, flushes) = state.withLock { state in
            let taken = (state.waiting, state.flushes)
            state = State()
            return taken
        }
        // What was hurried for is taken: the next line may wait for others again.
        while hurry.wait(timeout: .now()) == .success {}
        for piece in LogWriter.pieces(of: lines) {
            do {
                try output(piece)
            } catch {
                dropped.increment(by: piece.count { $0 == UInt8(ascii: "\n") })
            }
        }
        for flush in flushes { flush.signal() }
    }

    /// Whole lines, as many together as a pipe takes at once.
    static func pieces(of lines: [UInt8]) -> [ArraySlice<UInt8>] {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = lines[...]
        while !rest.isEmpty {
            let newline = UInt8(ascii: "\n")
            let end =
                rest.prefix(pieceBytes).lastIndex(of: newline) ?? rest.firstIndex(of: newline)
                ?? rest.endIndex - 1
            pieces.append(rest[...end])
            rest = rest[(end + 1)...]
        }
        return pieces
    }
}

/// Standard error, as logs use it.
package enum LogOutput {
    static var isTerminal: Bool { isatty(FileHandle.standardError.fileDescriptor) == 1 }

    private static let isUsed = Atomic(false)
    private static let writer: LogWriter = {
        isUsed.store(true, ordering: .releasing)
        atexit { LogOutput.flush() }
        return LogWriter(to: LogOutput.put)
    }()

    private struct Unwritten: Error {}

    private struct Hold: Sendable {
        var lines = HeldLines()
        /// Told of each urgent line.
        let noticed: @Sendable (String) -> Void
    }

    private static let hold = Mutex<Hold?>(nil)

    /// From now on keeps what would be written to a terminal, on which something else is shown;
    /// where standard error is none, as when it goes to a file, nothing is held.
    ///
    /// - Parameter noticed: told of each urgent line, at once.
    package static func hold(noticed: @escaping @Sendable (String) -> Void) {
        guard isTerminal else { return }
        // What came before belongs there still.
        flush()
        hold.withLock { if $0 == nil { $0 = Hold(noticed: noticed) } }
    }

    /// Writes what was held, and from now on everything at once again.
    package static func release() {
        flush()
        let held = hold.withLock { hold in
            defer { hold = nil }
            return hold?.lines.text ?? []
        }
        try? send(held[...])
    }

    /// Holds a text if lines are held now; whether it does.
    package static func holds(_ text: String) -> Bool {
        hold.withLock { hold in
            hold?.lines.append(Array(text.utf8)[...])
            return hold != nil
        }
    }

    private static func put(_ lines: ArraySlice<UInt8>) throws {
        let isHeld = hold.withLock { hold in
            hold?.lines.append(lines)
            return hold != nil
        }
        if !isHeld { try send(lines) }
    }

    /// A reader that cannot take more now is waited for.
    private static func send(_ lines: ArraySlice<UInt8>) throws {
        var rest = lines
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var reader = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
                unsafe poll(&reader, 1, -1)
            } else if errno != EINTR {
                throw Unwritten()
            }
        }
    }

    /// Writes a line soon, or, when it is urgent, now.
    package static func write(_ line: String, isUrgent: Bool) {
        writer.write(line, isUrgent: isUrgent)
        if isUrgent { hold.withLock { $0?.noticed }?(line) }
    }

    /// Ends the process with nothing but its log written.
    package static func exitAtOnce(_ status: Int32) {
        release()
        _exit(status)
    }

    /// Writes what was logged so far.
    package static func flush() {
        if isUsed.load(ordering: .acquiring) { writer.flush() }
    }
}
