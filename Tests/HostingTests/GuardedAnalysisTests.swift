import Contracts
import Hosting
import Synchronization
import TestSupport
import Testing

@Suite("ai-analysis behind a circuit breaker")
struct GuardedAnalysisTests {
    /// Answers or fails as it is told, and counts who asks.
    private final class Remote: AIAnalysisAPI {
        let fault = Mutex<RPCFault?>(nil)
        let asked = Atomic(0)

        func getStrategy(
            _ request: Bloasis_AiAnalysis_StrategyRequest
        ) async throws -> Bloasis_AiAnalysis_StrategyResponse {
            asked.add(1, ordering: .relaxed)
            if let fault = fault.withLock({ $0 }) { throw fault }
            return Bloasis_AiAnalysis_StrategyResponse()
        }

        func getSectorStrategies(
            _ request: Bloasis_AiAnalysis_GetSectorStrategiesRequest
        ) async throws -> Bloasis_AiAnalysis_GetSectorStrategiesResponse {
            Bloasis_AiAnalysis_GetSectorStrategiesResponse()
        }
    }

    private func ask(_ analysis: GuardedAnalysis) async -> RPCFault? {
        do {
            _ = try await analysis.getStrategy(Bloasis_AiAnalysis_StrategyRequest())
            return nil
        } catch {
            return error as? RPCFault
        }
    }

    @Test("once it is known to be away nobody waits for it, until a call gets through")
    func away() async {
        let (remote, time) = (Remote(), ManualInstant())
        let analysis = GuardedAnalysis(remote, host: "analysis:50052", now: { time.now })
        remote.fault.withLock { $0 = .unavailable("Service unavailable: analysis:50052") }
        for _ in 0..<20 {
            let fault = await ask(analysis)
            #expect(fault?.code == .unavailable)
            #expect(fault?.message == "Service unavailable: analysis:50052")
        }
        #expect(remote.asked.load(ordering: .relaxed) == CircuitBreaker.standardFailureLimit)
        remote.fault.withLock { $0 = nil }
        #expect(await ask(analysis) != nil)
        time.advance(by: CircuitBreaker.standardPause)
        #expect(await ask(analysis) == nil)
        #expect(await ask(analysis) == nil)
    }

    @Test("one that says no is there")
    func refusing() async {
        let remote = Remote()
        let analysis = GuardedAnalysis(remote, host: "analysis:50052")
        remote.fault.withLock { $0 = .invalidArgument("symbols: 0 are given") }
        for _ in 0..<20 { #expect(await ask(analysis)?.code == .invalidArgument) }
        #expect(remote.asked.load(ordering: .relaxed) == 20)
    }

    @Test("an answer that takes longer than its time is none")
    func slow() async {
        struct Never: AIAnalysisAPI {
            func getStrategy(
                _ request: Bloasis_AiAnalysis_StrategyRequest
            ) async throws -> Bloasis_AiAnalysis_StrategyResponse {
                let (silence, _) = AsyncStream.makeStream(of: Void.self)
                for await _ in silence {}
                try Task.checkCancellation()
                return Bloasis_AiAnalysis_StrategyResponse()
            }

            func getSectorStrategies(
                _ request: Bloasis_AiAnalysis_GetSectorStrategiesRequest
            ) async throws -> Bloasis_AiAnalysis_GetSectorStrategiesResponse {
                Bloasis_AiAnalysis_GetSectorStrategiesResponse()
            }
        }
        let analysis = GuardedAnalysis(Never(), host: "analysis:50052", clock: SkippingClock())
        let fault = await ask(analysis)
        #expect(fault?.message == "Service unavailable: analysis:50052")
    }
}
