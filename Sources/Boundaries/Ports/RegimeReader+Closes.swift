package import Market
package import Regimes

extension RegimeReader {
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
