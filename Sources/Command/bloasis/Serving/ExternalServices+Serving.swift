import Hosting

extension [ExternalService] {
    /// What a served process has outside itself. Each is a shared value, so that it is made once
    /// whoever asks, and closed in reverse order.
    static func needed(by plan: ServePlan, in process: ServiceProcess) -> [ExternalService] {
        var services: [ExternalService] = []
        if plan.hasStore {
            services.append(
                ExternalService("database") { _ = try await process.shared(Shared.assembly) })
        }
        if plan.local.contains(.aiAnalysis) {
            services.append(
                ExternalService("language-model") {
                    _ = try await process.shared(Shared.languageModel)
                })
        }
        if plan.hasDoors {
            services.append(
                ExternalService("auth") { _ = try await process.shared(Shared.access) })
        }
        return services
    }
}

extension ServePlan {
    private static let doors = [GRPCDoor.name, HTTPDoor.name]

    fileprivate var hasDoors: Bool { entries.contains { ServePlan.doors.contains($0) } }

    /// Doors, the registration and the registry itself keep nothing.
    fileprivate var hasStore: Bool {
        let storeless = ServePlan.doors + [Registration.name, ConfigServiceHost.name]
        return entries.contains { !storeless.contains($0) }
    }
}

extension Retrier {
    /// For what is opened at start.
    static func starting(_ process: ServiceProcess) -> Retrier {
        Retrier(chance: { Assembly.chance }, logger: process.logger)
    }
}
