package import Market
import Synchronization

/// The twin of the vendors' feeds: its owner says what there is.
package final class InMemoryMarketFeed: MarketFeed {
    private struct Key: Hashable {
        let symbol: FeedSymbol
        let timeframe: Timeframe
    }

    private struct State {
        var bars: [Key: [Timestamp: FeedBar]] = [:]
        var failures: [FeedError.Reason] = []
        var asked: [FeedRequest] = []
    }

    package let name: String
    package let offer: FeedOffer
    private let state = Mutex(State())

    package init(
        name: String = "memory",
        offer: FeedOffer = FeedOffer(
            timeframes: [.daily, .hourly, .minutely], calendars: Set(SessionCalendar.allCases),
            adjustsCloses: true)
    ) {
        self.name = name
        self.offer = offer
    }

    /// Adds bars of a symbol; one of the same close is replaced.
    package func set(_ bars: [FeedBar], of symbol: FeedSymbol, timeframe: Timeframe = .daily) {
        state.withLock { state in
            for bar in bars {
                state.bars[Key(symbol: symbol, timeframe: timeframe), default: [:]][
                    bar.bar.timestamp] = bar
            }
        }
    }

    /// What the next requests throw, one each.
    package func fail(with reasons: FeedError.Reason...) {
        state.withLock { $0.failures += reasons }
    }

    /// The requests so far, those that failed included.
    package var asked: [FeedRequest] { state.withLock { $0.asked } }

    package func bars(_ request: FeedRequest, at now: Timestamp) async throws -> [FeedBar] {
        try Task.checkCancellation()
        try offer.require(request, of: name)
        let bars = try state.withLock { state throws(FeedError) in
            state.asked.append(request)
            guard state.failures.isEmpty else {
                throw FeedError(name, request.symbol, state.failures.removeFirst())
            }
            let key = Key(symbol: request.symbol, timeframe: request.series.timeframe)
            guard let bars = state.bars[key] else {
                throw FeedError(name, request.symbol, .noData)
            }
            return bars
        }
        return bars.values.filter { offer.grants($0.bar, to: request, at: now) }
            .sorted { $0.bar.timestamp < $1.bar.timestamp }
    }
}
