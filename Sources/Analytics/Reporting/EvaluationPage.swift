package import Evaluation

/// An evaluation as a page that is read from top to bottom: one HTML file that needs nothing else.
///
/// Equal evaluations give equal bytes. Every name is escaped; there is no script.
package struct EvaluationPage: Sendable {
    package let about: EvaluationAbout
    package let periods: [PeriodEvaluation]

    /// - Parameters:
    ///   - periods: with intervals; markets in the order of their first period.
    package init(about: EvaluationAbout, periods: [PeriodEvaluation]) {
        self.about = about
        self.periods = periods
    }

    /// Names of the markets, each once, several together last; first where they are many, for then
    /// nobody reads each.
    var markets: [String] {
        var seen: Set<String> = []
        let names = periods.map(\.market).filter { seen.insert($0).inserted }
        return isMany
            ? names.filter(pools.contains) + names.filter { !pools.contains($0) } : names
    }

    /// Names that stand for several markets together.
    var pools: Set<String> { Set(periods.filter { $0.markets > 1 }.map(\.market)) }

    /// Markets that are read one by one.
    private static let readOneByOne = 3

    /// Whether the page is about all markets together, and shows each when it is asked for.
    var isMany: Bool {
        let pools = pools
        let single = Set(periods.map(\.market)).subtracting(pools)
        return !pools.isEmpty && single.count > EvaluationPage.readOneByOne
    }

    func periods(of market: String) -> [PeriodEvaluation] {
        periods.filter { $0.market == market }
    }

    /// The period of each market that says most: held out, where there is one.
    var telling: [PeriodEvaluation] {
        markets.compactMap { market in
            let own = periods(of: market)
            return own.first { $0.period == .heldOut } ?? own.first
        }
    }

    package var html: String {
        let title = "Regime models against \(about.against ?? "each other")"
        let head: [Markup] = [
            .element("meta", ["charset": "utf-8"]),
            .element(
                "meta",
                ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            .element("title", [:], title), Stylesheet.markup, Stylesheet.regimes,
        ]
        let body =
            header(title) + [EvaluationSummary(self).section]
            + markets.map(marketSection) + [ConfigurationSection(about).section]
        return "<!DOCTYPE html>\n"
            + Markup.element(
                "html", ["lang": "en"],
                [.element("head", [:], head), .element("body", [:], [.element("main", [:], body)])]
            ).text + "\n"
    }

    private func header(_ title: String) -> [Markup] {
        let led = isMany ? telling.filter { pools.contains($0.market) } : telling
        let spans = led.map { period in
            "\(period.market) \(period.from) – \(period.through)\(period.period.remark)"
        }
        return [
            .element("h1", [:], title),
            .element("p", ["class": "lead"], spans.joined(separator: " · ")),
        ]
    }

    private func marketSection(_ market: String) -> Markup {
        let own = periods(of: market)
        let heading = Markup.element("h2", [:], market)
        var parts: [Markup] = []
        parts += CurveSection(page: self, periods: own).parts
        for period in own {
            parts.append(
                .element(
                    "h3", [:],
                    "\(period.title), \(period.bars) bars"
                        + (period.markets > 1 ? " of \(period.markets) markets" : "")))
            parts += ScorecardSection(page: self, period: period).parts
        }
        parts += TurnSection(periods: own).parts
        parts += ReliabilitySection(page: self, periods: own).parts
        for period in own {
            if let cost = period.hysteresis {
                parts += HysteresisSection(cost, about: about, remark: period.title).parts
            }
        }
        guard isMany, !pools.contains(market) else {
            return .element("section", [:], [heading] + parts)
        }
        let summary = Markup.element("summary", [:], [heading])
        return .element(
            "section", [:], [.element("details", ["class": "market"], [summary] + parts)])
    }
}

extension EvaluationPeriod {
    /// What must be known of a period beside its dates.
    package var remark: String {
        switch self {
        case .whole: ""
        case .tuned: " (tuned on)"
        case .heldOut: " (held out)"
        }
    }
}

extension PeriodEvaluation {
    var title: String { "\(from) – \(through)\(period.remark)" }
}
