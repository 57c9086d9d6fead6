import Clients
import ConfigService
import Foundation
import HTTPServing
import Hosting
import Logging
import Ports
import Registries
import ServiceLifecycle

/// The registries that this process makes itself known in, and finds others by.
struct RegistryClients: Sendable {
    private let configService: ConfigServiceClient?
    /// Asks the same registry without a token; `nil` where none is shown anyway.
    private let stranger: ConfigServiceClient?
    private let consul: ConsulClient?

    /// - Throws: `RegistryError` for an address that cannot be used.
    init(_ settings: RegistrySettings) throws {
        let token =
            settings.configServiceToken.map { RegistryToken($0.exposed) }
            ?? settings.configServiceTokenFile.map { RegistryToken(file: $0) }
        configService = try settings.configServiceURL.map {
            try ConfigServiceClient(url: $0, token: token)
        }
        stranger = try settings.configServiceURL.flatMap { url in
            try token.map { _ in try ConfigServiceClient(url: url) }
        }
        consul = try settings.consul.map {
            try ConsulClient(address: $0.address, token: $0.token?.exposed)
        }
    }

    var registrars: [any Registrar] {
        [configService as (any Registrar)?, consul].compactMap(\.self)
    }

    /// `nil`: services are where the configuration says.
    private var directory: (any ServiceDirectory)? { configService ?? consul }

    /// Where a gateway looks for services: not where callers' tokens would go in plain text to
    /// whoever has registered, unasked.
    func directory(sending configuration: BloasisConfiguration) throws -> (any ServiceDirectory)? {
        let asksForTokens =
            try configuration.access.authentication(on: configuration.bindAddress) == .required
        let isSecure = try configuration.values.read(RemoteSettings.self).isSecure
        if isSecure || !asksForTokens { return directory }
        guard let configService, let stranger else { return nil }
        return AskingRegistry(configService, stranger: stranger)
    }

    func close() async {
        await stranger?.close()
        await configService?.close()
        await consul?.close()
    }
}

extension ServiceInstance {
    /// Where a healthy instance speaks gRPC, as it has said when it was registered.
    var endpoint: RemoteEndpoint? {
        guard status == .healthy,
            let host = URL(string: registration.serviceURL)?.host(percentEncoded: false),
            case .number(let digits)? =
                registration.metadata[BloasisConfiguration.grpcPortMetadata],
            let port = Int(digits), (1...65_535).contains(port)
        else { return nil }
        return RemoteEndpoint(host: host, port: port)
    }
}

extension BloasisConfiguration {
    /// How this process announces itself.
    func registration(of process: ProcessInfo) -> ServiceRegistration {
        registration(hostName: process.hostName, processID: process.processIdentifier)
    }
}

/// Makes the process known once its doors are open, and unknown again before anything else stops.
struct Registration: BlockingService {
    static let name = "registration"
    private let service: RegistrationService

    init(_ context: ServiceContext<NoSettings>) async throws {
        let process = context.process
        let configuration = try await process.shared(Shared.serving).configuration
        let doors = try await process.shared(Shared.doors)
        service = RegistrationService(
            configuration.registration(of: ProcessInfo.processInfo),
            with: try await process.shared(Shared.registries).registrars,
            whenReady: { try await doors.wait() }, logger: context.logger)
    }

    func run() async throws { try await service.run() }
}

/// The registry itself.
struct ConfigServiceHost: BlockingService {
    static let name = ServiceName.configService.text
    private let registry: ServiceRegistry
    private let listener: HTTPListener

    init(_ context: ServiceContext<HTTPSettings>) async throws {
        let serving = try await context.process.shared(Shared.serving)
        let access = try await context.process.shared(Shared.access)
        let (configuration, logger) = (serving.configuration, context.logger)
        let policy = HealthURLPolicy(bindAddress: configuration.bindAddress)
        let registry = await ServiceRegistry(
            archive: FileRegistryArchive(directory: configuration.home),
            probe: HTTPHealthProbe { policy.objection(toAddress: $0) }, policy: policy,
            access: access.control, now: { WallClock.now }, logger: logger)
        var door = HTTPConfiguration(
            host: configuration.bindAddress, port: configuration.httpPort,
            serviceName: configuration.serviceName)
        context.settings.apply(to: &door)
        door.connectionsLimit = serving.budget.connections(wanted: door.connectionsLimit)
        let (host, readiness) = (door.host, Readiness(registry.healthChecks + access.checks))
        self.registry = registry
        listener = HTTPListener(
            door,
            operations: OperationRoutes(
                serviceName: configuration.serviceName,
                readiness: { try await readiness.report().dependencies },
                metrics: { serving.metrics.exposition() }),
            logger: logger,
            onRunning: { port in
                logger.notice("Serving", metadata: ["url": "http://\(host):\(port)/"])
            },
            routes: { registry.routes.add(to: $0) })
    }

    func run() async throws { try await runTogether(registry.services + [listener]) }
}
