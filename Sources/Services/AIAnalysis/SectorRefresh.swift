import Contracts
import Hosting
import Metrics
package import Ports

/// Has the strategies of sectors worked out when the regime they are for changes, so that nobody
/// waits who asks for them then.
package struct SectorRefresh: EventEffect {
    package static let group = ConsumerGroup("ai-analysis-service")
    package static let topics = [Topic.regimeChange]

    private let queries: AnalysisQueries

    package init(_ queries: AnalysisQueries) {
        self.queries = queries
    }

    package func take(_ event: LoggedEvent) async throws {
        let change: RegimeChangeEvent
        do {
            change = try RegimeChangeEvent(payload: event.message.payload)
        } catch {
            throw UnprocessableEvent(reason: "\(error)")
        }
        guard queries.concernsSectors(change.series) else { return }
        do {
            try await queries.refreshSectors()
        } catch let fault as RPCFault {
            // Too much is asked just now, or a market went: no reason to end.
            throw PassingFault(fault)
        }
        Counter(label: "sector_strategies_refreshed_total").increment()
    }

    package func isRaced(_ error: any Error) -> Bool { error is StoreError }
}
