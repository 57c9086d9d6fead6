import Market
package import Ports
import Postgres
import Regimes

// MARK: - Many series

extension PostgresRegimeStore: SeriesCatalogue {
    package func series(_ query: CatalogueQuery) async throws -> CataloguePage {
        try await database.snapshot([
            CatalogueQueries.heads(query), CatalogueQueries.count(query),
        ]) { connection, rows in
            var page = CataloguePage(
                heads: try rows[0].map { try SeriesQueries.head($0) },
                total: try rows[1].map { try $0.integer(0) }.first ?? 0)
            guard !page.heads.isEmpty else { return page }
            var questions = [CatalogueQueries.currents(of: page.heads)]
            if let labels = query.labels {
                questions.append(CatalogueQueries.steps(of: page.heads, labels))
                questions.append(CatalogueQueries.overrides(of: page.heads, labels))
            }
            let answers = try await connection.run(
                questions, within: SharedDatabase.exchangeLimit)
            for current in try answers[0].map({ try CatalogueQueries.current($0) }) {
                page.currents[current.series] = current
            }
            if let labels = query.labels {
                page.labels = try CatalogueQueries.labels(
                    of: page.heads, labels, steps: answers[1], overrides: answers[2])
            }
            return page
        }
    }
}
