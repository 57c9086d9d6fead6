import Evaluation
import RegimeModels

/// Walks every model through every market, some at a time.
struct EvaluationRun {
    let histories: [MarketHistory]
    let candidates: [Candidate]
    let threads: Int

    private struct Job: Sendable {
        let market: Int
        let specification: RegimeSpecification
    }

    private struct Result: Sendable {
        let market: Int
        let specification: RegimeSpecification
        let walk: ModelWalk
    }

    /// One market with what the candidates said of it.
    struct Market {
        let history: MarketHistory
        /// One per candidate.
        let paths: [LabelPath]
        /// By the canonical text of their specification.
        let walks: [String: ModelWalk]
    }

    /// In the order of the histories. They do not depend on `threads`: each walk is a function of
    /// its bars and its specification.
    func markets() async throws -> [Market] {
        let walks = try await ProgressClock.around("evaluate", counting: "bars", walks)
        return zip(histories, walks).map { history, walks in
            Market(
                history: history, paths: candidates.map { $0.path(over: history, walks: walks) },
                walks: walks)
        }
    }

    private func walks(_ progress: ProgressClock) async throws -> [[String: ModelWalk]] {
        var walks = [[String: ModelWalk]](repeating: [:], count: histories.count)
        var waiting = jobs()[...]
        let total = waiting.count
        var done = 0
        var bars = 0
        try await withThrowingTaskGroup(of: Result.self) { group in
            for job in waiting.prefix(threads) { group.addTask { perform(job) } }
            waiting = waiting.dropFirst(threads)
            while let result = try await group.next() {
                if let job = waiting.popFirst() { group.addTask { perform(job) } }
                walks[result.market][result.specification.canonicalJSON] = result.walk
                if !result.walk.failures.isEmpty { progress.interrupt() }
                report(result)
                done += 1
                bars += histories[result.market].count
                progress.update(
                    bars, fraction: Double(done) / Double(max(total, 1)))
            }
        }
        return walks
    }

    private func jobs() -> [Job] {
        histories.indices.flatMap { market in
            var seen: Set<String> = []
            return candidates.flatMap(\.walks).compactMap { specification in
                seen.insert(specification.canonicalJSON).inserted
                    ? Job(market: market, specification: specification) : nil
            }
        }
    }

    private func perform(_ job: Job) -> Result {
        Result(
            market: job.market, specification: job.specification,
            walk: ModelWalk(job.specification, over: histories[job.market]))
    }

    private func report(_ result: Result) {
        guard let first = result.walk.failures.first else { return }
        let history = histories[result.market]
        StandardError.warning(
            "\(history.name): \(result.walk.failures.count) refits failed, the first at "
                + "\(history.dates[first.bar]): \(first.error)")
    }
}
