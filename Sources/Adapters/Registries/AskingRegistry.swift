package import Ports
import Synchronization

/// A registry that is believed only once it has refused somebody without a token: then who is
/// registered there was asked for one.
package final class AskingRegistry: ServiceDirectory {
    private let registry: ConfigServiceClient
    private let stranger: ConfigServiceClient
    private let isProven = Mutex(false)

    /// - Parameter stranger: asks the same registry, and shows it no token.
    package init(_ registry: ConfigServiceClient, stranger: ConfigServiceClient) {
        self.registry = registry
        self.stranger = stranger
    }

    package func instances(of service: String) async throws -> [ServiceInstance] {
        try await prove(by: service)
        return try await registry.instances(of: service)
    }

    package func url(of service: String) async throws -> String {
        try await prove(by: service)
        return try await registry.url(of: service)
    }

    private func prove(by service: String) async throws {
        if isProven.withLock({ $0 }) { return }
        do {
            _ = try await stranger.instances(of: service)
        } catch RegistryError.refused(_, status: 401, _) {
            return isProven.withLock { $0 = true }
        }
        throw RegistryError.asksNobody(registry: registry.registry)
    }
}
