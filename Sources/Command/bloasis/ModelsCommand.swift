import ArgumentParser
import Contracts
import Hosting
import Market
import Terminal

struct ModelsCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "Lists the models of a series, those in force and since when.",
        discussion: """
            Oldest training window first. A model answers from its first bar on, until the
            next one does; one without such a bar never did.

            EXAMPLES
              bloasis models --market SPX
              bloasis models --market SPX --json
              bloasis models --server http://localhost:8080
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var seriesOptions: SeriesOptions
    @OptionGroup var source: SourceOptions

    /// Columns of a terminal from which on versions are shown whole.
    private static let wide = 150
    private static let shownVersion = 12

    @Flag(help: "Print the API's JSON, an array.")
    var json = false

    func run() async throws {
        let configuration = try common.configuration()
        let series = try seriesOptions.series(configuration)
        try await source.answering(configuration) { regimes in
            var request = Bloasis_MarketRegime_ListModelsRequest()
            request.market = source.market(seriesOptions, series)
            request.timeframe = "\(series.timeframe)"
            request.pageSize = Int32(MarketPages.size)
            let listing = Listing(isJSON: json, emptyMessage: "no models of \(series)") {
                TextTable([
                    ("version", .left), ("kind", .left), ("trained from", .left),
                    ("through", .left), ("active from", .left), ("converged", .left),
                    ("log likelihood", .right),
                ])
            }
            try await listing.run { token in
                request.pageToken = token
                let page = try await regimes.listModels(request)
                return (page.items, page.nextPageToken)
            } row: { model in
                [
                    StyledText(version(model)), StyledText(model.kind),
                    StyledText(day(model.trainedFrom)), StyledText(day(model.trainedThrough)),
                    StyledText(model.hasActiveFrom ? day(model.activeFrom) : "never"),
                    converged(model), StyledText(logLikelihood(model)),
                ]
            }
        }
    }

    /// On a terminal as much of it as tells models apart.
    private func version(_ model: Bloasis_MarketRegime_RegimeModel) -> String {
        let style = Display.output
        let isLong = model.version.count > ModelsCommand.shownVersion
        guard style.isTerminal, isLong, style.size.columns < ModelsCommand.wide else {
            return model.version
        }
        return model.version.prefix(ModelsCommand.shownVersion) + style.glyph("…", else: "...")
    }

    /// Of a daily series the day says it all.
    private func day(_ instant: String) -> String {
        seriesOptions.timeframe.isIntraday ? instant : String(instant.prefix(10))
    }

    private func converged(_ model: Bloasis_MarketRegime_RegimeModel) -> StyledText {
        guard model.hasFit else { return "" }
        return model.fit.converged ? StyledText("yes", .good) : StyledText("no", .caution)
    }

    private func logLikelihood(_ model: Bloasis_MarketRegime_RegimeModel) -> String {
        model.hasFit && model.fit.hasLogLikelihood
            ? Format.decimals(model.fit.logLikelihood, 2) : ""
    }
}
