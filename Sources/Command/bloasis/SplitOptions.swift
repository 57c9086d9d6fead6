import ArgumentParser
import Market
import MarketRegime

/// What is done with bars that look like a split which the prices are not adjusted for.
struct SplitOptions: ParsableArguments {
    @Option(help: "A step that looks like an unadjusted split: refuse, accept (it was the market).")
    var onSplit: SplitPolicy.Rule = .refuse

    @Option(
        help: ArgumentHelp(
            "A step to take all the same, as the refusal names it; give it for each.",
            valueName: "MARKET@DATE"))
    var acceptSplit: [AcceptedSplit] = []

    var policy: SplitPolicy { SplitPolicy(onSplit, accepting: acceptSplit) }
}

extension SplitPolicy.Rule: ExpressibleByArgument {}
extension AcceptedSplit: ExpressibleByArgument {}
