/// What a dependency says when asked whether it works.
package struct DependencyHealth: Sendable, Equatable {
    package let name: String
    package let isHealthy: Bool
    /// One line for people; never a secret.
    package let detail: String

    package init(name: String, isHealthy: Bool, detail: String) {
        self.name = name
        self.isHealthy = isHealthy
        self.detail = detail
    }
}

/// A named question to a dependency: returns a line for people, throws when it does not work.
package struct HealthCheck: Sendable {
    package let name: String
    let probe: @Sendable () async throws -> String

    package init(_ name: String, probe: @escaping @Sendable () async throws -> String) {
        self.name = name
        self.probe = probe
    }
}

/// Asks all dependencies at once and says whether the process can serve; once for all who want to
/// know it at about the same time.
package struct Readiness: Sendable {
    /// How long one dependency may take to answer; a slower one counts as failing.
    package static let answerLimit = Duration.seconds(2)
    /// How long ago the dependencies may have been asked for a report.
    package static let reportLifetime = Duration.seconds(1)

    private let answer: SharedAnswer<ReadinessReport>

    /// - Parameters:
    ///   - limit: of one answer.
    ///   - now: what a report's age is counted by.
    package init(
        _ checks: [HealthCheck], limit: Duration = Readiness.answerLimit,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { SteadyClock.now }
    ) {
        let questions = Questions(checks: checks, limit: limit)
        answer = SharedAnswer(lifetime: Readiness.reportLifetime, now: now) {
            await questions.report()
        }
    }

    /// Every dependency's health, in the order the checks were given.
    ///
    /// - Throws: `CancellationError`.
    package func report() async throws -> ReadinessReport { try await answer.value() }
}

/// The dependencies, asked each time.
private struct Questions: Sendable {
    let checks: [HealthCheck]
    let limit: Duration

    /// A check that ignores cancellation is waited for: its own bound must end it.
    func report() async -> ReadinessReport {
        await withTaskGroup(of: (Int, DependencyHealth).self) { tasks in
            for (index, check) in checks.enumerated() {
                tasks.addTask { (index, await answer(of: check)) }
            }
            var answers: [(Int, DependencyHealth)] = []
            for await answer in tasks { answers.append(answer) }
            return ReadinessReport(answers.sorted { $0.0 < $1.0 }.map(\.1))
        }
    }

    private func answer(of check: HealthCheck) async -> DependencyHealth {
        await withTaskGroup(of: DependencyHealth?.self) { tasks in
            tasks.addTask {
                do {
                    let detail = try await check.probe()
                    return DependencyHealth(name: check.name, isHealthy: true, detail: detail)
                } catch {
                    return DependencyHealth(
                        name: check.name, isHealthy: false,
                        detail: Redaction.maskingPasswords(in: "\(error)"))
                }
            }
            tasks.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            let first = await tasks.next() ?? nil
            tasks.cancelAll()
            return first
                ?? DependencyHealth(
                    name: check.name, isHealthy: false, detail: "no answer within \(limit)")
        }
    }
}

package struct ReadinessReport: Sendable, Equatable {
    package let dependencies: [DependencyHealth]

    package init(_ dependencies: [DependencyHealth]) {
        self.dependencies = dependencies
    }

    package var isReady: Bool { dependencies.allSatisfy(\.isHealthy) }
    package var failing: [DependencyHealth] { dependencies.filter { !$0.isHealthy } }
}
