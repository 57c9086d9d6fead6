import Market
import Regimes
import Synchronization

extension InMemoryRegimeStore: SeriesCatalogue {
    package func series(_ query: CatalogueQuery) async throws -> CataloguePage {
        let stored = state.withLock { $0.series }
        let matching = InMemoryRegimeStore.heads(of: stored).filter { head in
            let series = head.profile.series
            return query.timeframe.map { $0 == series.timeframe } ?? true
                && (query.part.isEmpty || series.market.text.lowercased().contains(query.part))
        }
        let later = matching.drop { head in
            query.after.map { !$0.isListed(before: head.profile.series) } ?? false
        }
        var page = CataloguePage(heads: Array(later.prefix(query.limit)), total: matching.count)
        for series in page.heads.map(\.profile.series) {
            guard let rows = stored[series] else { continue }
            page.currents[series] = rows.assessments.last
            page.labels[series] = query.labels.flatMap { labels(of: rows, $0) }
        }
        return page
    }

    private func labels(of rows: SeriesRows, _ query: LabelQuery) -> PublishedLabels? {
        let series = rows.head.profile.series
        var earlier = SeriesQuery(series, range: .earliest..<query.range.lowerBound)
        var within = SeriesQuery(series, range: query.range)
        (earlier.limit, within.limit) = (.max, .max)
        let changes =
            changes(of: rows, earlier).suffix(1)
            + changes(of: rows, within).suffix(query.limit + 1)
        return PublishedLabels(
            steps: changes.map { PublishedLabels.Step(asOf: $0.asOf, regime: $0.regime) },
            overrides: overrides(of: rows, query).suffix(query.limit + 1), of: query)
    }

    private func overrides(
        of rows: SeriesRows, _ query: LabelQuery
    ) -> [PublishedLabels.Override] {
        rows.overrides.compactMap { override in
            // While one stands nothing else is announced: what follows its start is its end.
            let end = rows.announcements.dropFirst(Int(override.sequence)).first?.asOf
            guard override.asOf < query.range.upperBound,
                end.map({ $0 > query.range.lowerBound }) ?? true
            else { return nil }
            return PublishedLabels.Override(
                regime: override.regime, asOf: override.asOf, end: end)
        }
    }
}

extension Series {
    /// Whether it stands before another one in a list by market and timeframe.
    fileprivate func isListed(before other: Series) -> Bool {
        (market.text, timeframe.description) < (other.market.text, other.timeframe.description)
    }
}
