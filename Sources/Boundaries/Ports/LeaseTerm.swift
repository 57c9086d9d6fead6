package import Market

/// The time for which a lease is asked for, by the wall clock of whoever asks.
///
/// A lease keeps work apart, it does not make it right: with clocks that differ two owners may be
/// at work for a while, and what they do must bear that.
package struct LeaseTerm: Sendable, Equatable {
    /// How much the clocks of two owners may differ.
    package static let clockToleranceSeconds: Int64 = 60

    package let start: Timestamp
    package let end: Timestamp

    /// - Parameter seconds: greater than 0.
    package init(from start: Timestamp, seconds: Int64) {
        self.start = start
        end = start.advanced(bySeconds: seconds)
    }

    /// The latest end of another owner's lease that is taken for true. One that ends later was
    /// given before a clock was set back, and would keep everybody waiting for as long as that.
    package var latestCredibleEnd: Timestamp {
        end.advanced(bySeconds: LeaseTerm.clockToleranceSeconds)
    }

    /// Whether a lease that another owner has until then may be taken.
    package func mayTake(leaseUntil held: Timestamp) -> Bool {
        held <= start || latestCredibleEnd < held
    }

    /// Whether half of the term has run out, or the clock was set back since it began.
    package func isToBeExtended(at now: Timestamp) -> Bool {
        let half = (end.nanoseconds - start.nanoseconds) / 2
        return now < start || start.advanced(byNanoseconds: half) <= now
    }
}
