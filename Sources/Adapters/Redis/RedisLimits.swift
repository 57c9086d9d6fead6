/// How much a client asks of a server at once, and how long it waits.
package struct RedisLimits: Sendable {
    /// Of a call that names none.
    package var call = Duration.seconds(1)
    /// Until a connection is open: names, handshake and password included.
    package var connect = Duration.seconds(2)
    /// How long the server may leave the oldest call unanswered until its connection is closed.
    package var silence = Duration.seconds(5)
    /// Replies that may be outstanding; a call beyond them is refused at once.
    package var outstanding = 1 << 14
    /// Callers that wait for a connection; one more is refused at once.
    package var waiters = 1 << 14
    /// Bytes of one call's commands.
    package var commandBytes = 16 << 20
    /// Bytes that the socket has not taken yet; a call beyond them is refused at once.
    package var pendingBytes = 64 << 20
    /// Bytes of one reply; a longer one ends the connection.
    package var replyBytes = 64 << 20
    /// Messages of a subscription that wait to be taken.
    package var messages = 1 << 12
    /// How often a subscription that hears nothing asks whether the server is still there.
    package var ping = Duration.seconds(10)
    /// Pauses between attempts to connect.
    package var reconnect = ReconnectSchedule()

    package init() {}
}

/// What a client must be given, because it has no clock and no dice.
package struct RedisEnvironment: Sendable {
    let now: @Sendable () -> ContinuousClock.Instant
    /// Uniform in 0 ..< 1.
    let chance: @Sendable () -> Double

    package init(
        now: @escaping @Sendable () -> ContinuousClock.Instant,
        chance: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.chance = chance
    }
}
