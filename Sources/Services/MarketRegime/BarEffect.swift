import Contracts
package import Hosting
package import Logging
package import Market
import Metrics
package import Ports

/// Hands each bar of the topic `market-bars` to the live classifier.
///
/// A bar that comes again writes nothing twice. States are rebuilt from the store after each
/// assignment: another member may have read on meanwhile.
package struct BarEffect: EventEffect {
    package static let group = ConsumerGroup("market-regime-service")

    private let intake: BarIntake
    private let now: @Sendable () -> Timestamp

    /// - Parameter now: the wall clock.
    package init(intake: BarIntake, now: @escaping @Sendable () -> Timestamp) {
        self.intake = intake
        self.now = now
    }

    package func take(_ event: LoggedEvent) async throws {
        do {
            let bar = try MarketBarEvent(payload: event.message.payload)
            try BarRefusal.check(bar.bar, at: now())
            try await intake.take(bar.bar, of: bar.series, as: bar.trigger)
            Counter(label: "market_bars_consumed_total").increment()
        } catch let error as EventDecodingError {
            throw UnprocessableEvent(reason: "\(error)")
        } catch let refusal as BarRefusal {
            throw UnprocessableEvent(reason: "\(refusal)")
        } catch JournalError.unknownSeries(let series) {
            throw UnprocessableEvent(reason: "\(JournalError.unknownSeries(series))")
        }
    }

    package func forget() async { await intake.forget() }

    /// Another writer may have been faster.
    package func isRaced(_ error: any Error) -> Bool {
        error is JournalError || error is StoreError
    }
}

extension EventConsumer {
    /// Reads the topic `market-bars`.
    package static func bars(
        on bus: any EventBus, into intake: BarIntake, now: @escaping @Sendable () -> Timestamp,
        logger: Logger, retryDelay: Duration = EventConsumer.retryDelay
    ) -> EventConsumer {
        EventConsumer(
            of: [.marketBars], on: bus, as: BarEffect.group,
            having: BarEffect(intake: intake, now: now), now: now, logger: logger,
            retryDelay: retryDelay)
    }
}
