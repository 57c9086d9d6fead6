import Contracts
import Hosting
import Market
import MarketRegime
import Ports
import RegimeModels
import Regimes
import Terminal

extension ModelsCommand {
    func text(ofShadow outcome: ModelPromotion.Outcome) -> String {
        let (answering, beside) = (outcome.former.model, outcome.current.model)
        return """
            \(outcome.series): from the bar after \(day(outcome.after.rfc3339)) on \
            \(beside.rawValue) runs beside \(answering.rawValue), which goes on answering
            \(says(outcome)); the model that is compared next is \(outcome.version)

            """
    }

    func text(of tally: ShadowTally) -> String {
        tally.bars == 0
            ? "it was asked about no bar yet"
            : "it disagreed on \(tally.disagreed) of \(tally.bars) bars"
    }

    func disagreements(_ configuration: BloasisConfiguration) async throws {
        let series = try seriesOptions.series(configuration)
        try await source.answering(configuration) { regimes in
            var request = Bloasis_MarketRegime_ListDisagreementsRequest()
            request.market = source.market(seriesOptions, series)
            request.timeframe = "\(series.timeframe)"
            request.pageSize = Int32(MarketPages.size)
            let first = try await regimes.listDisagreements(request)
            if !json, first.hasShadow {
                StandardOutput.write(text(of: first.shadow))
                // That they always agree is an answer.
                if first.items.isEmpty { return }
            }
            let listing = Listing(isJSON: json, emptyMessage: "no disagreements about \(series)") {
                TextTable([
                    ("bar", .left), ("beside", .left), ("it says", .left), ("confidence", .right),
                    ("published", .left), ("", .left),
                ])
            }
            try await listing.run { token in
                if token.isEmpty { return (first.items, first.nextPageToken) }
                request.pageToken = token
                let page = try await regimes.listDisagreements(request)
                return (page.items, page.nextPageToken)
            } row: { bar in
                [
                    StyledText(day(bar.asOf)), StyledText(bar.kind), StyledText(bar.regime),
                    StyledText(Format.decimals(bar.confidence, 2)),
                    StyledText(bar.publishedRegime), bar.first ? "begins" : "",
                ]
            }
        }
    }

    private func text(of shadow: Bloasis_MarketRegime_ShadowRun) -> String {
        let tally = ShadowTally(bars: Int(shadow.bars), disagreed: Int(shadow.disagreed))
        return "\(shadow.kind) runs beside \(shadow.publishedKind) since the bar after "
            + "\(day(shadow.after)): \(text(of: tally))\n"
    }
}
