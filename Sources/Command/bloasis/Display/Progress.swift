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
    private let isEnabled = Display.showsProgress

    init(_ label: String, counting unit: String = "bars") {
        text = ProgressText(label: label, unit: unit)
        start = clock.now
    }

    var label: String {
        get { text.label }
        set { text.label = newValue }
    }

    /// - Parameters:
    ///   - count: of what is done.
    ///   - fraction: of the work done, 0 … 1; `nil` when the total is not known.
    mutating func update(_ count: Int, fraction: Double?) {
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

/// Work that cannot say how far it is: that it goes on, and for how long it has.
final class WorkingDisplay: Sendable {
    private static let interval: Duration = .milliseconds(200)

    /// `nil` once the work is done.
    private let bar: Mutex<ProgressBar?>

    private init(_ bar: ProgressBar) {
        self.bar = Mutex(bar)
    }

    /// - Parameter count: of what is worked on, as in `64 starts`.
    static func around<Answer>(
        _ label: String, _ count: Int, _ unit: String, _ work: () throws -> Answer
    ) rethrows -> Answer {
        let display = WorkingDisplay(ProgressBar(label, counting: unit))
        // The work holds this thread.
        let ticking = Task {
            while display.tick(count) { try await Task.sleep(for: WorkingDisplay.interval) }
        }
        defer {
            ticking.cancel()
            display.end()
        }
        return try work()
    }

    private func tick(_ count: Int) -> Bool {
        bar.withLock { bar in
            bar?.update(count, fraction: nil)
            return bar != nil
        }
    }

    private func end() {
        bar.withLock { bar in
            bar?.finish()
            bar = nil
        }
    }
}
