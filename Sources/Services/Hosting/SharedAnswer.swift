import Synchronization

/// One answer for everybody who asks at about the same time: a crowd costs what one of them does.
///
/// What is answered was asked for no longer than `lifetime` before, or later; at any time one asks.
/// Whoever asks first does it for all; when that one is cancelled, another does.
package final class SharedAnswer<Value: Sendable>: Sendable {
    private struct Asking {
        let begun: ContinuousClock.Instant
        let flight = Flight<Value>()
    }

    private struct State {
        var known: (value: Value, begun: ContinuousClock.Instant)?
        var asking: Asking?
    }

    private enum Step {
        case answer(Value)
        case ask(Asking)
        case wait(Asking)
    }

    /// Whoever asked was cancelled.
    private struct Abandoned: Error {}

    private let lifetime: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let question: @Sendable () async -> Value
    private let state = Mutex(State())

    /// - Parameters:
    ///   - lifetime: how old the asking behind an answer may be.
    ///   - question: bounds its time itself.
    package init(
        lifetime: Duration, now: @escaping @Sendable () -> ContinuousClock.Instant,
        question: @escaping @Sendable () async -> Value
    ) {
        self.lifetime = lifetime
        self.now = now
        self.question = question
    }

    /// - Throws: `CancellationError`.
    package func value() async throws -> Value {
        let instant = now()
        while true {
            switch step(at: instant) {
            case .answer(let value): return value
            case .ask(let asking): return try await ask(asking)
            case .wait(let asking):
                do {
                    let value = try await asking.flight.value()
                    if isFresh(asking.begun, at: instant) { return value }
                } catch is Abandoned {}
            }
        }
    }

    private func step(at instant: ContinuousClock.Instant) -> Step {
        let begun = now()
        return state.withLock { state in
            if let (value, begun) = state.known, isFresh(begun, at: instant) {
                return .answer(value)
            }
            if let asking = state.asking { return .wait(asking) }
            let asking = Asking(begun: begun)
            state.asking = asking
            return .ask(asking)
        }
    }

    private func isFresh(
        _ begun: ContinuousClock.Instant, at instant: ContinuousClock.Instant
    ) -> Bool {
        begun.duration(to: instant) < lifetime
    }

    private func ask(_ asking: Asking) async throws -> Value {
        let value = await question()
        // What was found while being cancelled says nothing of what was asked.
        let isWhole = !Task.isCancelled
        state.withLock { state in
            state.asking = nil
            if isWhole { state.known = (value, asking.begun) }
        }
        asking.flight.land(isWhole ? .success(value) : .failure(Abandoned()))
        guard isWhole else { throw CancellationError() }
        return value
    }
}
