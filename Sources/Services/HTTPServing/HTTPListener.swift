import Hosting
package import Hummingbird
import HummingbirdCore
import Listening
package import Logging
import NIOCore
import ServiceLifecycle

/// The HTTP door of a process.
///
/// `run` listens until graceful shutdown: then no connection is accepted any more, requests in
/// flight and those that arrive at that moment are answered (`ConnectionEnd`), and event streams
/// are ended. A client is waited for as long as the task is not cancelled.
package struct HTTPListener: Service {
    /// What answers; tests send requests to it without a socket.
    package let application: Application<RouterResponder<HTTPContext>>
    private let configuration: HTTPConfiguration
    private let listener = OpenListener()

    /// - Parameters:
    ///   - operations: liveness, readiness and metrics.
    ///   - now: what requests are timed by, and deadlines and rates are counted by.
    ///   - onRunning: told the port once connections are accepted.
    ///   - routes: adds what else there is.
    package init(
        _ configuration: HTTPConfiguration, operations: OperationRoutes, logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { SteadyClock.now },
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in },
        routes add: (RouteTable) throws -> Void
    ) rethrows {
        let router = Router(context: HTTPContext.self, options: .autoGenerateHeadEndpoints)
        let known = KnownRoutes()
        router.add(
            middleware: RequestHandling(
                observation: RequestObservation(logger: logger, now: now),
                crossOrigin: CrossOrigin(allowed: configuration.allowedOrigins),
                bounds: RequestBounds(configuration, now: now),
                faults: FaultResponses(known: known)))
        let routes = RouteTable(router: router, known: known)
        operations.add(to: routes)
        try add(routes)
        application = Application(
            router: router,
            server: HTTPServerBuilder { responder in
                ServedConnections(
                    base: HTTP1Channel(
                        responder: responder,
                        configuration: HTTP1Channel.Configuration(
                            additionalChannelHandlers: [
                                ConnectionEndHandler(configuration),
                                WebSocketGate(configuration),
                            ],
                            idleTimeout: TimeAmount(configuration.idleTimeout))))
            },
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                availableConnectionsDelegate: MaximumAvailableConnections(
                    configuration.connectionsLimit)),
            onServerRunning: { [listener] channel in
                // One that is closed already needs no order.
                try? await channel.eventLoop.submit { try listener.take(channel) }.get()
                await onRunning(channel.localAddress?.port ?? configuration.port)
            },
            logger: logger)
        self.configuration = configuration
    }

    /// - Throws: `ListeningError` when the address cannot be listened on.
    package func run() async throws {
        do {
            try await listener.serving { [application] in try await application.run() }
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
