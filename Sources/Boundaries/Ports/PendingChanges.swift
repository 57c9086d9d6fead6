package import Market
package import Regimes

/// Looks through a series, page by page, for changes by bars that have yet to be announced: first
/// those about bars that were announced already, then the later ones. While an override stands,
/// none have.
///
/// A store looks up `next` and gives what it finds to `take`, until there is nothing next, and then
/// the last word about `lastBar` for the plan.
package struct PendingChanges: Sendable {
    /// Changes that are looked at together.
    package static let pageLimit = 1_000

    /// Changes to look up, the latest statement about each bar; `nil` when all have been seen that
    /// count.
    package private(set) var next: SeriesQuery?

    /// The last bar that anything was announced about; `nil` when nothing is to be announced.
    package let lastBar: Timestamp?

    private let head: SeriesHead
    private let limit: Int
    private var found: [RegimeChange] = []
    /// What was announced last about the bars of those found.
    private var announced: [RegimeChange] = []

    package init(of head: SeriesHead, limit: Int) {
        self.head = head
        self.limit = limit
        let isOpen = limit > 0 && head.override == nil
        lastBar = isOpen ? head.lastAnnouncedAsOf : nil
        if isOpen { next = told(after: nil) ?? news }
    }

    /// Up to the last bar that was announced.
    private func told(after cursor: Timestamp?) -> SeriesQuery? {
        head.lastAnnouncedAsOf.map { last in
            SeriesQuery(
                head.profile.series, range: Timestamp.earliest..<last.advanced(byNanoseconds: 1),
                after: cursor, limit: PendingChanges.pageLimit)
        }
    }

    private var news: SeriesQuery {
        SeriesQuery(head.profile.series, after: head.lastAnnouncedAsOf, limit: limit)
    }

    /// Of a page, the first and the last bar about which something was stored silently: what was
    /// announced in between has to be known.
    package static func silentSpan(
        _ page: [RegimeChange]
    ) -> (first: Timestamp, last: Timestamp)? {
        let silent = page.filter { $0.announcement == nil }
        guard let first = silent.first, let last = silent.last else { return nil }
        return (first.asOf, last.asOf)
    }

    /// - Parameters:
    ///   - page: what `next` asked for.
    ///   - announced: at least the changes, but those by overrides, that were announced last about
    ///     those of its silent span; of two about one bar the later one counts.
    package mutating func take(_ page: [RegimeChange], announced: [RegimeChange]) {
        guard let query = next else { return }
        guard query.range != nil else {
            found += page
            next = nil
            return
        }
        let told = Dictionary(announced.map { ($0.asOf, $0) }, uniquingKeysWith: { $1 })
        for change in page where change.announcement == nil {
            guard let old = told[change.asOf], !change.saysTheLabels(of: old) else { continue }
            found.append(change)
            self.announced.append(old)
        }
        if found.count >= limit {
            next = nil
        } else if page.count < query.limit {
            next = news
        } else {
            next = self.told(after: page.last?.asOf)
        }
    }

    /// Announces what was found.
    ///
    /// - Parameter lastWord: about `lastBar`.
    package func plan(lastWord: LastWord?, wording: ChangeWording) -> JournalPlan {
        JournalDecision.plan(
            announcing: found, given: announced, head: head, lastWord: lastWord,
            limit: max(limit, 0), wording: wording)
    }
}

extension RegimeChange {
    /// Whether both tell the same change of labels. An amendment goes on from what was announced
    /// before it, so only the label that it says counts.
    func saysTheLabels(of other: RegimeChange) -> Bool {
        regime == other.regime && (other.isAmendment || previousRegime == other.previousRegime)
    }
}
