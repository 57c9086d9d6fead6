import Contracts
package import Ports
import Synchronization
import WebCalls

/// Consul's agent as a registry, over its HTTP API (version 1).
///
/// As with every registry here, only an instance with a check of its own that passes is handed out;
/// Consul itself would also count one without any check as passing.
package final class ConsulClient: Registrar, ServiceDirectory {
    private let server: RegistryServer
    private let limits: RegistryCallLimits
    private let headers: [(String, String)]
    /// Whose turn it is among the healthy ones.
    private let turn = Mutex(0)

    /// - Parameters:
    ///   - address: as `CONSUL_HTTP_ADDR` has it: `host:port`, or a URL.
    ///   - token: what the agent's access control asks for; kept secret.
    /// - Throws: `RegistryError.unusableAddress`.
    package init(
        address: String, token: String?, limits: RegistryCallLimits = RegistryCallLimits()
    ) throws(RegistryError) {
        let url = address.contains("://") ? address : "http://" + address
        server = try RegistryServer("consul", at: url, answerBytes: limits.answerBytes)
        self.limits = limits
        headers = token.map { [("X-Consul-Token", $0)] } ?? []
    }

    /// Ends the connections. Whoever made the client calls this once, after the last call.
    package func close() async {
        await server.close()
    }

    package var registry: String { server.name }

    // MARK: - Registrar

    @discardableResult
    package func register(_ registration: ServiceRegistration) async throws -> String {
        let answer = try await server.call(
            .put, "/v1/agent/service/register?replace-existing-checks=true", headers: headers,
            body: try ConsulMessages.registration(registration), within: limits.change)
        try server.requireSuccess(answer)
        return registration.instanceID
    }

    package func deregister(service: String, instanceID: String) async throws {
        let answer = try await server.call(
            .put, "/v1/agent/service/deregister/" + URLText.encoded(instanceID), headers: headers,
            within: limits.change)
        // An instance that it does not know is out already.
        if answer.status != 404 { try server.requireSuccess(answer) }
    }

    package func isKnown(service: String, instanceID: String) async throws -> Bool {
        let answer = try await server.call(
            .get, "/v1/agent/service/" + URLText.encoded(instanceID), headers: headers,
            within: limits.discovery)
        if answer.status == 404 { return false }
        return try server.json(of: answer).object?["Service"]?.string == service
    }

    // MARK: - ServiceDirectory

    package func instances(of service: String) async throws -> [ServiceInstance] {
        try await instances(at: "/v1/health/service/" + URLText.encoded(service))
    }

    package func url(of service: String) async throws -> String {
        let path = "/v1/health/service/" + URLText.encoded(service) + "?passing=true"
        let healthy = try await instances(at: path).filter { $0.status == .healthy }
        guard !healthy.isEmpty else { throw RegistryError.noHealthyInstance(service: service) }
        let place = turn.withLock { turn in
            turn = turn &+ 1
            return Int(turn.magnitude % healthy.count.magnitude)
        }
        return healthy[place].registration.serviceURL
    }

    private func instances(at path: String) async throws -> [ServiceInstance] {
        let answer = try await server.call(
            .get, path, headers: headers, within: limits.discovery)
        return try server.instances(of: answer) { json throws(InstanceProblem) in
            try ServiceInstance(consul: json)
        }
    }
}

extension ConsulClient: CustomReflectable {
    package var customMirror: Mirror { Mirror(self, children: ["registry": registry]) }
}
