import Market
import Ports
import RegimeModels

/// What a poll does where the vendor has adjusted its history.
package enum ReadjustedPolicy: String, Sendable, CaseIterable {
    /// Somebody has to look.
    case refuse
    /// The stored history is written anew, as `fetch --backfill` does.
    case backfill
}

/// Writes a history that a vendor adjusted over what is stored: every bar and every answer that
/// differs becomes the next revision. Nothing of it is announced.
struct ReadjustedHistory: Sendable {
    let backfill: Backfill
    let written: @Sendable (Series) async -> Void

    /// - Parameters:
    ///   - told: from the series' first bar on, ascending.
    ///   - last: the latest stored bar; later ones are news, and not written here.
    /// - Throws: `PollRefusal.incomplete` where a stored bar is not told: it would stay on the old
    ///   footing, between others on the new one; `BackfillError`, `JournalError`, `StoreError`.
    func write(
        _ told: [Bar], of head: SeriesHead, through last: Timestamp, at now: Timestamp
    ) async throws -> BackfillResult {
        let series = head.profile.series
        let bars = told.filter { $0.timestamp <= last }
        try await requireAll(of: series, through: last, in: Set(bars.map(\.timestamp)))
        let request = BackfillRequest(
            series: series, calendar: head.profile.calendar,
            BackfillTerms(
                specification: try SpecificationTimeline(
                    canonicalJSON: head.profile.specification
                ).current,
                now: { now }))
        let outcome: Result<BackfillResult, any Error>
        do {
            outcome = .success(
                try await backfill.run(
                    request, from: Backfill.source(of: bars),
                    scanning: Backfill.source(of: bars)))
        } catch {
            outcome = .failure(error)
        }
        // Also what came before a failure is committed.
        await written(series)
        return try outcome.get()
    }

    private func requireAll(
        of series: Series, through last: Timestamp, in told: Set<Timestamp>
    ) async throws {
        var missing = 0
        var first: Timestamp?
        var cursor: Timestamp?
        while true {
            let page = try await backfill.reader.bars(
                SeriesQuery(series, after: cursor, limit: Replay.pageSize)
            ).map(\.bar.timestamp)
            for timestamp in page where timestamp <= last && !told.contains(timestamp) {
                missing += 1
                first = first ?? timestamp
            }
            guard let end = page.last, page.count == Replay.pageSize else { break }
            cursor = end
        }
        if let first { throw PollRefusal.incomplete(missing: missing, first: first) }
    }
}
