package import Contracts
import Ports
import Synchronization

/// ai-analysis elsewhere, behind a circuit breaker: once it is known to be away, whoever asks is
/// told so at once.
package final class GuardedAnalysis: AIAnalysisAPI {
    /// How long an answer may take, however long its caller would wait.
    package static let timeLimit = Duration.seconds(30)

    /// A call that was given up after so long counts as one that failed.
    static let slowness = Duration.seconds(5)

    private let remote: any AIAnalysisAPI
    private let host: String
    private let now: @Sendable () -> ContinuousClock.Instant
    private let clock: any Clock<Duration>
    private let breaker: Mutex<CircuitBreaker>

    /// - Parameters:
    ///   - host: for who is told that it is away.
    ///   - clock: waits for answers.
    package init(
        _ remote: any AIAnalysisAPI, host: String, breaker: CircuitBreaker = CircuitBreaker(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { SteadyClock.now },
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.remote = remote
        self.host = host
        self.now = now
        self.clock = clock
        self.breaker = Mutex(breaker)
    }

    package func getStrategy(
        _ request: Bloasis_AiAnalysis_StrategyRequest
    ) async throws -> Bloasis_AiAnalysis_StrategyResponse {
        try await guarded { [remote] in try await remote.getStrategy(request) }
    }

    package func getSectorStrategies(
        _ request: Bloasis_AiAnalysis_GetSectorStrategiesRequest
    ) async throws -> Bloasis_AiAnalysis_GetSectorStrategiesResponse {
        try await guarded { [remote] in try await remote.getSectorStrategies(request) }
    }

    private func guarded<Answer: Sendable>(
        _ call: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let away = RPCFault.unavailable("Service unavailable: \(host)")
        let start = now()
        guard breaker.withLock({ $0.allows(at: now()) }) else { throw away }
        do {
            let answer = try await withinTime(
                GuardedAnalysis.timeLimit, orThrow: away, clock: clock, call)
            breaker.withLock { $0.succeeded() }
            return answer
        } catch let fault as RPCFault where fault.code == .unavailable {
            breaker.withLock { $0.failed(at: now()) }
            throw fault
        } catch let fault as RPCFault where fault.code == .deadlineExceeded {
            breaker.withLock { $0.failed(at: now()) }
            throw away
        } catch let fault as RPCFault where fault.code != .cancelled && !Task.isCancelled {
            // It was there, and said no.
            breaker.withLock { $0.succeeded() }
            throw fault
        } catch {
            // Whoever asked may have stopped waiting because nothing came.
            let isSlow = start.duration(to: now()) >= GuardedAnalysis.slowness
            breaker.withLock { isSlow ? $0.failed(at: now()) : $0.gaveUp(at: now()) }
            throw error
        }
    }
}
