import Logging
import Market
import Ports
import Synchronization

/// The registry as its routes and its poller share it: the state, the archive and the clocks.
final class LiveRegistry: Sendable {
    private let state: Mutex<RegistryState>
    private let keeper: ArchiveKeeper
    private let now: @Sendable () -> Timestamp
    private let steady: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger
    /// There is something to poll, or room for another poll.
    private let changes = CommitSignal()

    /// - Parameters:
    ///   - now: the wall clock.
    ///   - steady: the clock that never jumps.
    init(
        restoring instances: [ServiceInstance], archive: any RegistryArchive,
        now: @escaping @Sendable () -> Timestamp,
        steady: @escaping @Sendable () -> ContinuousClock.Instant, logger: Logger
    ) {
        state = Mutex(RegistryState(restoring: instances, at: steady()))
        keeper = ArchiveKeeper(archive, steady: steady, logger: logger)
        self.now = now
        self.steady = steady
        self.logger = logger
    }

    // MARK: - For the routes

    /// Returns once a restart would know of it, or the archive could not be written.
    func register(_ registration: ServiceRegistration) async throws {
        // No finer than every reader of RFC 3339 takes it.
        let (now, date) = (steady(), now().roundedUpToMicrosecond)
        try state.withLock { try $0.register(registration, at: now, on: date) }
        logger.info("Instance registered", metadata: metadata(registration))
        changes.notify()
        await save()
    }

    func deregister(service: String, instanceID: String) async {
        let wasKnown = state.withLock { $0.deregister(service: service, instanceID: instanceID) }
        guard wasKnown else { return }
        await save()
        logger.info(
            "Instance deregistered",
            metadata: ["instance_of": "\(service)", "instance_id": "\(instanceID)"])
    }

    func instances(of service: String? = nil) -> [ServiceInstance] {
        state.withLock { $0 }.instances(of: service)
    }

    func url(of service: String) -> String? {
        state.withLock { $0.url(of: service) }
    }

    /// - Throws: why what is registered would be lost with a restart.
    func checkArchive() async throws -> String { try await keeper.check() }

    // MARK: - For the poller

    /// When there is something to poll, and at a steady pace besides.
    func wakeUps(every interval: Duration) -> AsyncStream<Void> {
        changes.stream(recheckingEvery: interval)
    }

    func startPolls() -> [RegistryState.Poll] {
        let now = steady()
        return state.withLock { $0.startPolls(at: now) }
    }

    /// - Parameter problem: why it is not healthy; `nil` when it is.
    func finish(_ poll: RegistryState.Poll, problem: String?) {
        let now = steady()
        let status = state.withLock { $0.finish(poll, isHealthy: problem == nil, at: now) }
        changes.notify()
        guard let status else { return }
        var metadata: Logger.Metadata = [
            "instance_of": "\(poll.service)", "instance_id": "\(poll.instanceID)",
        ]
        metadata["reason"] = problem.map { "\($0)" }
        logger.log(
            level: status == .healthy ? .info : .warning, "Instance is \(status.rawValue)",
            metadata: metadata)
    }

    /// The poll found nothing out.
    func abandon(_ poll: RegistryState.Poll) {
        let now = steady()
        _ = state.withLock { $0.finish(poll, isHealthy: nil, at: now) }
    }

    /// Takes out who is dead, and writes what an earlier write failed to.
    func tidy() async {
        let now = steady()
        let ended = state.withLock { $0.expire(at: now) }
        for registration in ended {
            logger.warning("Instance expired", metadata: metadata(registration))
        }
        if ended.isEmpty {
            await keeper.catchUp { [self] in instances() }
        } else {
            await save()
        }
    }

    private func save() async {
        await keeper.save { [self] in instances() }
    }

    private func metadata(_ registration: ServiceRegistration) -> Logger.Metadata {
        [
            "instance_of": "\(registration.serviceName)",
            "instance_id": "\(registration.instanceID)",
        ]
    }
}
