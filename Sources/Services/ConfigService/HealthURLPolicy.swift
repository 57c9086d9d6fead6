import Ports

/// Which health URLs may be asked: whoever registers decides what the config-service sends requests
/// to. Addresses of private networks are allowed: that is where services are.
package struct HealthURLPolicy: Sendable, Equatable {
    private let destinations: DestinationPolicy

    /// - Parameter bindAddress: where the config-service listens. Loopback may be asked only by one
    ///   that nobody elsewhere reaches.
    package init(bindAddress: String) {
        let isLocal =
            URLHost.isLoopback(bindAddress.lowercased())
            || NetworkAddress(bindAddress)?.kind == .loopback
        destinations = DestinationPolicy(
            loopback: isLocal
                ? .allowed
                : .refused(
                    advice: ", which only a config-service that listens on loopback may ask"),
            inside: .allowed)
    }

    var allowsLoopback: Bool { destinations.loopback == .allowed }

    /// Why a URL may not be asked; `nil` when it may.
    package func objection(toURL url: String) -> String? { destinations.objection(toURL: url) }

    /// Why an address that a name stands for may not be asked; `nil` when it may.
    package func objection(toAddress text: String) -> String? {
        destinations.objection(toAddress: text)
    }
}
