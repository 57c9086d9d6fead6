import Contracts
package import Market
package import Ports

extension RegimeReader {
    /// - Throws: NOT_FOUND that names those there are; `StoreError`.
    @discardableResult
    package func requiredHead(of series: Series) async throws -> SeriesHead {
        if let head = try await head(of: series) { return head }
        throw RPCFault.notFound(UnknownSeries.message(series, known: try await heads()))
    }
}

/// What is said of a series that nobody knows.
package enum UnknownSeries {
    package static func message(_ series: Series, known: [SeriesHead]) -> String {
        let names = known.prefix(namesShown).map { "\($0.profile.series)" }
        let advice =
            names.isEmpty
            ? "nothing is stored yet: run bloasis backfill"
            : "known are " + names.joined(separator: ", ") + (known.count > namesShown ? " …" : "")
        return "unknown market \(series): \(suggestion(series, known))\(advice)"
    }

    /// What may have been meant: the market at another timeframe, or one that is called much alike.
    private static func suggestion(_ series: Series, _ known: [SeriesHead]) -> String {
        let own = known.map(\.profile.series).first { $0.market == series.market }
        let meant =
            own?.description
            ?? EditDistance.nearest(
                to: series.market.text, among: known.map(\.profile.series.market.text))
        return meant.map { "did you mean \($0)? " } ?? ""
    }

    private static let namesShown = 20
}
