import Dispatch
import Synchronization
import Terminal

/// How work goes on, on standard error: what is done, how fast and, with a known total, how long
/// still.
///
/// Silent unless standard error is a terminal and somebody wants to know, and for the first second;
/// redrawn ten times a second at the most.
struct ProgressBar {
    /// Work that is done before that is told of by its answer alone.
    private static let patience: Duration = .seconds(1)
    private static let redrawInterval: Duration = .milliseconds(100)

    private var text: ProgressText
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var lastDrawn: ContinuousClock.Instant?
    private let isEnabled: Bool

    /// - Parameter isTold: `false` where what is printed tells of itself how it goes on.
    init(_ label: String, counting unit: String = "bars", isTold: Bool = true) {
        text = ProgressText(label: label, unit: unit)
        isEnabled = isTold && Display.hasOnlooker && Display.errors.movesCursor
        start = clock.now
    }

    var label: String {
        get { text.label }
        set { text.label = newValue }
    }

    /// - Parameters:
    ///   - count: of what is done; `nil` where nothing is counted.
    ///   - fraction: of the work done, 0 … 1; `nil` when the total is not known.
    mutating func update(_ count: Int?, fraction: Double?) {
        guard isEnabled else { return }
        let now = clock.now
        guard now - start >= ProgressBar.patience else { return }
        if let lastDrawn, now - lastDrawn < ProgressBar.redrawInterval { return }
        lastDrawn = now
        let line = text.line(
            count: count, fraction: fraction, elapsed: max((now - start) / .seconds(1), 1e-3),
            Display.errors)
        StandardError.write(TerminalControl.restartLine + line)
    }

    /// Clears the line for others that stay.
    mutating func interrupt() {
        finish()
        lastDrawn = nil
    }

    func finish() {
        if isEnabled, lastDrawn != nil { StandardError.write(TerminalControl.restartLine) }
    }
}

/// Work that does not call often enough to be told of: a clock beside it draws on.
final class ProgressClock: Sendable {
    private struct State {
        var bar: ProgressBar
        var count: Int?
        var fraction: Double?
        var isOver = false
    }

    private static let interval: DispatchTimeInterval = .milliseconds(200)

    private let state: Mutex<State>

    private init(_ bar: ProgressBar) {
        state = Mutex(State(bar: bar))
    }

    /// Shows how long the work goes on, and what it says of itself; the line is gone once the work
    /// ends, however it does.
    static func around<Answer>(
        _ label: String, counting unit: String = "", isTold: Bool = true,
        _ work: (ProgressClock) async throws -> Answer
    ) async rethrows -> Answer {
        let clock = ProgressClock(ProgressBar(label, counting: unit, isTold: isTold))
        // Not a task, and a queue of its own: the work may hold all threads that others share.
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "progress"))
        timer.schedule(deadline: .now(), repeating: ProgressClock.interval)
        timer.setEventHandler { clock.tick() }
        timer.activate()
        defer {
            timer.cancel()
            clock.end()
        }
        return try await work(clock)
    }

    func update(_ count: Int, fraction: Double?) {
        state.withLock { state in
            state.count = count
            state.fraction = fraction
        }
    }

    /// Clears the line for others that stay.
    func interrupt() { state.withLock { $0.bar.interrupt() } }

    private func tick() {
        state.withLock { state in
            if !state.isOver { state.bar.update(state.count, fraction: state.fraction) }
        }
    }

    private func end() {
        state.withLock { state in
            state.bar.finish()
            state.isOver = true
        }
    }
}
