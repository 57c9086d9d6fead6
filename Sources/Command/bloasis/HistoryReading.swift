import Contracts
import Hosting
import Market
import Regimes
import Reporting

/// A series' history, as far as a verb draws it.
struct HistoryReading {
    let regimes: any MarketRegimeAPI
    private(set) var request: Bloasis_MarketRegime_GetRegimeHistoryRequest

    init(
        _ regimes: any MarketRegimeAPI, market: String, _ series: Series,
        _ range: Range<Timestamp>?, knownAt: Timestamp?
    ) {
        self.regimes = regimes
        request = Bloasis_MarketRegime_GetRegimeHistoryRequest()
        request.market = market
        request.timeframe = "\(series.timeframe)"
        request.timeRange = .init(range ?? RangeOptions.whole)
        if let knownAt { request.knownAt = knownAt.rfc3339 }
        request.pageSize = Int32(MarketPages.size)
    }

    /// One page, as a list wants it.
    func page(
        _ token: String
    ) async throws -> (items: [Bloasis_MarketRegime_RegimeResponse], nextToken: String) {
        var request = request
        request.pageToken = token
        let page = try await regimes.getRegimeHistory(request)
        return (page.items, page.nextPageToken)
    }

    /// From when to when there is something, where somebody looks on who may want to know.
    func extent() async -> String? {
        guard Display.hasOnlooker else { return nil }
        var whole = request
        whole.timeRange = .init(RangeOptions.whole)
        whole.pageSize = 1
        var latest = Bloasis_MarketRegime_RegimeRequest()
        latest.market = request.market
        latest.timeframe = request.timeframe
        latest.knownAt = request.knownAt
        guard let first = try? await regimes.getRegimeHistory(whole).items.first,
            let last = try? await regimes.getCurrentRegime(latest)
        else { return nil }
        return "there is something from \(first.asOf) to \(last.asOf)"
    }

    /// All of it, oldest first.
    func points() async throws -> [HistoryPoint] {
        var points: [HistoryPoint] = []
        var progress = ProgressBar("history")
        defer { progress.finish() }
        var token = ""
        repeat {
            let (items, nextToken) = try await page(token)
            for item in items { points.append(try HistoryPoint(item)) }
            progress.update(points.count, fraction: nil)
            token = nextToken
        } while !token.isEmpty
        return points
    }
}

extension HistoryPoint {
    /// - Throws: for an answer that this version does not know how to read.
    init(_ item: Bloasis_MarketRegime_RegimeResponse) throws {
        guard let timestamp = Timestamp(rfc3339: item.asOf) else {
            throw CommandFailure(.failed, "as_of '\(item.asOf)' of an answer is no time")
        }
        var masses: [(Regime, Double)] = []
        for (label, mass) in item.probabilities { masses.append((try Regime(label: label), mass)) }
        self.init(
            timestamp: timestamp, close: item.hasClose ? item.close : nil,
            regime: try Regime(label: item.regime), confidence: item.confidence,
            probabilities: RegimeProbabilities(summing: masses))
    }
}
