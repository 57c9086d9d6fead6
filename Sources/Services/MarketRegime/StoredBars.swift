import Market
import Ports

/// A bar of the merged sequence, and whether the store lacks it or says otherwise.
struct MergedBar {
    let bar: Bar
    let isNew: Bool
}

/// A cursor over a series' stored bars that merges a source's bars into them.
struct StoredBars {
    private let reader: any RegimeReader
    private let series: Series
    private let anchor: Timestamp
    private var page: ArraySlice<RevisedBar> = []
    private var cursor: Timestamp?
    private var isExhausted = false

    init(reader: any RegimeReader, series: Series, from anchor: Timestamp) {
        self.reader = reader
        self.series = series
        self.anchor = anchor
    }

    /// The next stretch of the merged sequence: through the last of the incoming bars, or once the
    /// source has ended up to `limit` of the stored bars that remain.
    mutating func merge(
        _ incoming: [Bar], limit: Int, sourceEnded: Bool
    ) async throws -> [MergedBar] {
        var merged: [MergedBar] = []
        for bar in incoming where bar.timestamp >= anchor {
            while let stored = try await peek(), stored.bar.timestamp < bar.timestamp {
                merged.append(MergedBar(bar: stored.bar, isNew: false))
                page.removeFirst()
            }
            if let stored = try await peek(), stored.bar.timestamp == bar.timestamp {
                // What the store says the same keeps its own availability: it was known then.
                let same = stored.bar.saysTheSame(as: bar)
                merged.append(MergedBar(bar: same ? stored.bar : bar, isNew: !same))
                page.removeFirst()
            } else {
                merged.append(MergedBar(bar: bar, isNew: true))
            }
        }
        guard sourceEnded else { return merged }
        while merged.count < limit, let stored = try await peek() {
            merged.append(MergedBar(bar: stored.bar, isNew: false))
            page.removeFirst()
        }
        return merged
    }

    private mutating func peek() async throws -> RevisedBar? {
        if page.isEmpty, !isExhausted {
            let rows = try await reader.bars(
                SeriesQuery(series, after: cursor, limit: Replay.pageSize))
            cursor = rows.last?.bar.timestamp ?? cursor
            isExhausted = rows.count < Replay.pageSize
            page = rows[...]
        }
        return page.first
    }
}
