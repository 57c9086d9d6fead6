package import Market
import Synchronization

/// A clock that stands still until a test moves it, and whose sleepers wake when it has moved far
/// enough.
package final class ManualTime: Sendable {
    private struct Sleeper {
        var end: Timestamp
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var instant: Timestamp
        var sleepers: [Int: Sleeper] = [:]
        var lastSleeper = 0
    }

    private let state: Mutex<State>

    package init(_ start: Timestamp = Samples.day(10_000)) {
        state = Mutex(State(instant: start))
    }

    package var now: Timestamp { state.withLock { $0.instant } }

    package func advance(bySeconds seconds: Int64) {
        let woken = state.withLock { state in
            state.instant = state.instant.advanced(bySeconds: seconds)
            let woken = state.sleepers.filter { $0.value.end <= state.instant }
            for number in woken.keys { state.sleepers[number] = nil }
            return woken.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    /// When those who sleep would wake, the next first.
    package var alarms: [Timestamp] {
        state.withLock { $0.sleepers.values.map(\.end) }.sorted()
    }

    /// Waits until the clock was moved on by this much.
    ///
    /// - Throws: `CancellationError`.
    package func sleep(for duration: Duration) async throws {
        let number = state.withLock { state in
            state.lastSleeper += 1
            return state.lastSleeper
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = state.withLock { state -> Result<Void, any Error>? in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    let (seconds, attoseconds) = duration.components
                    let end = state.instant.advanced(bySeconds: seconds)
                        .advanced(byNanoseconds: attoseconds / 1_000_000_000)
                    if end <= state.instant { return .success(()) }
                    state.sleepers[number] = Sleeper(end: end, continuation: continuation)
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: number) }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}
