import ArgumentParser
import Contracts
import Hosting
import Market
import Reporting
import Terminal

struct CurrentCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "current",
        abstract: "Says what regime a market is in now, as far as the store knows.",
        discussion: """
            Whatever was said last, however long ago: an answer without the latest completed
            session says that it is stale. With --known-at it is what would have been
            answered then.

            EXAMPLES
              bloasis current
              bloasis current --market BTCUSD --timeframe 1h --json
              bloasis current --server http://localhost:8080
              bloasis current --known-at 2008-10-01
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var seriesOptions: SeriesOptions
    @OptionGroup var source: SourceOptions
    @OptionGroup var knownAtOptions: KnownAtOptions

    @Flag(help: "Print the API's JSON.")
    var json = false

    func run() async throws {
        let configuration = try common.configuration()
        let series = try seriesOptions.series(configuration)
        let knownAt = try knownAtOptions.instant(now: WallClock.now)
        try await source.answering(configuration) { regimes in
            var request = Bloasis_MarketRegime_RegimeRequest()
            request.market = source.market(seriesOptions, series)
            request.timeframe = "\(series.timeframe)"
            if let knownAt { request.knownAt = knownAt.rfc3339 }
            let answer = try await regimes.getCurrentRegime(request)
            guard !json else { return StandardOutput.line(try WireJSON.text(answer)) }
            let style = Display.output
            let recent = style.isTerminal ? await recent(answer, knownAt, from: regimes) : []
            for line in CurrentText(answer, recent: recent).lines(style) {
                StandardOutput.line(line.rendered(style))
            }
        }
    }

    /// The last bars, for a person to look at; none where they cannot be had: the answer is what
    /// was asked for.
    private func recent(
        _ answer: Bloasis_MarketRegime_RegimeResponse, _ knownAt: Timestamp?,
        from regimes: any MarketRegimeAPI
    ) async -> [HistoryPoint] {
        guard let end = Timestamp(rfc3339: answer.asOf), let market = MarketName(answer.market),
            let timeframe = Timeframe(answer.timeframe)
        else { return [] }
        let reading = HistoryReading(
            regimes, market: answer.market, Series(market: market, timeframe: timeframe),
            timeframe.span(ofBars: CurrentText.recentBars, through: end), knownAt: knownAt)
        return (try? await reading.points()) ?? []
    }
}
