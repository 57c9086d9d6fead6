import Contracts
package import Ports
import WebCalls

/// The registry of a config-service, over its HTTP API.
package final class ConfigServiceClient: Registrar, ServiceDirectory {
    private let server: RegistryServer
    private let limits: RegistryCallLimits
    private let token: RegistryToken?

    private static let base = "/api/v1/registry"

    /// - Parameters:
    ///   - url: the base of the config-service; a trailing `/` is stripped.
    ///   - token: what it asks for; `nil`: it asks nobody.
    /// - Throws: `RegistryError.unusableAddress`.
    package init(
        url: String, token: RegistryToken? = nil,
        limits: RegistryCallLimits = RegistryCallLimits()
    ) throws(RegistryError) {
        server = try RegistryServer(
            "config-service", at: url, answerBytes: limits.answerBytes)
        self.token = token
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
            .post, ConfigServiceClient.base + "/register", headers: try headers(),
            body: registration.requestJSON, within: limits.change)
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
            .post, ConfigServiceClient.base + "/deregister" + query, headers: try headers(),
            within: limits.change)
        try server.requireSuccess(answer)
    }

    package func isKnown(service: String, instanceID: String) async throws -> Bool {
        try await instances(of: service).contains { $0.registration.instanceID == instanceID }
    }

    // MARK: - ServiceDirectory

    package func instances(of service: String) async throws -> [ServiceInstance] {
        let answer = try await server.call(
            .get, ConfigServiceClient.path(of: service), headers: try headers(),
            within: limits.discovery)
        return try server.instances(of: answer) { json throws(InstanceProblem) in
            try ServiceInstance(json: json)
        }
    }

    package func url(of service: String) async throws -> String {
        let answer = try await server.call(
            .get, ConfigServiceClient.path(of: service) + "/url", headers: try headers(),
            within: limits.discovery)
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

    private func headers() throws(RegistryError) -> [(String, String)] {
        guard let token else { return [] }
        return [("Authorization", try token.authorization())]
    }

    private static func path(of service: String) -> String {
        base + "/services/" + URLText.encoded(service)
    }
}
