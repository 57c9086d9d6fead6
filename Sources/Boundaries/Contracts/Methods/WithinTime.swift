extension RPCFault {
    /// What is told where nobody waits for the answer any more.
    package static let overdue = RPCFault(
        .deadlineExceeded, "the caller's deadline has passed")
}

/// Makes a call that is given up after a while: it is cancelled then.
///
/// - Parameters:
///   - time: how long it may take.
///   - late: thrown when it took longer.
///   - clock: waits for that.
/// - Throws: what the call throws.
package func withinTime<Answer: Sendable>(
    _ time: Duration, orThrow late: RPCFault, clock: any Clock<Duration> = ContinuousClock(),
    _ call: @escaping @Sendable () async throws -> Answer
) async throws -> Answer {
    guard time > .zero else { throw late }
    return try await withThrowingTaskGroup(of: Answer?.self) { group in
        group.addTask { try await call() }
        group.addTask {
            try await clock.sleep(for: time)
            return nil
        }
        defer { group.cancelAll() }
        guard let answer = try await group.next() ?? nil else { throw late }
        return answer
    }
}
