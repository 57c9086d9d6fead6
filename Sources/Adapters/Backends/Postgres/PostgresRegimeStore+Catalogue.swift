package import Market
package import Ports
import Postgres
package import Regimes

// MARK: - Many series

extension PostgresRegimeStore: SeriesCatalogue {
    package func series(_ query: CatalogueQuery) async throws -> CataloguePage {
        let heads = try await database.values(CatalogueQueries.heads(query)) {
            try SeriesQueries.head($0)
        }
        let total = try await database.values(CatalogueQueries.count(query)) { try $0.integer(0) }
        return CataloguePage(heads: heads, total: total.first ?? 0)
    }

    package func currents(of heads: [SeriesHead]) async throws -> [Series: RegimeAssessment] {
        guard let earliest = heads.compactMap(\.lastAsOf).min() else { return [:] }
        let query = CatalogueQueries.currents(
            of: heads.map(\.profile.series), since: earliest)
        let known = try await database.values(query) { try CatalogueQueries.current($0) }
        return Dictionary(known.map { ($0.series, $0) }, uniquingKeysWith: { $1 })
    }

    package func labels(_ query: LabelQuery) async throws -> [Series: PublishedLabels] {
        guard !query.series.isEmpty else { return [:] }
        let steps = try await database.values(CatalogueQueries.steps(query)) {
            try CatalogueQueries.step($0)
        }
        let overrides = try await database.values(CatalogueQueries.overrides(query)) {
            try CatalogueQueries.override($0)
        }
        let stepsByPlace = Dictionary(grouping: steps, by: \.0)
        let overridesByPlace = Dictionary(grouping: overrides, by: \.0)
        var labels: [Series: PublishedLabels] = [:]
        for (index, series) in query.series.enumerated() {
            labels[series] = PublishedLabels(
                steps: stepsByPlace[index + 1]?.map(\.1) ?? [],
                overrides: overridesByPlace[index + 1]?.map(\.1) ?? [], of: query)
        }
        return labels
    }
}
