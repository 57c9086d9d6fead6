package import Hosting
package import Logging
package import Market
package import Ports
package import ServiceLifecycle

/// The config-service: the registry of services, what polls it, and what answers.
package struct ServiceRegistry: Sendable {
    /// Answers over HTTP.
    package let routes: RegistryRoutes
    /// Asks the instances for their health; stops with the process.
    package let services: [any Service]
    /// What `/ready` asks.
    package let healthChecks: [HealthCheck]

    /// Restores what is in the archive.
    ///
    /// - Parameters:
    ///   - archive: keeps what is registered over a restart. One that cannot be read is put aside,
    ///     one that cannot be written is said in the log and by `/ready`; neither stops it.
    ///   - probe: asks instances for their health; checks the addresses that names stand for with
    ///     `policy`.
    ///   - policy: which health URLs may be asked.
    ///   - access: who may ask the registry.
    ///   - now: the wall clock, for the time of a registration and for the ends of tokens.
    ///   - steady: the clock that never jumps, for everything else.
    package init(
        archive: any RegistryArchive, probe: any HealthProbe, policy: HealthURLPolicy,
        access: AccessControl = .off, now: @escaping @Sendable () -> Timestamp,
        steady: @escaping @Sendable () -> ContinuousClock.Instant = { SteadyClock.now },
        logger: Logger
    ) async {
        let restored = await ArchiveKeeper.restore(from: archive, logger: logger)
        if !restored.isEmpty {
            logger.info("Registry restored", metadata: ["instances": "\(restored.count)"])
        }
        let registry = LiveRegistry(
            restoring: restored, archive: archive, now: now, steady: steady, logger: logger)
        routes = RegistryRoutes(registry, policy: policy, access: access, now: now)
        services = [HealthPoller(registry, probe: probe, policy: policy)]
        healthChecks = [HealthCheck("registry-file") { try await registry.checkArchive() }]
    }
}
