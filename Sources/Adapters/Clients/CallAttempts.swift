import Contracts
import Ports

/// Bounds of calls, whatever they go over.
enum CallLimits {
    /// How long a call may take, however long its caller would wait; a stream, to begin.
    static let time = Duration.seconds(30)
    /// The largest message in either direction.
    static let messageBytes = 50 << 20
    /// Answers of a stream that may wait for their reader.
    static let streamBuffer = 1_024

    static var streamIsBehind: RPCFault {
        RPCFault(
            .resourceExhausted,
            "the stream fell \(streamBuffer) answers behind: resume after the last one received")
    }
}

/// When a call is made again: where twice is as good as once, after what may pass by itself, and
/// only so often.
struct RetrySchedule: Equatable {
    /// Attempts at one call.
    static let attemptLimit = 3
    /// The longest pause after the first attempt.
    static let base = Duration.milliseconds(50)
    /// What may pass by itself.
    static let passing: Set<RPCFault.Code> = [
        .unavailable, .resourceExhausted, .aborted, .deadlineExceeded,
    ]
    /// Reads, what an id of its own keeps from being done twice, and what says how it is to be.
    static let repeatable = Set(
        [
            "GetCurrentRegime", "GetRegimeHistory", "ListRegimeChanges", "StreamRegimeChanges",
            "ListModels", "ListDisagreements", "GetModel", "ListSeries", "GetRegimeColumns",
            "GetScorecard",
            "AnalyzeCurrentRegime",
        ].map { "\(ServiceMethod.marketRegimeService)/\($0)" }
            + ["GetStrategy", "GetSectorStrategies"].map {
                "\(ServiceMethod.aiAnalysisService)/\($0)"
            }
            + [
                "RecordFill", "GetPortfolio", "RecordBars", "OpenPaperPortfolio",
                "ListPaperPortfolios", "ClosePaperPortfolio", "ListPaperDecisions",
            ].map { "\(ServiceMethod.tradingService)/\($0)" }
            + [
                "ListNotifications", "StreamNotifications", "AcknowledgeNotification",
                "AcknowledgeNotifications", "GetPreferences", "UpdatePreferences", "ListWebhooks",
                "GetWebhook",
            ].map { "\(ServiceMethod.notificationService)/\($0)" }
            + ["GetAccount", "ListAccounts", "ListOrganisations"].map {
                "\(ServiceMethod.accountService)/\($0)"
            })

    private var attemptsLeft: Int
    private var span = base

    /// - Parameter method: `service/method`.
    init(_ method: String) {
        attemptsLeft = RetrySchedule.repeatable.contains(method) ? RetrySchedule.attemptLimit : 1
    }

    /// The pause until the next attempt: between half and all of a span that doubles.
    ///
    /// - Parameter random: uniform in 0 ..< 1.
    /// - Returns: `nil` when there is none.
    mutating func pause(after code: RPCFault.Code, random: Double) -> Duration? {
        attemptsLeft -= 1
        guard attemptsLeft > 0, RetrySchedule.passing.contains(code) else { return nil }
        defer { span *= 2 }
        return span * (0.5 + 0.5 * random)
    }
}

/// Makes calls within their callers' time, and again where that helps.
struct CallAttempts: Sendable {
    /// What an attempt may take, and what its caller is told when it takes longer.
    struct Time: Sendable {
        let left: Duration
        let late: RPCFault
    }

    let host: String
    let now: @Sendable () -> ContinuousClock.Instant
    let chance: @Sendable () -> Double
    let clock: any Clock<Duration>

    /// - Parameters:
    ///   - method: `service/method`.
    ///   - call: one attempt.
    func make<Answer>(
        _ method: String, _ call: (Time) async throws -> Answer
    ) async throws -> Answer {
        let limit = now().advanced(by: CallLimits.time)
        let callers = CallContext.current.deadline.map { min($0, limit) }
        let late =
            callers.map { $0 < limit } == true
            ? RPCFault.overdue
            : RPCFault(.deadlineExceeded, "\(host) did not answer within \(CallLimits.time)")
        var schedule = RetrySchedule(method)
        while true {
            let left = now().duration(to: callers ?? limit)
            guard left > .zero else { throw late }
            do {
                return try await call(Time(left: left, late: late))
            } catch let fault as RPCFault {
                guard let pause = schedule.pause(after: fault.code, random: chance()),
                    pause < now().duration(to: callers ?? limit)
                else { throw fault }
                try await clock.sleep(for: pause)
            }
        }
    }
}
