import Contracts
import Market
import Ports

/// Cursors as callers carry them: where the page before ended.
enum PageToken {
    static func read(_ token: String) throws(RPCFault) -> Timestamp? {
        if token.isEmpty { return nil }
        guard let cursor = Timestamp(rfc3339: token) else { throw invalid(token) }
        return cursor
    }

    /// The token of the page after one that may be full; empty when it was the last.
    static func next(after last: Timestamp?, count: Int, of query: SeriesQuery) -> String {
        count < query.limit ? "" : last?.rfc3339 ?? ""
    }

    /// `2018-12-31T21:00:00Z/7`: a bar, and the sequence of a change about it.
    static func readPlace(_ token: String) throws(RPCFault) -> ChangePlace? {
        if token.isEmpty { return nil }
        let parts = token.split(separator: placeSeparator, omittingEmptySubsequences: false)
        guard parts.count == 2, let asOf = Timestamp(rfc3339: parts[0]),
            let sequence = Int64(parts[1]), sequence >= 0
        else { throw invalid(token) }
        return ChangePlace(asOf: asOf, sequence: sequence)
    }

    /// The token of the page after one that may be full; empty when it was the last.
    static func next(after last: ChangePlace?, count: Int, of query: ChangeQuery) -> String {
        guard count == query.limit, let last else { return "" }
        return "\(last.asOf)\(placeSeparator)\(last.sequence)"
    }

    /// `SPX/1d`: the last series of the page before.
    static func readSeries(_ token: String) throws(RPCFault) -> Series? {
        if token.isEmpty { return nil }
        let parts = token.split(separator: placeSeparator, omittingEmptySubsequences: false)
        guard parts.count == 2, let market = MarketName(parts[0]),
            let timeframe = Timeframe(parts[1])
        else { throw invalid(token) }
        return Series(market: market, timeframe: timeframe)
    }

    /// The token of the page after one that may be full; empty when it was the last.
    static func next(after last: Series?, count: Int, of query: CatalogueQuery) -> String {
        guard count == query.limit, let last else { return "" }
        return "\(last)"
    }

    private static let placeSeparator: Character = "/"

    static func readSequence(_ token: String) throws(RPCFault) -> Int64? {
        if token.isEmpty { return nil }
        guard let sequence = Int64(token), sequence >= 0 else { throw invalid(token) }
        return sequence
    }

    static func sequence(_ value: Int64?) -> String {
        value.map(String.init) ?? ""
    }

    private static func invalid(_ token: String) -> RPCFault {
        .invalidArgument(
            "page_token: '\(RequestReading.excerpt(token))' is not a token of this list: "
                + "use next_page_token of the page before")
    }
}
