/// Where the gateway listens, and its bounds.
package struct GatewayConfiguration: Sendable {
    /// Name or address to listen on.
    package var host: String
    /// 0 lets the system choose; `makeGateway`'s `onRunning` is told which.
    package var port: Int
    /// What `/health` calls this process.
    package var serviceName: String
    /// Silence on an event stream after which a comment keeps the connection alive.
    package var heartbeatInterval: Duration
    /// A larger request body is refused with 413.
    package var bodyLimitBytes: Int
    /// Event streams open at the same time; one more is refused with RESOURCE_EXHAUSTED.
    package var streamsLimit: Int
    /// Connections open at the same time; further ones wait to be accepted.
    package var connectionsLimit: Int
    /// A connection that asks nothing, or stalls while asking, is closed after this time.
    package var idleTimeout: Duration

    package static let heartbeatIntervalDefault = Duration.seconds(15)
    package static let bodyLimitBytesDefault = 8 << 20
    package static let streamsLimitDefault = 1_000
    package static let connectionsLimitDefault = 4_096
    package static let idleTimeoutDefault = Duration.seconds(60)

    package init(
        host: String, port: Int, serviceName: String,
        heartbeatInterval: Duration = GatewayConfiguration.heartbeatIntervalDefault,
        bodyLimitBytes: Int = GatewayConfiguration.bodyLimitBytesDefault,
        streamsLimit: Int = GatewayConfiguration.streamsLimitDefault,
        connectionsLimit: Int = GatewayConfiguration.connectionsLimitDefault,
        idleTimeout: Duration = GatewayConfiguration.idleTimeoutDefault
    ) {
        self.host = host
        self.port = port
        self.serviceName = serviceName
        self.heartbeatInterval = heartbeatInterval
        self.bodyLimitBytes = bodyLimitBytes
        self.streamsLimit = streamsLimit
        self.connectionsLimit = connectionsLimit
        self.idleTimeout = idleTimeout
    }
}
