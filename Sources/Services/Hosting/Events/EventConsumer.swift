import Contracts
package import Logging
package import Market
package import Ports
import ServiceLifecycle

/// What follows from an event.
package protocol EventEffect: Sendable {
    /// Does it, once however often the event comes.
    ///
    /// - Throws: `UnprocessableEvent` for an event that nobody can process.
    func take(_ event: LoggedEvent) async throws

    /// What was known from before may be behind what another member of the group did meanwhile.
    func forget() async

    /// Whether a failure that does not pass by itself may go better the next time: something else
    /// came between.
    func isRaced(_ error: any Error) -> Bool
}

extension EventEffect {
    package func forget() async {}
}

/// An effect whose store keeps, in the same transactions, how far it has got in each partition.
///
/// So it shows when the store is older than the offsets of the group, as a database is that was
/// restored from a backup or went on without its last commits. What it lacks is read from the log
/// then, before anything that comes after it.
package protocol AccountedEffect: EventEffect {
    /// As `take`, if all that lies before the event was taken.
    ///
    /// - Throws: `LedgerBehind` when it was not; also what `take` throws.
    func take(_ event: LoggedEvent, as step: EventStep) async throws

    /// Notes that nothing, or nothing more, follows from what lies up to a step.
    ///
    /// - Throws: `LedgerBehind`.
    func pass(_ step: EventStep) async throws

    /// The offset of the last event that was taken or passed, by partition.
    func taken(of topic: Topic) async throws -> [Int32: Int64]

    /// What is taken next is what the store lost.
    func willRestore() async throws
}

extension AccountedEffect {
    package func take(_ event: LoggedEvent) async throws {
        try await take(event, as: EventStep(to: event, after: EventStep.beforeFirst))
    }
}

/// An event is to be set aside, for a reason that is told.
package struct UnprocessableEvent: Error, CustomStringConvertible {
    package let reason: String

    package init(reason: String) {
        self.reason = reason
    }

    package var description: String { reason }
}

