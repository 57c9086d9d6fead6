import ArgumentParser
import Contracts
import Hosting
import Market
import Regimes

struct CurrentCommand: AsyncParsableCommand {
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
            StandardOutput.write(json ? try WireJSON.text(answer) + "\n" : text(of: answer))
        }
    }

    private func text(of answer: Bloasis_MarketRegime_RegimeResponse) -> String {
        let isCalibrated = answer.confidenceKind == ConfidenceKind.calibrated.rawValue
        let kind = isCalibrated ? " calibrated" : ""
        var lines = [
            "\(answer.market)/\(answer.timeframe)  \(answer.regime)  "
                + "\(Format.percent(answer.confidence))\(kind)"
                + "  risk \(answer.riskLevel)",
            "  as of     \(answer.asOf)" + (answer.stale ? ", stale" : ""),
            "  since     \(answer.since), before that \(answer.previousRegime)",
            "  raw       \(answer.rawRegime)",
            "  model     \(answer.modelVersion)",
        ]
        if !answer.reasoning.isEmpty { lines.append("  because   \(answer.reasoning)") }
        let labels = answer.probabilities.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        for (label, probability) in labels where probability >= 0.005 {
            lines.append("    " + label.padded(to: 17) + Format.percent(probability))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
