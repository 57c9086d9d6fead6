import Market
import Regimes

extension InMemoryRegimeStore: ToldHistory {
    package func told(
        _ telling: Telling, _ query: SeriesQuery
    ) async throws -> [ToldBar] {
        rows(of: query.series)?.assessments.rows(query) { _, revisions in
            let known = revisions.filter { query.admits($0.availableAt) }
            let told = telling == .first ? known.first : known.last
            return told.map { ToldBar($0, isRestated: known.count > 1) }
        } ?? []
    }

    package func closes(_ query: SeriesQuery) async throws -> [BarClose] {
        try await bars(query).map {
            BarClose(timestamp: $0.bar.timestamp, close: $0.bar.close)
        }
    }
}
