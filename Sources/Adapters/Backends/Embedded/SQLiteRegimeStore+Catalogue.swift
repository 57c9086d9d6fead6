package import Ports

// MARK: - Many series

extension SQLiteRegimeStore: SeriesCatalogue {
    package func series(_ query: CatalogueQuery) async throws -> CataloguePage {
        try await file.read { try RegimeRows.series(query, $0) }
    }
}
