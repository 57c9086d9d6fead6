import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Hosting
import Listening
import ServiceLifecycle

/// The gRPC door of the process: listens until graceful shutdown; then calls in flight are
/// answered and streams end with UNAVAILABLE. A client is waited for as long as the task is not
/// cancelled.
package struct GRPCListener: Service {
    /// Frames above this are cut off by the transport; what is between it and the limit of a
    /// message is answered with a code.
    static let payloadLimitBytes = 64 << 20
    /// Clients may ask as often whether the connection is alive.
    static let keepaliveMinimum = Duration.seconds(10)

    private let host: String
    private let port: Int
    private let methods: MethodTable
    private let security: ServerSecurity?
    private let bounds: ConnectionBounds
    private let onRunning: @Sendable (Int) async -> Void
    private let listener = OpenListener()

    /// - Parameters:
    ///   - host: a name or an address.
    ///   - port: 0 lets the system choose; `onRunning` is told which.
    ///   - security: `nil`: in plain text.
    package init(
        host: String, port: Int, methods: MethodTable, security: ServerSecurity? = nil,
        bounds: ConnectionBounds = ConnectionBounds(),
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        self.methods = methods
        self.security = security
        self.bounds = bounds
        self.onRunning = onRunning
    }

    /// - Throws: `ListeningError` when the address cannot be listened on.
    package func run() async throws {
        let transport = try transport(at: NumericAddress.of(host, port: port))
        let server = GRPCServer(
            transport: DeadlineCheckingTransport(base: transport), services: [methods],
            interceptorPipeline: StreamBounds(places: bounds.places).pipeline)
        // A stream that its client does not end would be waited for, if it were not cut off.
        try await listener.serving {
            try await withGracefulShutdownHandler {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await serve(server) }
                    if let address = try? await server.listeningAddress {
                        await onRunning(address.ipv4?.port ?? address.ipv6?.port ?? port)
                    }
                    try await group.waitForAll()
                }
            } onGracefulShutdown: {
                server.beginGracefulShutdown()
            }
        }
    }

    private func serve(_ server: GRPCServer<DeadlineCheckingTransport>) async throws {
        do {
            try await server.serve()
        } catch let error as RuntimeError where error.code == .transportError {
            // Cut off in a drain that took too long: that is no fault of the address.
            try Task.checkCancellation()
            throw ListeningError(
                host: host, port: port, errno: NumericAddress.errno(of: error.cause),
                variable: "GRPC_PORT", reason: "\(error.cause.map { "\($0)" } ?? error.message)")
        }
    }

    private func transport(at address: String) -> HTTP2ServerTransport.Posix {
        HTTP2ServerTransport.Posix(
            address: address.contains(":")
                ? .ipv6(host: address, port: port) : .ipv4(host: address, port: port),
            transportSecurity: security?.transport ?? .plaintext,
            config: .defaults { config in
                config.rpc.maxRequestPayloadSize = Self.payloadLimitBytes
                config.connection.keepalive.clientBehavior.allowWithoutCalls = true
                config.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls =
                    Self.keepaliveMinimum
                bounds.apply(to: &config, of: listener)
            })
    }
}
