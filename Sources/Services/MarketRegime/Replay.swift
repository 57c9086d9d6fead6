package import Market
package import Ports
package import RegimeModels
package import Regimes

/// Rebuilds a series' state from the store: every stored bar again, with the stored models in
/// place of new fits. The result has the same bits as a state that never stopped.
package struct Replay: Sendable {
    package let reader: any RegimeReader

    /// Bars fetched at a time.
    static let pageSize = 2_000

    package init(reader: any RegimeReader) {
        self.reader = reader
    }

    /// - Throws: `JournalError.unknownSeries`, `ManifestError`, `StoreError`.
    package func state(of series: Series, trigger: Trigger) async throws -> MarketRegimeState {
        guard let head = try await reader.head(of: series) else {
            throw JournalError.unknownSeries(series)
        }
        var state = MarketRegimeState(
            profile: head.profile,
            specification: try RegimeSpecification(canonicalJSON: head.profile.specification),
            knownModels: try await knownModels(of: series), trigger: trigger)
        guard let lastAsOf = head.lastAsOf else { return state }
        var cursor: Timestamp?
        while true {
            let page = try await reader.bars(
                SeriesQuery(series, after: cursor, limit: Replay.pageSize))
            for revised in page where revised.bar.timestamp <= lastAsOf {
                _ = state.process(revised.bar)
            }
            guard let last = page.last, last.bar.timestamp < lastAsOf else { return state }
            cursor = last.bar.timestamp
        }
    }

    /// The stored fits of a series by what they depend on.
    package func knownModels(of series: Series) async throws -> [String: ModelManifest] {
        var known: [String: ModelManifest] = [:]
        for stored in try await reader.models(of: series) {
            known[stored.fitKey] = try ModelManifest(json: stored.manifest)
        }
        return known
    }
}
