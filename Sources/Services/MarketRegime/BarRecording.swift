package import Contracts
import Hosting
package import Market
package import Ports
import ServiceLifecycle

/// Takes bars over the wire: classifies each before it answers, or, where a broker is configured,
/// only puts them on the topic `market-bars`, whose one consumer per partition classifies.
///
/// All bars of a request are checked before the first is taken, so a request with a bad one changes
/// nothing.
package struct BarRecording: MarketDataAPI {
    package enum Destination: Sendable {
        case classifier(BarIntake)
        case topic(any EventBus)
    }

    private let destination: Destination
    private let reader: any RegimeReader
    private let defaultMarket: MarketName
    private let now: @Sendable () -> Timestamp

    package init(
        to destination: Destination, reader: any RegimeReader, defaultMarket: MarketName,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.destination = destination
        self.reader = reader
        self.defaultMarket = defaultMarket
        self.now = now
    }

    package func recordBars(
        _ request: Bloasis_Trading_RecordBarsRequest
    ) async throws -> Bloasis_Trading_RecordBarsResponse {
        do {
            let events = try request.events(defaultMarket: defaultMarket)
            try check(events)
            for series in Set(events.map(\.series)) {
                let head = try await reader.requiredHead(of: series)
                let bars = events.filter { $0.series == series }.map(\.bar)
                try await checkSessions(bars, of: head.profile)
                if !isClassifiedAlone(events) { try await checkSplits(bars, after: head) }
            }
            switch destination {
            case .classifier(let intake): return try await take(events, intake)
            case .topic(let bus): return try await put(events, on: bus)
            }
        } catch {
            throw RPCFault.translated(error)
        }
    }

    private func check(_ events: [MarketBarEvent]) throws(RPCFault) {
        let now = now()
        for (index, event) in events.enumerated() {
            do {
                try BarRefusal.check(event.bar, at: now)
            } catch {
                throw RPCFault.invalidArgument("bars[\(index)]: \(error)")
            }
        }
    }

    private func checkSessions(_ bars: [Bar], of profile: SeriesProfile) async throws {
        let stamps = bars.map(\.timestamp)
        guard profile.series.timeframe == .daily, let first = stamps.min(), let last = stamps.max()
        else { return }
        let stored = try await reader.stamps(around: first...last, of: profile.series)
        try BarRefusal.checkSessions(stored + stamps, of: profile)
    }

    /// Whether the classifier's own check is the check of the whole request.
    private func isClassifiedAlone(_ events: [MarketBarEvent]) -> Bool {
        if case .classifier = destination { events.count == 1 } else { false }
    }

    private func checkSplits(_ bars: [Bar], after head: SeriesHead) async throws {
        let series = head.profile.series
        let fresh = bars.filter { $0.timestamp > head.lastAsOf ?? .earliest }
            .sorted { $0.timestamp < $1.timestamp }
        guard let first = fresh.first else { return }
        let before = try await reader.barsBefore(first.timestamp, of: series)
        try BarRefusal.checkSplits(fresh, after: before, of: head.profile)
    }

    private func put(
        _ events: [MarketBarEvent], on bus: any EventBus
    ) async throws -> Bloasis_Trading_RecordBarsResponse {
        try await bus.publish(events.map(\.message.traced))
        var response = Bloasis_Trading_RecordBarsResponse()
        response.accepted = Int32(events.count)
        response.queued = true
        return response
    }

    private func take(
        _ events: [MarketBarEvent], _ intake: BarIntake
    ) async throws -> Bloasis_Trading_RecordBarsResponse {
        var accepted = 0
        var revised = 0
        var changes = 0
        for (index, event) in events.enumerated() {
            guard !Task.isShuttingDownGracefully, !Task.isCancelled else {
                throw RPCFault.unavailable(
                    "shutting down: the first \(index) of \(events.count) bars are committed, send "
                        + "the others again")
            }
            let receipt = try await intake.take(event.bar, of: event.series)
            accepted += receipt.newBars
            revised += receipt.revisedBars
            changes += receipt.newChanges
        }
        var response = Bloasis_Trading_RecordBarsResponse()
        response.accepted = Int32(accepted)
        response.revised = Int32(revised)
        response.unchanged = Int32(events.count - accepted - revised)
        response.changes = Int32(changes)
        response.queued = false
        return response
    }
}
