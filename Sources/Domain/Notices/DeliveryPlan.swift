package import Market

/// What an attempt to deliver came to.
package enum DeliveryResult: Sendable, Equatable {
    case delivered
    /// The same may go well later.
    case failed(reason: String, retryAfterSeconds: Int64?)
    /// Nothing can be sent before whoever runs this server mends something: it says nothing about
    /// the other side.
    case unable(reason: String)
    /// It never will, but the next message may: the other side does not want this one, or has no
    /// room for it.
    case rejected(reason: String)
    /// None ever will: the address is not allowed, or the other side is gone for good.
    case refused(reason: String)
}

/// What follows from an attempt.
package enum DeliveryPlan: Sendable, Equatable {
    case done
    case retry(at: Timestamp, reason: String)
    /// Tried again, and this attempt does not count: but for one of them, the delivery has as many
    /// left as before.
    case postpone(until: Timestamp, reason: String)
    /// This delivery is given up; the next one is tried.
    case giveUp(reason: String)
    /// It is given up, and so is the webhook, until somebody enables it again.
    case disable(reason: String)

    /// Attempts at one delivery: with the pauses below they take a little more than a day.
    package static let attemptsLimit = 11
    /// Deliveries given up in a row before the webhook is disabled.
    package static let failuresLimit = 3
    /// After the first attempt; each pause is four times the one before, up to the largest.
    package static let firstPauseSeconds: Int64 = 5
    package static let longestPauseSeconds: Int64 = 21_600
    /// Until what keeps this server from sending is looked at again.
    package static let postponedSeconds: Int64 = 60
    /// A pause is longer or shorter by up to this share of it: not everybody comes at once.
    package static let jitter = 0.2

    /// - Parameters:
    ///   - attempt: 1 for the first.
    ///   - failures: of the webhook, in a row, before this delivery.
    ///   - random: 0 ..< 1.
    package init(
        _ result: DeliveryResult, attempt: Int, failures: Int, at instant: Timestamp,
        random: Double
    ) {
        switch result {
        case .delivered: self = .done
        case .refused(let reason): self = .disable(reason: reason)
        case .unable(let reason):
            let pause = DeliveryPlan.jittered(DeliveryPlan.postponedSeconds, random)
            self = .postpone(until: instant.advanced(byNanoseconds: pause), reason: reason)
        case .failed(let reason, let asked):
            guard attempt >= DeliveryPlan.attemptsLimit else {
                let pause = DeliveryPlan.pause(after: attempt, asked: asked, random: random)
                self = .retry(at: instant.advanced(byNanoseconds: pause), reason: reason)
                return
            }
            self = DeliveryPlan.givingUp(for: reason, failures: failures)
        case .rejected(let reason):
            self = DeliveryPlan.givingUp(for: reason, failures: failures)
        }
    }

    private static func givingUp(for reason: String, failures: Int) -> DeliveryPlan {
        failures + 1 >= failuresLimit ? .disable(reason: reason) : .giveUp(reason: reason)
    }

    private static func pause(after attempt: Int, asked: Int64?, random: Double) -> Int64 {
        var seconds = firstPauseSeconds
        for _ in 1..<max(1, attempt) { seconds = min(4 * seconds, longestPauseSeconds) }
        let own = jittered(seconds, random)
        let second = Timestamp.nanosecondsPerSecond
        return max(own, min(max(asked ?? 0, 0), longestPauseSeconds) * second)
    }

    /// In nanoseconds.
    private static func jittered(_ seconds: Int64, _ random: Double) -> Int64 {
        let second = Double(Timestamp.nanosecondsPerSecond)
        return Int64(Double(seconds) * (1 + jitter * (2 * random - 1)) * second)
    }
}

extension Webhook {
    /// What a delivery that is over says about the webhook.
    package mutating func note(_ plan: DeliveryPlan) {
        switch plan {
        case .done: failures = 0
        case .retry, .postpone: break
        case .giveUp: failures += 1
        case .disable(let reason):
            failures += 1
            isEnabled = false
            problem = reason
        }
    }
}
