import Evaluation

/// The candidate in focus on each of many markets: a row a market.
struct MarketTable {
    private static let metrics: [Metric] = [.sharpe, .maximumDrawdown, .changesPerYear]
    private static let compared: [Metric] = [.sharpe, .maximumDrawdown, .logScore]

    private let page: EvaluationPage

    init(_ page: EvaluationPage) {
        self.page = page
    }

    var parts: [Markup] {
        let about = page.about
        let against = about.against == about.focus ? nil : about.against
        let less = against.map { name in
            MarketTable.compared.map { "\($0.title) less \(name)" }
        }
        var table = HTMLTable(
            "\(about.focus) on each market, with 95 % intervals; falls in points, log score in "
                + "thousandths of a nat a bar",
            ["Market"] + MarketTable.metrics.map(\.title) + ["Falls seen", "Median lag, bars"]
                + (less ?? []))
        for period in page.telling where !page.pools.contains(period.market) {
            guard let card = period.cards.first(where: { $0.candidate == about.focus }) else {
                continue
            }
            table.append(
                period.market,
                MarketTable.metrics.map { ScorecardSection.cell($0, card) }
                    + ScorecardSection.lag(card.falls)
                    + (against.map { name in
                        MarketTable.compared.map {
                            ScorecardSection.difference($0, card.differences[name]?[$0])
                        }
                    } ?? []))
        }
        return [.element("h3", [:], "Market by market"), table.markup]
    }
}
