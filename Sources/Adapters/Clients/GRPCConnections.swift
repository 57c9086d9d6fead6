import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOCore

/// Connections to a service, made and kept by the library, and looked for anew on request.
struct GRPCConnections: Sendable {
    /// Pauses between attempts to connect.
    private static let backoff = HTTP2ClientTransport.Config.Backoff(
        initial: .milliseconds(100), max: .seconds(2), multiplier: 1.6, jitter: 0.2)
    /// How long a connection with calls may be silent before it is asked whether it is alive, and
    /// how long it may take to say so.
    private static let keepalive = HTTP2ClientTransport.Config.Keepalive(
        time: .seconds(20), timeout: .seconds(10), allowWithoutCalls: false)

    let client: GRPCClient<HTTP2ClientTransport.Posix>
    private let lookups: AsyncStream<Void>.Continuation

    /// - Throws: for certificates that cannot be read.
    init(
        _ endpoints: @escaping @Sendable () async throws -> [RemoteEndpoint], host: String,
        security: ClientSecurity?, now: @escaping @Sendable () -> ContinuousClock.Instant,
        clock: any Clock<Duration>
    ) throws {
        let (requests, lookups) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        var resolvers = NameResolverRegistry()
        resolvers.registerFactory(DirectoryResolvers())
        let transport = try HTTP2ClientTransport.Posix(
            target: DirectoryTarget(
                endpoints: endpoints, requests: requests, now: now, clock: clock),
            transportSecurity: security?.transport ?? .plaintext,
            config: .defaults { config in
                config.backoff = GRPCConnections.backoff
                config.connection.keepalive = GRPCConnections.keepalive
                config.http2.authority = GRPCConnections.authority(host)
            },
            resolverRegistry: resolvers)
        client = GRPCClient(transport: transport)
        self.lookups = lookups
    }

    /// Asks where the service is now.
    func lookAgain() {
        lookups.yield()
    }

    /// What certificates are checked for; addresses are by themselves.
    private static func authority(_ host: String) -> String? {
        let name = (host.lastIndex(of: ":").map { host[..<$0] } ?? host[...])
            .filter { $0 != "[" && $0 != "]" }
        let isAddress = (try? NIOCore.SocketAddress(ipAddress: name, port: 0)) != nil
        return isAddress || name.isEmpty ? nil : host
    }
}
