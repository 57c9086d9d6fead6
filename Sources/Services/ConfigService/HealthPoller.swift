import Ports
import ServiceLifecycle

/// Asks instances for their health when they are due, and takes out those that are dead.
struct HealthPoller: Service {
    /// For one answer.
    static let answerLimit = Duration.seconds(3)
    /// How late a poll may be.
    static let tick = Duration.milliseconds(250)

    private let registry: LiveRegistry
    private let probe: any HealthProbe
    private let policy: HealthURLPolicy
    private let tick: Duration

    init(
        _ registry: LiveRegistry, probe: any HealthProbe, policy: HealthURLPolicy,
        tick: Duration = HealthPoller.tick
    ) {
        self.registry = registry
        self.probe = probe
        self.policy = policy
        self.tick = tick
    }

    func run() async {
        await cancelWhenGracefulShutdown { await follow() }
    }

    /// The state bounds how many polls are under way.
    private func follow() async {
        await withDiscardingTaskGroup { polls in
            for await _ in registry.wakeUps(every: tick) {
                await registry.tidy()
                for poll in registry.startPolls() {
                    polls.addTask { await ask(poll) }
                }
            }
            polls.cancelAll()
        }
    }

    private func ask(_ poll: RegistryState.Poll) async {
        // The archive may be of another policy than this one.
        if let objection = policy.objection(toURL: poll.url) {
            return registry.finish(poll, problem: objection)
        }
        do {
            try await probe.check(poll.url, within: HealthPoller.answerLimit)
            registry.finish(poll, problem: nil)
        } catch is CancellationError {
            registry.abandon(poll)
        } catch {
            registry.finish(poll, problem: "\(error)")
        }
    }
}
