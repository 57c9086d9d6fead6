import Contracts

/// When a call that failed is made again: for a fault that may pass, of a method that may be called
/// twice, a few times, with pauses that grow.
///
/// Not grpc-swift's own policy: with version 2.4.3 a call to a service that is away, made under
/// one, waits for its whole time in place of being told.
struct RetrySchedule {
    static let attemptLimit = 3
    static let firstPause = Duration.milliseconds(50)

    private static let passing: Set<RPCFault.Code> = [
        .unavailable, .resourceExhausted, .aborted, .deadlineExceeded,
    ]
    /// Reads, and what is idempotent by an id of its own.
    private static let repeatable: [String: Set<String>] = [
        ServiceMethod.marketRegimeService: [
            "GetCurrentRegime", "GetRegimeHistory", "ListRegimeChanges", "ListModels", "GetModel",
        ],
        ServiceMethod.tradingService: ["RecordFill", "GetPortfolio", "RecordBars"],
    ]

    let isRepeatable: Bool

    init(_ service: String, _ name: String) {
        isRepeatable = RetrySchedule.repeatable[service]?.contains(name) ?? false
    }

    /// - Parameters:
    ///   - attempt: the one that failed, from 1.
    ///   - chance: uniform in 0 ..< 1, so that callers that failed together do not come back
    ///     together.
    /// - Returns: how long to wait before the next attempt; `nil`: the fault is told.
    func pause(after attempt: Int, _ code: RPCFault.Code, chance: Double) -> Duration? {
        guard isRepeatable, attempt < RetrySchedule.attemptLimit,
            RetrySchedule.passing.contains(code)
        else { return nil }
        return RetrySchedule.firstPause * (1 << (attempt - 1)) * (0.5 + chance / 2)
    }
}
