import Compression
import Contracts
import GRPCServing
import Gateway
import HTTPServing
import Hosting
import Logging
import MarketRegime
import Ports

/// The HTTP door of the process: the routes of its methods, or of those elsewhere.
struct HTTPDoor: BlockingService {
    static let name = "http-door"
    static let isDoor = true
    private let listener: HTTPListener

    init(_ context: ServiceContext<HTTPSettings>) async throws {
        let process = context.process
        let serving = try await process.shared(Shared.serving)
        let configuration = serving.configuration
        var door = HTTPConfiguration(
            host: configuration.bindAddress, port: configuration.httpPort,
            serviceName: configuration.serviceName)
        context.settings.apply(to: &door)
        door.connectionsLimit = serving.budget.connections(
            wanted: door.connectionsLimit, besides: ConnectionBounds().connectionsLimit)
        let answers = ContentAnswers(
            thresholdBytes: door.compressionThresholdBytes, compressing: { Gzip.compressed($0) })
        let routes = try MethodRoutes(
            try await process.shared(Shared.methods), serving.descriptors, configuration: door,
            answers: answers)
        let page =
            serving.plan.hasPage
            ? PageRoutes(
                document: routes.document(serving.descriptors, version: Version.text),
                answers: answers) : nil
        let store =
            serving.plan.local.isEmpty
            ? "none" : try await process.shared(Shared.assembly).storage.location
        let (host, logger) = (door.host, context.logger)
        let doors = try await process.shared(Shared.doors)
        listener = HTTPListener(
            door, operations: try await HTTPDoor.operations(process), logger: logger,
            onRunning: { port in
                logger.notice(
                    "Serving",
                    metadata: [
                        "url": "http://\(host):\(port)/",
                        "store": "\(store)",
                    ])
                doors.opened()
            },
            routes: { table in
                routes.add(to: table)
                page?.add(to: table)
            })
    }

    func run() async throws { try await listener.run() }

    private static func operations(_ process: ServiceProcess) async throws -> OperationRoutes {
        let serving = try await process.shared(Shared.serving)
        let readiness = try await process.shared(Shared.readiness)
        let gauges: ServiceGauges? =
            if serving.plan.local.isEmpty {
                nil
            } else {
                try await process.shared(Shared.assembly).gauges
            }
        let reading = SharedAnswer<Void>(
            lifetime: Readiness.reportLifetime, now: { SteadyClock.now },
            question: { await gauges?.update(at: WallClock.now) })
        return OperationRoutes(
            serviceName: serving.configuration.serviceName,
            readiness: { try await readiness.report().dependencies },
            metrics: {
                try await reading.value()
                return serving.metrics.exposition()
            })
    }
}

/// The gRPC door of the process.
struct GRPCDoor: BlockingService {
    static let name = "grpc-door"
    static let isDoor = true
    private let listener: GRPCListener

    init(_ context: ServiceContext<GRPCSettings>) async throws {
        let process = context.process
        let serving = try await process.shared(Shared.serving)
        let configuration = serving.configuration
        guard let port = configuration.grpcPort else {
            throw ConfigurationError(["no gRPC port is known: set GRPC_PORT"])
        }
        try context.settings.security?.check()
        let methods = try await process.shared(Shared.methods)
        let readiness = try await process.shared(Shared.readiness)
        let health = HealthMethods(
            services: Set(methods.map(\.service)).sorted(),
            isReady: { try await readiness.report().isReady })
        var bounds = ConnectionBounds()
        context.settings.apply(to: &bounds)
        bounds.connectionsLimit = serving.budget.connections(wanted: bounds.connectionsLimit)
        let (host, logger) = (configuration.bindAddress, context.logger)
        let doors = try await process.shared(Shared.doors)
        listener = GRPCListener(
            host: host, port: port,
            methods: MethodTable(
                methods + health.methods, describedBy: serving.descriptors, logger: logger),
            security: context.settings.security, bounds: bounds,
            onRunning: { port in
                logger.notice("Listening for gRPC", metadata: ["address": "\(host):\(port)"])
                doors.opened()
            })
    }

    func run() async throws { try await listener.run() }
}
