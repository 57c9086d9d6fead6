package import Market
package import Regimes

extension RegimeReader {
    /// Reads answers page by page, oldest first, each with its bar's close where there is one.
    ///
    /// - Throws: `StoreError`, `CancellationError`.
    package func forEachAnswer(
        _ query: SeriesQuery, _ body: (RegimeAssessment, Double?) -> Void
    ) async throws {
        var query = query
        while true {
            let page = try await history(query)
            let closes = try await closes(of: page, knownAt: query.knownAt)
            for assessment in page { body(assessment, closes[assessment.asOf]) }
            guard page.count == query.limit, let last = page.last else { return }
            try Task.checkCancellation()
            query.after = last.asOf
        }
    }

    /// The closes of the bars that answers of consecutive bars are about.
    package func closes(
        of assessments: [RegimeAssessment], knownAt instant: Timestamp?
    ) async throws -> [Timestamp: Double] {
        guard let first = assessments.first, let last = assessments.last else { return [:] }
        var query = SeriesQuery(
            first.series, range: first.asOf..<last.asOf.advanced(byNanoseconds: 1),
            knownAt: instant)
        var closes: [Timestamp: Double] = [:]
        while true {
            let bars = try await bars(query)
            for revised in bars { closes[revised.bar.timestamp] = revised.bar.close }
            guard bars.count == query.limit, let end = bars.last, end.bar.timestamp < last.asOf
            else { return closes }
            query.after = end.bar.timestamp
        }
    }
}
