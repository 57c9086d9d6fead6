import Synchronization

/// The twin of a registry: nobody polls, its owner says who is healthy.
package final class InMemoryRegistry: Registrar, ServiceDirectory {
    private struct State {
        var instances: [ServiceInstance] = []
        var turns: [String: Int] = [:]
        var failure: RegistryError?

        func place(_ service: String, _ instanceID: String) -> Int? {
            instances.firstIndex {
                $0.registration.serviceName == service && $0.registration.instanceID == instanceID
            }
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// What every call throws from now on; `nil`: calls are answered.
    package func fail(with failure: RegistryError?) {
        state.withLock { $0.failure = failure }
    }

    /// Says how an instance is; one that is not known stays so.
    package func set(_ status: InstanceStatus, service: String, instanceID: String) {
        state.withLock { state in
            guard let place = state.place(service, instanceID) else { return }
            state.instances[place].status = status
        }
    }

    package var registry: String { "registry in memory" }

    @discardableResult
    package func register(_ registration: ServiceRegistration) throws -> String {
        try answer { state in
            let instance = ServiceInstance(
                registration: registration, status: .unknown, registeredAt: nil)
            if let place = state.place(registration.serviceName, registration.instanceID) {
                state.instances[place] = instance
            } else {
                state.instances.append(instance)
            }
            return registration.instanceID
        }
    }

    package func deregister(service: String, instanceID: String) throws {
        try answer { state in
            if let place = state.place(service, instanceID) { state.instances.remove(at: place) }
        }
    }

    package func isKnown(service: String, instanceID: String) throws -> Bool {
        try answer { $0.place(service, instanceID) != nil }
    }

    package func instances(of service: String) throws -> [ServiceInstance] {
        try answer { $0.instances.filter { $0.registration.serviceName == service } }
    }

    package func url(of service: String) throws -> String {
        try answer { state in
            let healthy = state.instances.filter {
                $0.registration.serviceName == service && $0.status == .healthy
            }
            guard !healthy.isEmpty else {
                throw RegistryError.noHealthyInstance(service: service)
            }
            let turn = state.turns[service, default: 0]
            state.turns[service] = turn + 1
            return healthy[turn % healthy.count].registration.serviceURL
        }
    }

    private func answer<Answer>(_ body: (inout State) throws -> Answer) throws -> Answer {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            return try body(&state)
        }
    }
}
