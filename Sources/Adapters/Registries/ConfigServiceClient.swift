import Contracts
package import Ports

/// The registry of a config-service, over its HTTP API.
package final class ConfigServiceClient: Registrar, ServiceDirectory {
    private let server: RegistryServer
    private let limits: RegistryCallLimits

    private static let base = "/api/v1/registry"

    /// - Parameter url: the base of the config-service; a trailing `/` is stripped.
    /// - Throws: `RegistryError.unusableAddress`.
    package init(
        url: String, limits: RegistryCallLimits = RegistryCallLimits()
    ) throws(RegistryError) {
        server = try RegistryServer(
            "config-service", at: url, answerBytes: limits.answerBytes)
        self.limits = limits
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
            .post, ConfigServiceClient.base + "/register", body: registration.requestJSON,
            within: limits.change)
        let json = try server.json(of: answer)
        guard let id = json.object?[RegistryField.instanceID]?.string else {
            throw server.unreadable("it names no \(RegistryField.instanceID)")
        }
        return id
    }

    package func deregister(service: String, instanceID: String) async throws {
        let query =
            "?\(RegistryField.serviceName)=\(URLText.encoded(service))"
            + "&\(RegistryField.instanceID)=\(URLText.encoded(instanceID))"
        let answer = try await server.call(
            .post, ConfigServiceClient.base + "/deregister" + query, within: limits.change)
        try server.requireSuccess(answer)
    }

    package func isKnown(service: String, instanceID: String) async throws -> Bool {
        try await instances(of: service).contains { $0.registration.instanceID == instanceID }
    }

    // MARK: - ServiceDirectory

    package func instances(of service: String) async throws -> [ServiceInstance] {
        let answer = try await server.call(
            .get, ConfigServiceClient.path(of: service), within: limits.discovery)
        return try server.instances(of: answer) { json throws(InstanceProblem) in
            try ServiceInstance(json: json)
        }
    }

    package func url(of service: String) async throws -> String {
        let answer = try await server.call(
            .get, ConfigServiceClient.path(of: service) + "/url", within: limits.discovery)
        // Another kind of server also answers 404, to a path that it does not have.
        let refusal = answer.status == 404 ? try? JSONValue(parsing: answer.body) : nil
        if refusal?.object?["detail"] != nil {
            throw RegistryError.noHealthyInstance(service: service)
        }
        guard let url = try server.json(of: answer).object?["url"]?.string else {
            throw server.unreadable("it names no url")
        }
        return url
    }

    private static func path(of service: String) -> String {
        base + "/services/" + URLText.encoded(service)
    }
}
