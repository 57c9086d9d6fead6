import Market
import Ports

/// A bar of the merged sequence, and whether the store lacks it or says otherwise.
struct MergedBar {
    let bar: Bar
    let isNew: Bool
}

/// Merges a source's bars into a series' stored ones, chunk by chunk, the source's winning where
/// they differ: as a correction, known from when it was brought. Holds a page of each.
///
/// All corrections count as brought at one instant, at which the first of them is met: known as a
/// whole, and as late as may be, since whoever asks what is known before they are committed is told
/// what is stored until then.
struct StoredBars {
    private let reader: any RegimeReader
    private let series: Series
    private let anchor: Timestamp
    /// Whether a stored bar's exogenous values go on where the source has the same bar.
    private let keepsExogenous: Bool
    private let now: @Sendable () -> Timestamp
    private var broughtAt: Timestamp?
    /// When the last of the merged bars could be known.
    private var knownAt: Timestamp
    private var page: ArraySlice<RevisedBar> = []
    private var cursor: Timestamp?
    private var isExhausted = false
    private var incoming: ArraySlice<Bar> = []
    private var hasSourceEnded = false
    /// Bars of the source before the anchor: left out.
    private(set) var barsBeforeAnchor = 0

    init(
        reader: any RegimeReader, series: Series, from anchor: Timestamp, keepingExogenous: Bool,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.reader = reader
        self.series = series
        self.anchor = anchor
        keepsExogenous = keepingExogenous
        self.now = now
        knownAt = anchor
    }

    /// Up to `limit` bars of the merged sequence; empty at its end.
    ///
    /// - Parameter pull: the next bars of the source; empty at its end.
    mutating func next(limit: Int, pull: () throws -> [Bar]) async throws -> [MergedBar] {
        var merged: [MergedBar] = []
        func add(_ bar: Bar, isNew: Bool) {
            knownAt = max(knownAt, bar.availableAt)
            merged.append(MergedBar(bar: bar, isNew: isNew))
        }
        while merged.count < limit {
            try refill(pull)
            let stored = try await peek()
            switch (stored?.bar, incoming.first) {
            case (nil, nil):
                return merged
            case (let old?, var new?) where old.timestamp == new.timestamp:
                if keepsExogenous { new.exogenous = old.exogenous }
                // What the store says the same keeps its own availability: it was known then.
                let same = old.saysTheSame(as: new)
                let bar = same ? old : correction(new, of: old)
                add(bar, isNew: !same)
                page.removeFirst()
                incoming.removeFirst()
            case (let old?, let new) where new.map({ old.timestamp < $0.timestamp }) ?? true:
                add(old, isNew: false)
                page.removeFirst()
            case (_, let new?):
                add(new, isNew: true)
                incoming.removeFirst()
            case (_?, nil):
                preconditionFailure("a stored bar alone was taken above")
            }
        }
        return merged
    }

    private mutating func correction(_ bar: Bar, of old: Bar) -> Bar {
        // Another machine's clock may be behind the one that what is stored was brought by.
        let instant = broughtAt ?? max(now(), knownAt, old.availableAt)
        broughtAt = instant
        return bar.asCorrection(of: old, broughtAt: instant)
    }

    private mutating func refill(_ pull: () throws -> [Bar]) throws {
        while incoming.isEmpty, !hasSourceEnded {
            let pulled = try pull()
            hasSourceEnded = pulled.isEmpty
            incoming = pulled.drop { $0.timestamp < anchor }
            barsBeforeAnchor += pulled.count - incoming.count
        }
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
