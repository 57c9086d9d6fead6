package import Market

/// How an instance of a service announces itself.
package struct ServiceRegistration: Sendable, Equatable {
    package var serviceName: String
    /// Names the instance among those of its service.
    package var instanceID: String
    /// Where it answers.
    package var serviceURL: String
    /// What is asked for its health; `nil`: nobody asks, and it counts as neither healthy nor not.
    package var healthCheckURL: String?
    /// What else there is to know of it.
    package var metadata: JSONObject

    package init(
        serviceName: String, instanceID: String, serviceURL: String, healthCheckURL: String?,
        metadata: JSONObject = JSONObject()
    ) {
        self.serviceName = serviceName
        self.instanceID = instanceID
        self.serviceURL = serviceURL
        self.healthCheckURL = healthCheckURL
        self.metadata = metadata
    }
}

package enum InstanceStatus: String, Sendable, CaseIterable {
    case healthy
    case unhealthy
    /// Not asked yet, or nothing to ask.
    case unknown
}

/// An instance as a registry knows it.
package struct ServiceInstance: Sendable, Equatable {
    package var registration: ServiceRegistration
    package var status: InstanceStatus
    /// `nil` where the registry does not say.
    package var registeredAt: Timestamp?

    package init(
        registration: ServiceRegistration, status: InstanceStatus, registeredAt: Timestamp?
    ) {
        self.registration = registration
        self.status = status
        self.registeredAt = registeredAt
    }
}

/// Where an instance makes itself known. Every call ends within the implementation's own limit.
package protocol Registrar: Sendable {
    /// Which registry this is, for logs: `config-service at host:8082`; never a secret.
    var registry: String { get }

    /// Makes an instance known; one of the same service and id is replaced.
    ///
    /// - Returns: the id under which it is known.
    /// - Throws: `RegistryError`.
    @discardableResult
    func register(_ registration: ServiceRegistration) async throws -> String

    /// Takes that instance out, and no other; one that is not known is out already.
    ///
    /// - Throws: `RegistryError`.
    func deregister(service: String, instanceID: String) async throws

    /// Whether the registry knows an instance.
    ///
    /// - Throws: `RegistryError`.
    func isKnown(service: String, instanceID: String) async throws -> Bool
}

/// Where services are found. Every call ends within the implementation's own limit.
package protocol ServiceDirectory: Sendable {
    /// The instances of a service, healthy or not; of an unknown one none.
    ///
    /// - Throws: `RegistryError`.
    func instances(of service: String) async throws -> [ServiceInstance]

    /// Where a healthy instance answers; healthy ones take turns.
    ///
    /// - Throws: `RegistryError`, `noHealthyInstance` when there is none.
    func url(of service: String) async throws -> String
}

/// Why a registry did not do what it was asked. None of it holds a secret.
package enum RegistryError: Error, Equatable, Sendable {
    /// The address of the registry cannot be used.
    case unusableAddress(reason: String)
    /// What the registry is to be shown cannot be had.
    case unusableToken(reason: String)
    /// Nothing was sent, or nothing came back.
    case unreachable(registry: String, reason: String)
    /// What was asked may have been done or not.
    case timedOut(registry: String, limit: Duration)
    /// It answered with another status than success.
    case refused(registry: String, status: Int, detail: String)
    /// It answered something else than a registry does.
    case unreadable(registry: String, reason: String)
    case noHealthyInstance(service: String)
    /// It would have anybody registered, where that matters.
    case asksNobody(registry: String)
    /// What was given cannot be registered there.
    case unfit(reason: String)

    /// Whether what was asked may have been done all the same.
    package var leavesOpen: Bool {
        switch self {
        case .timedOut, .unreadable: true
        case .unusableAddress, .unusableToken, .unreachable, .refused, .noHealthyInstance,
            .asksNobody, .unfit:
            false
        }
    }
}

extension RegistryError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unusableAddress(let reason): "the address of the registry cannot be used: \(reason)"
        case .unusableToken(let reason): "the token for the registry cannot be used: \(reason)"
        case .unreachable(let registry, let reason): "\(registry) cannot be reached: \(reason)"
        case .timedOut(let registry, let limit): "\(registry) did not answer within \(limit)"
        case .refused(let registry, let status, let detail):
            "\(registry) answered \(status)" + (detail.isEmpty ? "" : ": \(detail)")
        case .unreadable(let registry, let reason):
            "what \(registry) answers cannot be read: \(reason). Check its address"
        case .noHealthyInstance(let service): "no healthy instance of \(service) is registered"
        case .asksNobody(let registry):
            "\(registry) asks nobody for a token, and callers' tokens would go in plain text to "
                + "whoever is registered: have it ask (BLOASIS_AUTH), or call services over TLS "
                + "(GRPC_TLS_AUTHORITIES)"
        case .unfit(let reason): "it cannot be registered: \(reason)"
        }
    }
}
