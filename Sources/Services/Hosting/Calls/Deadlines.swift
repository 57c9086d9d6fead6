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
    let left = now().duration(to: deadline)
    let overdue = RPCFault(.deadlineExceeded, "the caller's deadline has passed")
    guard left > .zero else { throw overdue }
    return try await withThrowingTaskGroup(of: Answer?.self) { group in
        group.addTask { try await call() }
        group.addTask {
            try await clock.sleep(for: left)
            return nil
        }
        defer { group.cancelAll() }
        guard let answer = try await group.next() ?? nil else { throw overdue }
        return answer
    }
}
