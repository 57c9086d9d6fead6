import ArgumentParser
import Contracts
import Foundation
import Hosting
import Market
import MarketRegime
import RegimeModels
import Terminal

struct ModelsCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "Lists the models of a series, and has others answer.",
        discussion: """
            Oldest training window first. A model answers from its first bar on, until the
            next one does; one without such a bar never did.

            promote has models of another kind answer from the next bar on, rollback those
            of the kind before. What was said stays said, and is verified by what said it.
            shadow has models of another kind run beside what answers, from the next bar on:
            they are compared, and told as events where they begin or cease to disagree.
            disagreements lists those bars, unshadow ends it, and promote without --model
            has the shadow answer.
            All but the lists work on the store, also while a server writes it.

            EXAMPLES
              bloasis models --market SPX
              bloasis models --market SPX --json
              bloasis models --server http://localhost:8080
              bloasis models promote --market SPX --model jump
              bloasis models rollback --market SPX
              bloasis models shadow --market SPX --model jump
              bloasis models disagreements --market SPX
            """)

    enum Action: String, CaseIterable, ExpressibleByArgument {
        case list, promote, rollback, shadow, unshadow, disagreements

        var reads: Bool { self == .list || self == .disagreements }
    }

    @Argument(help: "What is to be done.")
    var action = Action.list

    @OptionGroup var common: CommonOptions
    @OptionGroup var seriesOptions: SeriesOptions
    @OptionGroup var source: SourceOptions

    /// Columns of a terminal from which on versions are shown whole.
    private static let wide = 150
    private static let shownVersion = 12

    @Option(help: "What is promoted, or runs beside; see BLOASIS_MODEL.")
    var model: ModelChoice?

    @Flag(help: "Print the API's JSON, an array; of the lists.")
    var json = false

    func validate() throws {
        if action == .shadow, model == nil {
            throw ValidationError("what is to run beside: --model")
        }
        if model != nil, action != .shadow, action != .promote {
            throw ValidationError("--model is for promote and shadow")
        }
        if !action.reads, json || source.server != nil {
            throw ValidationError("\(action) works on the store: leave out --json and --server")
        }
    }

    func run() async throws {
        let configuration = try common.configuration()
        switch action {
        case .list: try await list(configuration)
        case .disagreements: try await disagreements(configuration)
        case .promote, .rollback, .shadow, .unshadow: try await change(configuration)
        }
    }

    private func list(_ configuration: BloasisConfiguration) async throws {
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

    func change(_ configuration: BloasisConfiguration) async throws {
        try await Assembly.with(configuration) { assembly in
            let series = try seriesOptions.series(configuration)
            let promotion = ModelPromotion(
                journal: assembly.journal, reader: assembly.store,
                threads: ProcessInfo.processInfo.activeProcessorCount)
            let specification = model.map { assembly.specification(of: $0) }
            switch (action, specification) {
            case (.shadow, let specification?):
                let outcome = try await promotion.shadow(specification, of: series)
                StandardOutput.write(text(ofShadow: outcome))
            case (.unshadow, _):
                let (ended, tally) = try await promotion.endShadow(of: series)
                StandardOutput.write(
                    "\(series): \(ended.model.rawValue) runs beside no more; \(text(of: tally))\n")
            case (.promote, let specification?):
                let outcome = try await promotion.promote(specification, of: series)
                StandardOutput.write(text(of: outcome))
            case (.promote, nil):
                StandardOutput.write(text(of: try await promotion.promoteShadow(of: series)))
            default:
                StandardOutput.write(text(of: try await promotion.rollBack(series)))
            }
        }
    }

    func says(_ outcome: ModelPromotion.Outcome) -> String {
        outcome.regime == outcome.published
            ? "about that bar it says \(outcome.regime) as well"
            : "about that bar it says \(outcome.regime), where \(outcome.published) was said"
    }

    private func text(of outcome: ModelPromotion.Outcome) -> String {
        let (former, current) = (outcome.former.model, outcome.current.model)
        return """
            \(outcome.series): from the bar after \(day(outcome.after.rfc3339)) on \
            \(current.rawValue) answers, and no more \(former.rawValue)
            \(says(outcome)); the model that answers next is \(outcome.version)

            """
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
    func day(_ instant: String) -> String {
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

extension ModelChoice: ExpressibleByArgument {}
