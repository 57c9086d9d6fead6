import Contracts
package import Logging
package import Market
import Metrics
package import Ports
import ServiceLifecycle

/// Reads the topic `market-bars` and hands each bar to the live classifier.
///
/// The offset is stored after the bar's effects are committed, so a bar comes again after a crash
/// and then writes nothing twice. A message that nobody can process goes to the dead-letter topic
/// and the loop goes on; a store that cannot answer is asked again.
package struct BarConsumer: Service {
    package static let group = ConsumerGroup("market-regime-service")
    /// Attempts at one bar before the service gives up and the process says so; the bar stays in
    /// the topic.
    static let attemptLimit = 10
    static let retryDelay: Duration = .milliseconds(100)
    static let retryDelayMaximum: Duration = .seconds(5)

    private let bus: any EventBus
    private let intake: BarIntake
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    package init(
        bus: any EventBus, intake: BarIntake, now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.bus = bus
        self.intake = intake
        self.now = now
        self.logger = logger
    }

    package func run() async throws {
        let subscription = try await bus.subscribe(
            to: [.marketBars], as: BarConsumer.group, from: .earliest)
        do {
            try await cancelWhenGracefulShutdown {
                while let event = try await subscription.next() {
                    try await process(event)
                    try await subscription.commit(event)
                }
            }
        } catch is CancellationError {
            // Shutting down: the event in hand comes again.
        } catch {
            await subscription.close()
            throw error
        }
        await subscription.close()
    }

    /// Classifies one event's bar, or puts the event on the dead-letter topic.
    package func process(_ event: LoggedEvent) async throws {
        let bar: MarketBarEvent
        do {
            bar = try MarketBarEvent(payload: event.message.payload)
        } catch {
            return try await setAside(event, reason: "\(error)")
        }
        var delay = BarConsumer.retryDelay
        for attempt in 1... {
            do {
                try await intake.take(bar.bar, of: bar.series)
                Counter(label: "market_bars_consumed_total").increment()
                return
            } catch JournalError.unknownSeries(let series) {
                let reason = "\(JournalError.unknownSeries(series))"
                return try await setAside(event, reason: reason, attempts: attempt)
            } catch  where BarConsumer.isRetriable(error) && attempt < BarConsumer.attemptLimit {
                logger.warning(
                    "Bar not committed, trying again",
                    metadata: [
                        "market": "\(bar.series.market)", "as_of": "\(bar.bar.timestamp)",
                        "attempt": "\(attempt)", "error": "\(error)",
                    ])
                try await Task.sleep(for: delay)
                delay = min(delay * 2, BarConsumer.retryDelayMaximum)
            }
        }
    }

    /// Whether the same bar may be taken a moment later: the store, the race and the queue pass.
    private static func isRetriable(_ error: any Error) -> Bool {
        error is StoreError || error is JournalError || error is IntakeFull
    }

    private func setAside(
        _ event: LoggedEvent, reason: String, attempts: Int = 1
    ) async throws {
        let instant = now().rfc3339
        logger.error(
            "Bar set aside on the dead-letter topic",
            metadata: ["offset": "\(event.offset)", "reason": "\(reason)"])
        try await bus.publish([
            event.deadLetter(
                reason: reason, attempts: attempts, firstFailure: instant, lastFailure: instant)
        ])
        Counter(label: "dead_letters_total", dimensions: [("topic", event.message.topic.name)])
            .increment()
    }
}
