package import Ports

/// Where a process makes itself known, and as what.
package struct RegistrySettings: Sendable {
    /// Base of the config-service; `nil`: not there.
    package let configServiceURL: String?
    /// What the config-service asks for; `nil`: nothing, or what is in the file.
    package let configServiceToken: Redacted<String>?
    /// Path of a file that holds it.
    package let configServiceTokenFile: String?
    /// `nil`: not there.
    package let consul: ConsulSettings?
    let serviceHost: String?
    let servicePort: Int?
    let publicURL: String?
    let instanceID: String?

    init(_ text: (_ variable: String) -> String?) {
        configServiceURL = text("CONFIG_SERVICE_URL")
        configServiceToken = text("CONFIG_SERVICE_TOKEN").map { Redacted($0) }
        configServiceTokenFile = text("CONFIG_SERVICE_TOKEN_FILE")
        consul = text("CONSUL_HTTP_ADDR").map { address in
            ConsulSettings(
                address: address, token: text("CONSUL_HTTP_TOKEN").map { Redacted($0) })
        }
        serviceHost = text("SERVICE_HOST")
        servicePort = text("SERVICE_PORT").flatMap(PortTable.port)
        publicURL = text("SERVICE_PUBLIC_URL")
        instanceID = text("SERVICE_INSTANCE_ID")
    }
}

package struct ConsulSettings: Sendable {
    /// `host:port`, or a URL.
    package let address: String
    package let token: Redacted<String>?
}

extension BloasisConfiguration {
    /// What tells a gateway where an instance speaks gRPC.
    package static let grpcPortMetadata = "grpc_port"

    /// How this process announces itself.
    ///
    /// Where it listens on one address, that is the announced host too: on loopback only this
    /// machine finds it, and that is true. Where it listens on every address, the machine's name
    /// is the announced host.
    ///
    /// - Parameters:
    ///   - hostName: the machine's name.
    ///   - processID: of this process.
    package func registration(hostName: String, processID: Int32) -> ServiceRegistration {
        let isEverywhere = ["0.0.0.0", "::"].contains(bindAddress)
        let host = registry.serviceHost ?? (isEverywhere ? hostName : bindAddress)
        let port = registry.servicePort ?? httpPort
        var url =
            registry.publicURL
            ?? (host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)")
        while url.hasSuffix("/") { url.removeLast() }
        var metadata = JSONObject()
        if let grpcPort { metadata[Self.grpcPortMetadata] = .number(String(grpcPort)) }
        return ServiceRegistration(
            serviceName: serviceName,
            instanceID: registry.instanceID ?? "\(serviceName)-\(hostName)-\(processID)",
            serviceURL: url, healthCheckURL: url + "/health", metadata: metadata)
    }
}
