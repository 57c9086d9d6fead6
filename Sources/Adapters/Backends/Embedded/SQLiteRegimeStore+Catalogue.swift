package import Market
package import Ports
package import Regimes

// MARK: - Many series

extension SQLiteRegimeStore: SeriesCatalogue {
    package func series(_ query: CatalogueQuery) async throws -> CataloguePage {
        try await file.read { try RegimeRows.series(query, $0) }
    }

    package func currents(of heads: [SeriesHead]) async throws -> [Series: RegimeAssessment] {
        try await file.read { database in
            var currents: [Series: RegimeAssessment] = [:]
            for head in heads {
                let series = head.profile.series
                currents[series] = try RegimeRows.current(series, database)
            }
            return currents
        }
    }

    package func labels(_ query: LabelQuery) async throws -> [Series: PublishedLabels] {
        try await file.read { try RegimeRows.labels(query, $0) }
    }
}
