import Clients
import Contracts
import Hosting
import Logging
import Ports

/// Where other services are, and how they are called.
struct RemoteSettings: ServiceSettings {
    fileprivate let hosts: [ServiceName: String]
    /// `nil`: in plain text.
    fileprivate let security: ClientSecurity?

    /// Whether services are called over TLS.
    var isSecure: Bool { security != nil }

    init(_ reader: inout ConfigurationReader) {
        var hosts: [ServiceName: String] = [:]
        for service in [ServiceName.marketRegime, .trading, .notification] {
            hosts[service] = reader.text(service.hostVariable)
        }
        self.hosts = hosts
        let authorities = reader.optional("GRPC_TLS_AUTHORITIES", as: "a path") { $0 }
        let certificate = reader.optional("GRPC_TLS_CERTIFICATE", as: "a path") { $0 }
        let key = reader.optional("GRPC_TLS_KEY", as: "a path") { $0 }
        security = authorities.map {
            ClientSecurity(authorities: $0, certificate: certificate, privateKey: key)
        }
    }
}

/// Services that other processes answer for this one, over gRPC.
struct RemoteServices: Sendable {
    private let services: [(name: ServiceName, calls: GRPCCalls)]
    private let regimes: GRPCCalls
    private let trading: GRPCCalls
    private let notification: GRPCCalls
    private let connections: Task<Void, any Error>

    /// - Parameter directory: where services are looked for; `nil`: they are where they are
    ///   configured.
    /// - Throws: when a port is not known, or certificates cannot be read.
    init(
        _ configuration: BloasisConfiguration, _ settings: RemoteSettings,
        _ directory: (any ServiceDirectory)?, logger: Logger
    ) throws {
        let finder = directory.map { ServiceFinder($0, logger: logger) }
        // Who asks nobody has no say in whom a registry finds: what its callers show stays here.
        let asksForTokens =
            try configuration.access.authentication(on: configuration.bindAddress) == .required
        let sendsCredentials = directory == nil || settings.isSecure || asksForTokens
        func calls(_ service: ServiceName) throws -> GRPCCalls {
            let endpoint = RemoteEndpoint(
                host: settings.hosts[service] ?? "",
                port: try configuration.ports.port(.grpc, of: service))
            return try GRPCCalls(
                {
                    // What is registered, and else what is configured.
                    let found = await finder?.instances(of: service.text) ?? []
                    let endpoints = found.compactMap(\.endpoint)
                    return endpoints.isEmpty ? [endpoint] : endpoints
                }, host: "\(endpoint.host):\(endpoint.port)",
                security: settings.security, sendsCredentials: sendsCredentials,
                now: { SteadyClock.now },
                chance: { Assembly.chance })
        }
        regimes = try calls(.marketRegime)
        trading = try calls(.trading)
        notification = try calls(.notification)
        services = [
            (.marketRegime, regimes), (.trading, trading), (.notification, notification),
        ]
        connections = Task { [services] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (_, calls) in services { group.addTask { try await calls.run() } }
                try await group.waitForAll()
            }
        }
    }

    /// As if they were answered here.
    var methods: [ServiceMethod] {
        let trading = RemoteTrading(trading)
        let notification = RemoteNotification(notification)
        return ServiceMethod.marketRegime(RemoteMarketRegime(regimes))
            + ServiceMethod.trading(trading, trading)
            + ServiceMethod.notification(notification, notification)
    }

    /// Asks each by gRPC's own health check.
    var checks: [HealthCheck] {
        services.map { name, calls in
            HealthCheck(name.text) {
                let answered: Grpc_Health_V1_HealthCheckResponse = try await calls.unary(
                    "grpc.health.v1.Health", "Check", Grpc_Health_V1_HealthCheckRequest())
                guard answered.status == .serving else {
                    throw RPCFault.unavailable("\(name) says that it is not ready")
                }
                return "answers"
            }
        }
    }

    /// Ends the connections, once everything that calls through them has stopped.
    func close() async {
        for (_, calls) in services { calls.shutDown() }
        _ = await connections.result
    }
}
