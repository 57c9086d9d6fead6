import Contracts
import Hosting
package import Logging
package import Market
import Metrics
package import Ports
import ServiceLifecycle

/// Reads the topic `market-bars` and hands each bar to the live classifier.
///
/// The offset is stored after the bar's effects are committed, so a bar comes again after a crash
/// and then writes nothing twice. States are rebuilt from the store after each assignment: another
/// member may have read on meanwhile. A message that nobody can process goes to the dead-letter
/// topic and the loop goes on; a store or a bus that cannot answer is asked again.
package struct BarConsumer: Service {
    package static let group = ConsumerGroup("market-regime-service")
    /// Attempts at one bar that fails for no reason that passes, before the service gives up and
    /// the process says so; the bar stays in the topic.
    package static let attemptLimit = 10
    package static let retryDelay: Duration = .milliseconds(100)
    static let retryDelayMaximum: Duration = .seconds(5)

    private let bus: any EventBus
    private let intake: BarIntake
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let retryDelay: Duration

    /// - Parameter retryDelay: the first pause before another attempt; each is twice the one
    ///   before.
    package init(
        bus: any EventBus, intake: BarIntake, now: @escaping @Sendable () -> Timestamp,
        logger: Logger, retryDelay: Duration = BarConsumer.retryDelay
    ) {
        self.retryDelay = retryDelay
        self.bus = bus
        self.intake = intake
        self.now = now
        self.logger = logger
    }

    package func run() async throws {
        var delay = retryDelay
        do {
            while true {
                let stay = await stay()
                guard let failure = stay.failure else { return }
                guard failure.passes else { throw failure }
                if stay.hasProgressed { delay = retryDelay }
                logger.warning(
                    "Bars not read, joining the group again", metadata: ["error": "\(failure)"])
                try await pause(delay)
                delay = min(delay * 2, BarConsumer.retryDelayMaximum)
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
                try await bus.subscribe(
                    to: [.marketBars], as: BarConsumer.group, from: .earliest)
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
        do {
            while let event = try await subscription.next() {
                if subscription.assignments != assignments {
                    assignments = subscription.assignments
                    await intake.forget()
                }
                try await process(event)
                try await commit(event, to: subscription)
                stay.hasProgressed = true
            }
        } catch {
            stay.failure = error
        }
        return stay
    }

    private func pause(_ delay: Duration) async throws {
        try await cancelWhenGracefulShutdown { try await Task.sleep(for: delay) }
    }

    private func commit(
        _ event: LoggedEvent, to subscription: any EventSubscription
    ) async throws {
        do {
            try await subscription.commit(event)
        } catch  where error is EventBusError || error.passes {
            // The event comes again, to this member or another, and then writes nothing twice.
            logger.warning(
                "Position not stored",
                metadata: ["offset": "\(event.offset)", "error": "\(error)"])
        }
    }

    /// Classifies one event's bar, or puts the event on the dead-letter topic. What keeps it from
    /// doing so and passes, a store or a bus that is away, is waited for.
    package func process(_ event: LoggedEvent) async throws {
        var delay = retryDelay
        /// Attempts that failed for no reason that passes.
        var failures = 0
        for attempt in 1... {
            do {
                // What follows from the bar belongs to the trace that it came with.
                let context = CallContext(
                    trace: event.message.trace.map { Tracing.span(within: $0) })
                return try await CallContext.$current.withValue(context) {
                    try await take(event, attempt: attempt)
                }
            } catch  where error.passes || BarConsumer.isRaced(error) {
                if !error.passes { failures += 1 }
                guard failures < BarConsumer.attemptLimit else { throw error }
                logger.warning(
                    "Bar not committed, trying again",
                    metadata: [
                        "key": "\(event.message.key)", "offset": "\(event.offset)",
                        "attempt": "\(attempt)", "error": "\(error)",
                    ])
                try await Task.sleep(for: delay)
                delay = min(delay * 2, BarConsumer.retryDelayMaximum)
            }
        }
    }

    private func take(_ event: LoggedEvent, attempt: Int) async throws {
        let bar: MarketBarEvent
        do {
            bar = try MarketBarEvent(payload: event.message.payload)
        } catch {
            return try await setAside(event, reason: "\(error)", attempts: attempt)
        }
        do {
            try BarRefusal.check(bar.bar, at: now())
            try await intake.take(bar.bar, of: bar.series, as: bar.trigger)
            Counter(label: "market_bars_consumed_total").increment()
        } catch let refusal as BarRefusal {
            try await setAside(event, reason: "\(refusal)", attempts: attempt)
        } catch JournalError.unknownSeries(let series) {
            let reason = "\(JournalError.unknownSeries(series))"
            try await setAside(event, reason: reason, attempts: attempt)
        }
    }

    /// Whether something else may go better the next time.
    private static func isRaced(_ error: any Error) -> Bool {
        error is JournalError || error is StoreError
    }

    private func setAside(
        _ event: LoggedEvent, reason: String, attempts: Int
    ) async throws {
        logger.error(
            "Bar set aside on the dead-letter topic",
            metadata: ["offset": "\(event.offset)", "reason": "\(reason)"])
        try await DeadLetters(bus: bus, now: now, logger: logger)
            .setAside(event, reason: reason, attempts: attempts)
    }
}
