package import Contracts
package import Hosting
package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import ServiceLifecycle

/// The HTTP door of the process: routes, errors, streams and the page.
///
/// `run` listens until graceful shutdown: then no connection is accepted any more, requests in
/// flight are answered and event streams are ended.
package struct GatewayService: Service {
    /// What answers; tests send requests to it without a socket.
    package let application: Application<RouterResponder<GatewayContext>>
    private let configuration: GatewayConfiguration

    init(
        application: Application<RouterResponder<GatewayContext>>,
        configuration: GatewayConfiguration
    ) {
        self.application = application
        self.configuration = configuration
    }

    /// - Throws: `ListeningError` when the address cannot be listened on.
    package func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw ListeningError(
                host: configuration.host, port: configuration.port, errno: error.errnoCode,
                variable: "HTTP_PORT", reason: "\(error)")
        } catch let error as SocketAddressError {
            throw ListeningError(
                unknownHost: configuration.host, port: configuration.port, reason: "\(error)")
        }
    }
}

/// Assembles the gateway.
///
/// - Parameters:
///   - readiness: asks every dependency; `/ready` is 503 when one is not healthy.
///   - metrics: Prometheus text.
///   - clock: times requests and paces heartbeats.
///   - onRunning: told the port once connections are accepted.
package func makeGateway(
    configuration: GatewayConfiguration, regimes: any MarketRegimeAPI,
    marketData: any MarketDataAPI, trading: any TradingAPI,
    readiness: @escaping @Sendable () async -> [DependencyHealth],
    metrics: @escaping @Sendable () async -> String, logger: Logger,
    clock: some Clock<Duration> = ContinuousClock(),
    onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
) -> GatewayService {
    let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: RequestObservation(clock: clock))
    router.add(middleware: FaultResponses())
    var routes = RouteTable(router: router)
    OperationRoutes(configuration: configuration, readiness: readiness, metrics: metrics)
        .add(to: &routes)
    MarketRegimeRoutes(
        api: regimes,
        streams: EventStreams(
            limit: configuration.streamsLimit,
            heartbeatInterval: configuration.heartbeatInterval, clock: clock)
    ).add(to: &routes)
    TradingRoutes(
        marketData: marketData, trading: trading, bodyLimitBytes: configuration.bodyLimitBytes
    ).add(to: &routes)
    routes.refuseOtherMethods()
    let application = Application(
        router: router,
        server: .http1(
            configuration: HTTP1Channel.Configuration(
                idleTimeout: TimeAmount(configuration.idleTimeout))),
        configuration: ApplicationConfiguration(
            address: .hostname(configuration.host, port: configuration.port),
            availableConnectionsDelegate: MaximumAvailableConnections(
                configuration.connectionsLimit)),
        onServerRunning: { channel in
            await onRunning(channel.localAddress?.port ?? configuration.port)
        },
        logger: logger)
    return GatewayService(application: application, configuration: configuration)
}
