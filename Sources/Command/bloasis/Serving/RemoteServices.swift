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
        for service in ServePlan.answering {
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

/// Services in other processes, over gRPC.
struct RemoteServices: Sendable {
    private let services: [(name: ServiceName, host: String, calls: GRPCCalls)]
    private let connections: Task<Void, any Error>

    /// - Parameters:
    ///   - names: those that are called.
    ///   - directory: where services are looked for; `nil`: they are where they are configured.
    /// - Throws: when a port is not known, or certificates cannot be read.
    init(
        _ names: [ServiceName], _ configuration: BloasisConfiguration,
        _ settings: RemoteSettings, _ directory: (any ServiceDirectory)?, logger: Logger
    ) throws {
        let finder = directory.map { ServiceFinder($0, logger: logger) }
        // Who asks nobody has no say in whom a registry finds: what its callers show stays here.
        let asksForTokens =
            try configuration.access.authentication(on: configuration.bindAddress) == .required
        let sendsCredentials = directory == nil || settings.isSecure || asksForTokens
        services = try names.map { service in
            let endpoint = RemoteEndpoint(
                host: settings.hosts[service] ?? "",
                port: try configuration.ports.port(.grpc, of: service))
            let host = "\(endpoint.host):\(endpoint.port)"
            let calls = try GRPCCalls(
                {
                    // What is registered, and else what is configured.
                    let found = await finder?.instances(of: service.text) ?? []
                    let endpoints = found.compactMap(\.endpoint)
                    return endpoints.isEmpty ? [endpoint] : endpoints
                }, host: host, security: settings.security, sendsCredentials: sendsCredentials,
                now: { SteadyClock.now },
                chance: { Assembly.chance })
            return (service, host, calls)
        }
        connections = Task { [services] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for service in services { group.addTask { try await service.calls.run() } }
                try await group.waitForAll()
            }
        }
    }

    /// As if they were answered here.
    func methods(of names: [ServiceName]) -> [ServiceMethod] {
        services.filter { names.contains($0.name) }.flatMap { service -> [ServiceMethod] in
            switch service.name {
            case .marketRegime: ServiceMethod.marketRegime(RemoteMarketRegime(service.calls))
            case .aiAnalysis: ServiceMethod.aiAnalysis(RemoteAIAnalysis(service.calls))
            case .trading:
                ServiceMethod.trading(
                    RemoteTrading(service.calls), RemoteTrading(service.calls),
                    RemoteTrading(service.calls))
            case .notification:
                ServiceMethod.notification(
                    RemoteNotification(service.calls), RemoteNotification(service.calls))
            case .accounts:
                ServiceMethod.accounts(
                    RemoteAccounts(service.calls), RemoteAccounts(service.calls))
            default: []
            }
        }
    }

    /// ai-analysis, behind a circuit breaker; `nil` when it is none of these.
    var analysis: (any AIAnalysisAPI)? {
        services.first { $0.name == .aiAnalysis }.map {
            GuardedAnalysis(RemoteAIAnalysis($0.calls), host: $0.host)
        }
    }

    /// Asks each by gRPC's own health check.
    func checks(of names: [ServiceName]) -> [HealthCheck] {
        services.filter { names.contains($0.name) }.map { name, _, calls in
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
        for service in services { service.calls.shutDown() }
        _ = await connections.result
    }
}
