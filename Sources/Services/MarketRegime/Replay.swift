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
        /// Has seen the same bars.
        package var splits: SplitDetector
        /// The head's last answer; the state may have seen later bars that have none.
        package var lastAsOf: Timestamp?
        /// The head's `writes` when the state was built: one more by somebody else, and it must be
        /// rebuilt.
        package var writes: Int64

        /// Of a bar that comes after all others; one that comes late is used by nothing yet.
        mutating func suspicion(at bar: Bar) -> SuspectedSplit? {
            if let last = state.lastAsOf, bar.timestamp <= last { return nil }
            return splits.suspicion(at: bar)
        }
    }

    /// - Throws: `JournalError.unknownSeries`, `ManifestError`, `StoreError`.
    package func standing(of series: Series, trigger: Trigger) async throws -> Standing {
        guard let head = try await reader.head(of: series) else {
            throw JournalError.unknownSeries(series)
        }
        var state = MarketRegimeState(
            profile: head.profile,
            timeline: try SpecificationTimeline(canonicalJSON: head.profile.specification),
            knownModels: try await knownModels(of: series), trigger: trigger)
        var splits = SplitDetector(
            timeframe: series.timeframe, calendar: head.profile.calendar)
        // Stored bars that have no answer (a backfill may write only a range) are part of the past
        // too. What is added while this reads is caught by the compare-and-set.
        var cursor: Timestamp?
        while true {
            let page = try await reader.bars(
                SeriesQuery(series, after: cursor, limit: Replay.pageSize))
            for revised in page {
                _ = state.process(revised.bar)
                splits.accept(revised.bar)
            }
            guard let last = page.last, page.count == Replay.pageSize else { break }
            cursor = last.bar.timestamp
        }
        return Standing(
            state: state, splits: splits, lastAsOf: head.lastAsOf, writes: head.writes)
    }

    /// The stored fits of a series by what they depend on, but for those of another arithmetic: a
    /// fit's key names its own, so nothing would ask for them.
    package func knownModels(of series: Series) async throws -> [String: ModelManifest] {
        var known: [String: ModelManifest] = [:]
        for stored in try await reader.models(of: series) {
            do {
                known[stored.fitKey] = try ModelManifest(json: stored.manifest)
            } catch ManifestError.otherKernel, ManifestError.olderFormat {
                continue
            }
        }
        return known
    }
}
