import Contracts
import Evaluation

/// An evaluation as it is printed.
enum EvaluationText {
    private static let columns: [(title: String, alignment: TextTable.Alignment)] = [
        ("candidate", .left), ("return", .right), ("vol", .right), ("Sharpe", .right),
        ("95 %", .left), ("less b&h", .right), ("95 %", .left), ("p", .right),
        ("max DD", .right), ("held", .right), ("turnover", .right), ("changes/y", .right),
        ("falls seen", .right), ("lag", .right), ("rises seen", .right), ("lag", .right),
        ("log score", .right), ("95 %", .left), ("Brier", .right), ("skill", .right),
        ("calibrated", .right), ("skill", .right),
    ]

    static func text(_ periods: [PeriodEvaluation]) -> String {
        periods.map { period in
            var table = TextTable(columns)
            for card in period.cards { table.append(row(card)) }
            return heading(period) + "\n" + table.text
                + remarks(period).map { "  \($0)\n" }
                .joined()
        }
        .joined(separator: "\n")
    }

    static func markdown(_ periods: [PeriodEvaluation]) -> String {
        periods.map { period in
            let lines =
                [columns.map(\.title), columns.map { $0.alignment == .left ? "---" : "---:" }]
                + period.cards.map(row)
            return "### " + heading(period) + "\n\n"
                + lines.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined() + "\n"
                + remarks(period).joined(separator: "\n") + "\n"
        }
        .joined(separator: "\n")
    }

    private static func heading(_ period: PeriodEvaluation) -> String {
        let kind =
            switch period.period {
            case .whole: ""
            case .tuned: ", tuned on"
            case .heldOut: ", held out"
            }
        return "\(period.market) \(period.from) … \(period.through)\(kind), "
            + "\(Format.count(period.bars)) bars"
    }

    private static func remarks(_ period: PeriodEvaluation) -> [String] {
        var remarks: [String] = []
        if let check = period.realityCheck {
            remarks.append(
                "Reality check: were none better than buy-and-hold, the best would look this good "
                    + "or better with probability \(number(check, 3)).")
        }
        if let best = period.bestCandidate, let deflated = period.deflatedSharpe {
            remarks.append(
                "Deflated Sharpe ratio of the highest, \(best): \(number(deflated, 3)).")
        }
        return remarks
    }

    private static func row(_ card: Scorecard) -> [String] {
        let advantage = card.sharpeAdvantages[Candidate.buyAndHold.name]
        return [
            card.candidate, percent(card.performance.annualisedReturn),
            percent(card.performance.annualisedVolatility), number(card.performance.sharpe, 2),
            interval(card.sharpe, 2), advantage.map { number($0.estimate, 2) } ?? "",
            interval(advantage, 2), advantage.map { number($0.pValue, 2) } ?? "",
            percent(card.performance.maximumDrawdown), percent(card.exposure),
            number(card.turnover, 1), number(card.changesPerYear, 1),
        ] + lag(card.falls) + lag(card.recoveries) + [
            card.logScoreGain.map { number($0.estimate, 1) } ?? "", interval(card.logScoreGain, 1),
            card.reliability.map { number($0.brier, 3) } ?? "",
            card.reliability.map { number($0.brierSkill, 2) } ?? "",
            card.calibratedReliability.map { number($0.brier, 3) } ?? "",
            card.calibratedReliability.map { number($0.brierSkill, 2) } ?? "",
        ]
    }

    private static func lag(_ lag: DetectionLag?) -> [String] {
        guard let lag, lag.phases > 0 else { return ["", ""] }
        return ["\(lag.detected)/\(lag.phases)", lag.median.map(String.init) ?? ""]
    }

    private static func interval(_ interval: BootstrapInterval?, _ digits: Int) -> String {
        interval.map { "\(number($0.lower, digits)) … \(number($0.upper, digits))" } ?? ""
    }

    private static func percent(_ value: Double) -> String { number(value * 100, 1) + "%" }

    /// A number with so many decimals.
    static func number(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        let scale = (0..<decimals).reduce(Int64(1)) { product, _ in product * 10 }
        let scaled = Int64((abs(value) * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return sign + String(scaled) }
        let fraction = String(scaled % scale)
        let zeros = String(repeating: "0", count: decimals - fraction.count)
        return sign + String(scaled / scale) + "." + zeros + fraction
    }
}
