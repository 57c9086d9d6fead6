package import Contracts
package import Market
package import Ports

/// Takes bars over the wire and classifies each before it answers.
///
/// All bars of a request are checked before the first is taken, so a request with a bad one changes
/// nothing. Values besides prices and volume are let pass and not kept: no model reads them yet.
package struct BarRecording: MarketDataAPI {
    /// How far ahead of this clock a close may lie: clocks differ, but a bar that has not closed
    /// would be a look ahead.
    package static let clockToleranceSeconds: Int64 = 60

    private let intake: BarIntake
    private let reader: any RegimeReader
    private let defaultMarket: MarketName
    private let now: @Sendable () -> Timestamp

    package init(
        intake: BarIntake, reader: any RegimeReader, defaultMarket: MarketName,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.intake = intake
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
            for series in Set(events.map(\.series))
            where try await reader.head(of: series) == nil {
                throw RPCFault.notFound(
                    UnknownSeries.message(series, known: try await reader.heads()))
            }
            return try await take(events)
        } catch {
            throw RPCFault.translated(error)
        }
    }

    private func check(_ events: [MarketBarEvent]) throws(RPCFault) {
        let latest = now().advanced(bySeconds: BarRecording.clockToleranceSeconds)
        for (index, event) in events.enumerated() where event.bar.availableAt > latest {
            throw .invalidArgument(
                "bars[\(index)]: the bar of \(event.bar.timestamp) is known only at "
                    + "\(event.bar.availableAt), in the future: send it then")
        }
    }

    private func take(
        _ events: [MarketBarEvent]
    ) async throws -> Bloasis_Trading_RecordBarsResponse {
        var accepted = 0
        var revised = 0
        var changes = 0
        for event in events {
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
