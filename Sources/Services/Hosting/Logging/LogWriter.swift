import Dispatch
import Foundation
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
    private let output: @Sendable ([UInt8]) -> Void

    /// - Parameter output: writes; called by one thread.
    init(to output: @escaping @Sendable ([UInt8]) -> Void) {
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
        if !lines.isEmpty { output(lines) }
        for flush in flushes { flush.signal() }
    }
}

/// Standard error, as logs use it.
package enum LogOutput {
    static var isTerminal: Bool { isatty(FileHandle.standardError.fileDescriptor) == 1 }

    /// What cannot be written is lost: there is nowhere left to say so.
    private static let writer: LogWriter = {
        atexit { LogOutput.flush() }
        return LogWriter { try? FileHandle.standardError.write(contentsOf: $0) }
    }()

    /// Writes a line soon, or, when it is urgent, now.
    package static func write(_ line: String, isUrgent: Bool) {
        writer.write(line, isUrgent: isUrgent)
    }

    /// Ends the process with nothing but its log written.
    package static func exitAtOnce(_ status: Int32) {
        flush()
        _exit(status)
    }

    private static func flush() { writer.flush() }
}
