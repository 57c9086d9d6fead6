package import Market
package import Regimes
import Synchronization

extension InMemoryRegimeStore: SeriesCatalogue {
    package func series(_ query: CatalogueQuery) async throws -> CataloguePage {
        let matching = try await heads().filter { head in
            let series = head.profile.series
            return query.timeframe.map { $0 == series.timeframe } ?? true
                && (query.part.isEmpty || series.market.text.lowercased().contains(query.part))
        }
        let later = matching.drop { head in
            query.after.map { !$0.isListed(before: head.profile.series) } ?? false
        }
        return CataloguePage(heads: Array(later.prefix(query.limit)), total: matching.count)
    }

    package func currents(of heads: [SeriesHead]) async throws -> [Series: RegimeAssessment] {
        let known = heads.compactMap { rows(of: $0.profile.series)?.assessments.last }
        return Dictionary(known.map { ($0.series, $0) }, uniquingKeysWith: { $1 })
    }

    package func labels(_ query: LabelQuery) async throws -> [Series: PublishedLabels] {
        var labels: [Series: PublishedLabels] = [:]
        for series in query.series {
            labels[series] = rows(of: series).flatMap { self.labels(of: $0, query) }
        }
        return labels
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
