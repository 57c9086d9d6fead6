package import Logging
package import Ports
import ServiceLifecycle

/// Makes the process known to its registries once it answers, keeps it known, and takes it out
/// again before anything else stops: so it is to be listed last.
///
/// No failure of a registry is a failure of the process.
package struct RegistrationService: Service {
    /// How long a shutdown waits for the registries, all at once: what is in flight is drained
    /// after that, and within the same limit (`ServiceRunner.drainLimit`).
    package static let shutdownLimit = Duration.seconds(2)

    private let registration: ServiceRegistration
    private let registrars: [any Registrar]
    private let pauses: RegistrationPlan.Pauses
    private let shutdownLimit: Duration
    private let whenReady: @Sendable () async throws -> Void
    private let chance: @Sendable () -> Double
    private let logger: Logger

    /// - Parameters:
    ///   - registrars: none: it only waits for the end.
    ///   - whenReady: returns once the process answers; `OpenDoors.wait`.
    ///   - chance: uniform in 0 ..< 1.
    package init(
        _ registration: ServiceRegistration, with registrars: [any Registrar],
        pauses: RegistrationPlan.Pauses = RegistrationPlan.Pauses(),
        shutdownLimit: Duration = RegistrationService.shutdownLimit,
        whenReady: @escaping @Sendable () async throws -> Void = {},
        chance: @escaping @Sendable () -> Double = RegistrationService.systemChance, logger: Logger
    ) {
        self.registration = registration
        self.registrars = registrars
        self.pauses = pauses
        self.shutdownLimit = shutdownLimit
        self.whenReady = whenReady
        self.chance = chance
        self.logger = logger
    }

    package func run() async throws {
        guard !registrars.isEmpty else {
            logger.debug(
                "Service registry registration skipped/failed for \(registration.serviceName)",
                metadata: ["reason": "no registry is configured"])
            return try await gracefulShutdown()
        }
        await withDiscardingTaskGroup { group in
            for registrar in registrars {
                group.addTask { await attend(registrar) }
            }
        }
    }

    @Sendable package static func systemChance() -> Double {
        var generator = SystemRandomNumberGenerator()
        return Double.random(in: 0..<1, using: &generator)
    }

    /// From the registration with one registry to the end of it.
    private func attend(_ registrar: any Registrar) async {
        let (plan, instanceID) = await cancelWhenGracefulShutdown { await keep(registrar) }
        guard plan.mayBeKnown else { return }
        // A process that ends because a service failed is cancelled, and deregisters nevertheless.
        await Task { await deregister(instanceID, from: registrar) }.value
    }

    /// Registers, and again when the registry has forgotten, until cancelled.
    private func keep(_ registrar: any Registrar) async -> (RegistrationPlan, instanceID: String) {
        var plan = RegistrationPlan(pauses)
        var instanceID = registration.instanceID
        do {
            try await whenReady()
            while true {
                let pause =
                    switch plan.step {
                    case .register: try await register(with: registrar, &plan, &instanceID)
                    case .check: try await check(instanceID, with: registrar, &plan)
                    }
                try await Task.sleep(for: pause)
            }
        } catch {
            // Cancelled.
        }
        return (plan, instanceID)
    }

    private func register(
        with registrar: any Registrar, _ plan: inout RegistrationPlan, _ instanceID: inout String
    ) async throws -> Duration {
        let name = registration.serviceName
        let place: Logger.Metadata = ["registry": "\(registrar.registry)"]
        do {
            instanceID = try await registrar.register(registration)
            logger.info(
                "Registered \(name) with service registry as instance \(instanceID)",
                metadata: place)
            return plan.registered()
        } catch {
            guard !Task.isCancelled else {
                plan.interrupted()
                throw error
            }
            // A registry that stays away is worth two lines, not two every half a minute.
            let level: Logger.Level = plan.failures == 0 ? .warning : .debug
            logger.log(
                level: level, "Service registry registration failed: \(error)", metadata: place)
            logger.log(
                level: level, "Service registry registration skipped/failed for \(name)",
                metadata: place)
            let leavesOpen = (error as? RegistryError)?.leavesOpen ?? true
            return plan.registrationFailed(leavesOpen: leavesOpen, chance: chance())
        }
    }

    private func check(
        _ instanceID: String, with registrar: any Registrar, _ plan: inout RegistrationPlan
    ) async throws -> Duration {
        do {
            let isKnown = try await registrar.isKnown(
                service: registration.serviceName, instanceID: instanceID)
            if !isKnown {
                logger.notice(
                    "Service registry has forgotten this instance",
                    metadata: ["registry": "\(registrar.registry)"])
            }
            return plan.checked(isKnown: isKnown)
        } catch {
            try Task.checkCancellation()
            // One that refuses will not be better for being asked again: somebody has to know.
            let isRefused = if case .refused? = error as? RegistryError { true } else { false }
            logger.log(
                level: isRefused ? .warning : .debug, "Service registry did not check instance",
                metadata: ["registry": "\(registrar.registry)", "error": "\(error)"])
            return plan.checkFailed()
        }
    }

    private func deregister(_ instanceID: String, from registrar: any Registrar) async {
        let name = registration.serviceName
        let place: Logger.Metadata = ["registry": "\(registrar.registry)"]
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await registrar.deregister(service: name, instanceID: instanceID)
                }
                group.addTask { [shutdownLimit] in
                    try await Task.sleep(for: shutdownLimit)
                    throw RegistryError.timedOut(registry: registrar.registry, limit: shutdownLimit)
                }
                defer { group.cancelAll() }
                try await group.next()
            }
            logger.info("Deregistered \(name) from service registry", metadata: place)
        } catch {
            logger.warning(
                "Service registry deregistration failed: \(error)", metadata: place)
        }
    }
}
