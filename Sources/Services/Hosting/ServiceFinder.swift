package import Logging
package import Ports

/// Finds services in a registry. A registry that cannot answer is said in the log, and is no
/// failure of whoever asks.
package struct ServiceFinder: Sendable {
    private let directory: any ServiceDirectory
    private let logger: Logger

    package init(_ directory: any ServiceDirectory, logger: Logger) {
        self.directory = directory
        self.logger = logger
    }

    /// The instances of a service, healthy or not; none when they cannot be asked for.
    package func instances(of service: String) async -> [ServiceInstance] {
        do {
            return try await directory.instances(of: service)
        } catch {
            logger.warning("Service discovery failed for \(service): \(error)")
            return []
        }
    }
}
