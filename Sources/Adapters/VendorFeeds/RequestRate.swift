/// How often a vendor may be asked.
struct RequestRate: Sendable, Equatable {
    /// Requests at once after a pause.
    let burst: Int
    /// Between requests in the long run.
    let every: Duration
}

/// Whose turn it is to ask a vendor: the decisions, without a clock.
///
/// The bucket holds `burst` tokens and gets one every `every`. What it holds is kept as the instant
/// at which it will be full (the generic cell rate algorithm, ITU-T I.371), so that whoever comes
/// too early is told how long to wait, and the next one after them longer.
struct RequestTurns: Sendable {
    /// Whoever would have to wait longer is refused.
    static let longestWait = Duration.seconds(300)

    private let rate: RequestRate
    private var full: ContinuousClock.Instant?

    init(_ rate: RequestRate) {
        self.rate = rate
    }

    /// Takes a turn.
    ///
    /// - Returns: how long to wait for it; `nil` when that is too long, and no turn was taken.
    mutating func take(at now: ContinuousClock.Instant) -> Duration? {
        let full = max(self.full ?? now, now)
        let wait = max(.zero, now.duration(to: full) - rate.every * (rate.burst - 1))
        guard wait <= RequestTurns.longestWait else { return nil }
        self.full = full.advanced(by: rate.every)
        return wait
    }

    /// Nobody's turn comes within a span: the vendor has asked for a pause.
    mutating func hold(for span: Duration, at now: ContinuousClock.Instant) {
        let end = now.advanced(by: span + rate.every * (rate.burst - 1))
        full = max(full ?? end, end)
    }
}
