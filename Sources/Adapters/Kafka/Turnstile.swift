import Synchronization

/// Lets one caller through at a time, in the order in which they came; no more than so many wait.
final class Turnstile: Sendable {
    private struct State {
        var isTaken = false
        var waiters: [(number: Int, answer: Answer<Void>)] = []
        var lastNumber = 0
    }

    let waiterLimit: Int
    private let state = Mutex(State())

    init(waiterLimit: Int) {
        self.waiterLimit = waiterLimit
    }

    var waiterCount: Int { state.withLock { $0.waiters.count } }

    /// - Throws: `KafkaError.crowded`; what the deadline throws; `CancellationError`.
    func enter(by deadline: Deadline) async throws {
        let waiting = try state.withLock { state -> (number: Int, answer: Answer<Void>)? in
            guard state.isTaken else {
                state.isTaken = true
                return nil
            }
            guard state.waiters.count < waiterLimit else {
                throw KafkaError.crowded(waiters: waiterLimit)
            }
            state.lastNumber += 1
            let waiter = (state.lastNumber, Answer<Void>())
            state.waiters.append(waiter)
            return waiter
        }
        guard let (number, answer) = waiting else { return }
        do {
            try await deadline.value(of: answer)
        } catch {
            state.withLock { $0.waiters.removeAll { waiter in waiter.number == number } }
            throw error
        }
    }

    func leave() {
        while true {
            let next = state.withLock { state -> Answer<Void>? in
                guard !state.waiters.isEmpty else {
                    state.isTaken = false
                    return nil
                }
                return state.waiters.removeFirst().answer
            }
            // One that gave up meanwhile takes nothing.
            guard let next else { return }
            if next.give(.success(())) { return }
        }
    }
}
