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

    /// A state, and the head it stands on.
    package struct Standing: Sendable {
        package var state: MarketRegimeState
        /// The head's `restatements` when the state was built: one more, and it must be rebuilt.
        package var restatements: Int64
    }

    /// - Throws: `JournalError.unknownSeries`, `ManifestError`, `StoreError`.
    package func standing(of series: Series, trigger: Trigger) async throws -> Standing {
        guard let head = try await reader.head(of: series) else {
            throw JournalError.unknownSeries(series)
        }
        var state = MarketRegimeState(
            profile: head.profile,
            specification: try RegimeSpecification(canonicalJSON: head.profile.specification),
            knownModels: try await knownModels(of: series), trigger: trigger)
        var cursor: Timestamp?
        while let lastAsOf = head.lastAsOf, cursor.map({ $0 < lastAsOf }) ?? true {
            let page = try await reader.bars(
                SeriesQuery(series, after: cursor, limit: Replay.pageSize))
            for revised in page where revised.bar.timestamp <= lastAsOf {
                _ = state.process(revised.bar)
            }
            guard let last = page.last else { break }
            cursor = last.bar.timestamp
        }
        return Standing(state: state, restatements: head.restatements)
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
