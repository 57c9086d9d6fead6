/// Where the HTTP door listens, and its bounds.
package struct HTTPConfiguration: Sendable {
    /// Name or address to listen on.
    package var host: String
    /// 0 lets the system choose; the listener's `onRunning` is told which.
    package var port: Int
    /// What `/health` calls this process.
    package var serviceName: String
    /// Silence on an event stream after which a comment keeps the connection alive.
    package var heartbeatInterval = Duration.seconds(15)
    /// A larger request body is refused with 413; most methods take less
    /// (`ServiceMethod.bodyLimitBytes`).
    package var bodyLimitBytes = 8 << 20
    /// When so much has come without a request's head, or a part of its body, it is refused with
    /// 400; more than the library lets the fields of a head have.
    package var headLimitBytes = 128 << 10
    /// A longer path and query are refused with 414.
    package var targetLimitBytes = 8 << 10
    /// A body that has not come whole by then is refused with 408.
    package var bodyTimeout = Duration.seconds(30)
    /// Event streams open at the same time; one more is refused with RESOURCE_EXHAUSTED.
    package var streamsLimit = 1_000
    /// Those of one address.
    package var clientStreamsLimit = 100
    /// Connections open at the same time; further ones wait to be accepted.
    package var connectionsLimit = 4_096
    /// Those that streams leave for everything else at the least.
    package static let connectionsBesideStreams = 1_024
    /// A connection that asks nothing, or stalls while asking, is closed after this time.
    package var idleTimeout = Duration.seconds(60)
    /// A larger message on a WebSocket ends it with 1009.
    package var socketMessageLimitBytes = 16 << 10
    /// A WebSocket whose client takes nothing of what it is sent for this time is dropped.
    package var socketStallLimit = Duration.seconds(30)
    /// A WebSocket whose client does not answer that it is closed is cut off after this time.
    package var socketCloseLimit = Duration.seconds(2)
    /// After the beginning of a shutdown, a connection without a request is closed after this time.
    package var shutdownGrace = Duration.milliseconds(250)
    /// After the beginning of a shutdown, a body that has not come whole within this time is
    /// refused with 503.
    package var shutdownBodyLimit = Duration.seconds(2)
    /// After the last answer on a connection, what its client still sends is read for this time.
    package var lingerLimit = Duration.seconds(1)
    /// Answers from this size on are compressed for who accepts it.
    package var compressionThresholdBytes = 1 << 10
    /// Requests that one client may make; `nil`: as many as it likes.
    package var rate: RateLimit?
    /// Pages from where may ask, `https://host`; `*`: from anywhere.
    package var allowedOrigins: [String] = []

    package init(host: String, port: Int, serviceName: String) {
        self.host = host
        self.port = port
        self.serviceName = serviceName
    }
}
