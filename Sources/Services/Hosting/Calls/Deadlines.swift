package import Contracts
import Ports

extension ServiceMethod {
    /// The same method, given up when its caller stops waiting (`CallContext.deadline`): it is
    /// cancelled, and the caller told DEADLINE_EXCEEDED. A stream only has to begin in time.
    ///
    /// - Parameters:
    ///   - now: what deadlines are measured by.
    ///   - clock: waits for them.
    package func keepingDeadlines(
        now: @escaping @Sendable () -> ContinuousClock.Instant = { SteadyClock.now },
        clock: any Clock<Duration> = ContinuousClock()
    ) -> ServiceMethod {
        var kept = self
        kept.call =
            switch call {
            case .unary(let answer):
                .unary { asked in
                    try await inTime(now: now, clock: clock) { try await answer(asked) }
                }
            case .stream(let open):
                .stream { asked in
                    try await inTime(now: now, clock: clock) { try await open(asked) }
                }
            }
        return kept
    }
}

/// Most calls have no deadline, and no timer is made for them.
private func inTime<Answer: Sendable>(
    now: @Sendable () -> ContinuousClock.Instant, clock: any Clock<Duration>,
    _ call: @escaping @Sendable () async throws -> Answer
) async throws -> Answer {
    guard let deadline = CallContext.current.deadline else { return try await call() }
    return try await withinTime(
        now().duration(to: deadline), orThrow: .overdue, clock: clock, call)
}