/// A member of a consumer group that has effects.
///
/// The offset is stored after an event's effect is committed, so an event comes again after a crash
/// and then has no second effect. A message that nobody can process goes to the dead-letter topic
/// and the loop goes on; a store or a bus that cannot answer is asked again. For what an
/// `AccountedEffect` has lost since its offset was stored, see `EventConsumer.keepLedger`.
package struct EventConsumer: Service {
    /// Attempts at one event that fails for no reason that passes, before the service gives up and
    /// the process says so; the event stays in the topic.
    package static let attemptLimit = 10
    package static let retryDelay: Duration = .milliseconds(100)
    static let retryDelayMaximum: Duration = .seconds(5)
    /// How often an effect's store is compared with the offsets of the group.
    package static let ledgerCheckInterval: Duration = .seconds(60)

    let bus: any EventBus
    let topics: [Topic]
    let group: ConsumerGroup
    private let effect: any EventEffect
    private let now: @Sendable () -> Timestamp
    let logger: Logger
    let retryDelay: Duration
    let ledgerCheckInterval: Duration

    /// - Parameters:
    ///   - now: the wall clock.
    ///   - retryDelay: the first pause before another attempt; each is twice the one before.
    ///   - ledgerCheckInterval: between two looks whether an `AccountedEffect` has what the group
    ///     has read.
    package init(
        of topics: [Topic], on bus: any EventBus, as group: ConsumerGroup,
        having effect: any EventEffect, now: @escaping @Sendable () -> Timestamp, logger: Logger,
        retryDelay: Duration = EventConsumer.retryDelay,
        ledgerCheckInterval: Duration = EventConsumer.ledgerCheckInterval
    ) {
        self.topics = topics
        self.bus = bus
        self.group = group
        self.effect = effect
        self.now = now
        self.logger = logger
        self.retryDelay = retryDelay
        self.ledgerCheckInterval = ledgerCheckInterval
    }

    package func run() async throws {
        guard let effect = effect as? any AccountedEffect else { return try await follow() }
        // What is missing comes before anything that is new.
        guard try await hasCaughtUp(effect) else { return }
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                try await follow()
                return true
            }
            tasks.addTask {
                try await keepLedger(of: effect)
                return false
            }
            // A member leaves its group in good order: it is not cancelled before it has.
            while let isOver = try await tasks.next(), !isOver {}
            tasks.cancelAll()
        }
    }

    /// Joins the group, again and again, until the process shuts down.
    private func follow() async throws {
        var delay = retryDelay
        do {
            while true {
                let stay = await stay()
                guard let failure = stay.failure else { return }
                guard failure.passes else { throw failure }
                if stay.hasProgressed { delay = retryDelay }
                logger.warning(
                    "Events not read, joining the group again",
                    metadata: ["group": "\(group.name)", "error": "\(failure)"])
                try await pause(delay)
                delay = min(delay * 2, EventConsumer.retryDelayMaximum)
            }
        } catch is CancellationError {
            // Shutting down: the event in hand comes again.
        }
    }

    /// What became of one membership of the group.
    private struct Stay: Sendable {
        var hasProgressed = false
        /// `nil` when the subscription was closed.
        var failure: (any Error)?
    }

    /// Joins the group, reads until something fails, and leaves.
    private func stay() async -> Stay {
        let subscription: any EventSubscription
        do {
            subscription = try await cancelWhenGracefulShutdown {
                try await bus.subscribe(to: topics, as: group, from: .earliest)
            }
        } catch {
            return Stay(failure: error)
        }
        let stay = await cancelWhenGracefulShutdown { await read(subscription) }
        await subscription.close()
        return stay
    }

    private func read(_ subscription: any EventSubscription) async -> Stay {
        var stay = Stay()
        var assignments = subscription.assignments
        /// The last offset handed out, by partition, since the member was given something to read.
        var handedOut: [Topic: [Int32: Int64]] = [:]
        do {
            while let event = try await subscription.next() {
                if subscription.assignments != assignments {
                    assignments = subscription.assignments
                    handedOut = [:]
                    await effect.forget()
                }
                let (topic, partition) = (event.message.topic, event.partition)
                try await process(event, after: handedOut[topic]?[partition])
                handedOut[topic, default: [:]][partition] = event.offset
                try await commit(event, to: subscription)
                stay.hasProgressed = true
            }
        } catch {
            stay.failure = error
        }
        return stay
    }

    func pause(_ delay: Duration) async throws {
        try await cancelWhenGracefulShutdown { try await Task.sleep(for: delay) }
    }

    private func commit(
        _ event: LoggedEvent, to subscription: any EventSubscription
    ) async throws {
        do {
            try await subscription.commit(event)
        } catch  where error is EventBusError || error.passes {
            // The event comes again, to this member or another, and then has no second effect.
            logger.warning(
                "Position not stored",
                metadata: [
                    "topic": "\(event.message.topic)", "offset": "\(event.offset)",
                    "error": "\(error)",
                ])
        }
    }

    /// Has one event's effect, or puts the event on the dead-letter topic. What keeps it from doing
    /// so and passes, a store or a bus that is away, is waited for.
    package func process(_ event: LoggedEvent) async throws {
        try await process(event, after: nil)
    }

    /// - Parameter previous: the offset of the event that was handed out before it, in its
    ///   partition; `nil` when that is not known.
    private func process(_ event: LoggedEvent, after previous: Int64?) async throws {
        guard let effect = effect as? any AccountedEffect else {
            _ = try await take(event) { try await effect.take(event) }
            return
        }
        // One that comes again, or the first of a partition: what was just before it must be there,
        // and where nothing was, the log tells.
        let known = previous.flatMap { $0 < event.offset ? $0 : nil } ?? event.offset - 1
        try await process(event, after: known, having: effect)
    }

    /// Has an event's effect, or puts the event on the dead-letter topic.
    ///
    /// - Returns: whether it had its effect.
    func take(
        _ event: LoggedEvent, having effect: () async throws -> Void
    ) async throws -> Bool {
        try await attempt(event) { attempt in
            do {
                try await effect()
                return true
            } catch let fault as UnprocessableEvent {
                logger.error(
                    "Event set aside on the dead-letter topic",
                    metadata: [
                        "topic": "\(event.message.topic)", "offset": "\(event.offset)",
                        "reason": "\(fault)",
                    ])
                try await DeadLetters(bus: bus, now: now, logger: logger)
                    .setAside(event, reason: fault.reason, attempts: attempt)
                return false
            }
        }
    }

    /// Does something about an event, again for as long as what keeps it from that passes.
    func attempt<Value>(
        _ event: LoggedEvent, _ body: (_ attempt: Int) async throws -> Value
    ) async throws -> Value {
        var delay = retryDelay
        /// Attempts that failed for no reason that passes.
        var failures = 0
        var attempt = 1
        while true {
            do {
                // What follows from the event belongs to the trace that it came with.
                let context = CallContext(
                    trace: event.message.trace.map { Tracing.span(within: $0) })
                return try await CallContext.$current.withValue(context) {
                    try await body(attempt)
                }
            } catch  where error.passes || effect.isRaced(error) {
                if !error.passes { failures += 1 }
                guard failures < EventConsumer.attemptLimit else { throw error }
                logger.warning(
                    "Event's effect not committed, trying again",
                    metadata: [
                        "topic": "\(event.message.topic)", "key": "\(event.message.key)",
                        "offset": "\(event.offset)", "attempt": "\(attempt)", "error": "\(error)",
                    ])
                try await Task.sleep(for: delay)
                delay = min(delay * 2, EventConsumer.retryDelayMaximum)
                attempt += 1
            }
        }
    }
}
