import Contracts
import Evaluation
import Reporting
import Terminal

/// An evaluation as it is printed.
enum EvaluationText {
    private typealias Columns = [(title: String, alignment: TextTable.Alignment)]

    private static let earned: Columns = [
        ("candidate", .left), ("return", .right), ("vol", .right), ("Sharpe", .right),
        ("95 %", .left), ("less", .right), ("95 %", .left), ("p", .right), ("Sortino", .right),
        ("Calmar", .right), ("max DD", .right), ("less", .right), ("95 %", .left),
        ("held", .right), ("turnover", .right),
    ]

    private static let said: Columns = [
        ("candidate", .left), ("changes/y", .right), ("falls seen", .right), ("lag", .right),
        ("rises seen", .right), ("lag", .right), ("log score", .right), ("95 %", .left),
        ("posterior", .right), ("skill", .right), ("Brier", .right), ("skill", .right),
        ("calibrated", .right), ("skill", .right),
    ]

    private static let settings: Columns = [
        ("setting", .left), ("changes/y", .right), ("95 %", .left), ("taken back", .right),
        ("suppressed", .right), ("behind raw", .right), ("falls seen", .right), ("lag", .right),
        ("rises seen", .right), ("lag", .right), ("missed", .right), ("turnover", .right),
        ("max DD", .right), ("Sharpe", .right), ("less in force", .right), ("95 %", .left),
    ]

    static func text(
        _ periods: [PeriodEvaluation], against: String?, bootstrap: StationaryBootstrap?
    ) -> String {
        periods.map { period in
            let tables = tables(period, against).map { columns, rows in
                var table = TextTable(columns)
                for row in rows { table.append(row) }
                return table.text(Display.output)
            }
            return heading(period, against) + "\n" + tables.joined(separator: "\n")
                + remarks(period, bootstrap).map { "  \($0)\n" }
                .joined()
        }
        .joined(separator: "\n")
    }

    static func markdown(
        _ periods: [PeriodEvaluation], against: String?, bootstrap: StationaryBootstrap?
    ) -> String {
        periods.map { period in
            let tables = tables(period, against).map { columns, rows in
                ([columns.map(\.title), columns.map { $0.alignment == .left ? "---" : "---:" }]
                    + rows).map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
            }
            return "### " + heading(period, against) + "\n\n" + tables.joined(separator: "\n")
                + "\n" + remarks(period, bootstrap).joined(separator: "\n") + "\n"
        }
        .joined(separator: "\n")
    }

    private static func tables(
        _ period: PeriodEvaluation, _ against: String?
    ) -> [(columns: Columns, rows: [[String]])] {
        var tables = [
            (earned, period.cards.map { earnedRow($0, against) }),
            (said, period.cards.map { saidRow($0, against) }),
        ]
        if let cost = period.hysteresis {
            tables.append((settings, cost.outcomes.map { settingRow($0, cost) }))
        }
        return tables
    }

    private static func heading(_ period: PeriodEvaluation, _ against: String?) -> String {
        let kind =
            switch period.period {
            case .whole: ""
            case .tuned: ", tuned on"
            case .heldOut: ", held out"
            }
        return "\(period.market) \(period.from) … \(period.through)\(kind), "
            + "\(Format.count(period.bars)) bars"
            + (period.markets > 1 ? " of \(period.markets) markets" : "")
            + (against.map { "; less: \($0)" } ?? "")
    }

    private static func remarks(
        _ period: PeriodEvaluation, _ bootstrap: StationaryBootstrap?
    ) -> [String] {
        var remarks: [String] = []
        if let check = period.realityCheck, let reference = period.reference {
            remarks.append(
                "Reality check: were none better than \(reference), the best would look this good "
                    + "or better with probability \(number(check, 3)).")
        }
        if let best = period.bestCandidate, let deflated = period.deflatedSharpe {
            remarks.append(
                "Deflated Sharpe ratio of the highest, \(best): \(number(deflated, 3)).")
        }
        if let bootstrap, bootstrap.isShort(period.curves.days.count) {
            remarks.append(
                "Fewer than \(StationaryBootstrap.blocksWanted) blocks of the bootstrap: these "
                    + "intervals are narrower than 95 % should be.")
        }
        return remarks
    }

    private static func earnedRow(_ card: Scorecard, _ against: String?) -> [String] {
        let less = against.flatMap { card.differences[$0] } ?? [:]
        return [
            card.candidate, percent(card.performance.annualisedReturn),
            percent(card.performance.annualisedVolatility), number(card.performance.sharpe, 2),
            interval(card.intervals[.sharpe], 2), estimate(less[.sharpe], 2),
            interval(less[.sharpe], 2), less[.sharpe].map { number($0.pValue, 2) } ?? "",
            optional(card.performance.sortino, 2), optional(card.performance.calmar, 2),
            percent(card.performance.maximumDrawdown),
            less[.maximumDrawdown].map { percent($0.estimate) } ?? "",
            interval(less[.maximumDrawdown]?.scaled(by: 100), 1), percent(card.exposure),
            number(card.turnover, 1),
        ]
    }

    private static func saidRow(_ card: Scorecard, _ against: String?) -> [String] {
        let gain = against.flatMap { card.differences[$0]?[.logScore] }?
            .scaled(by: Evaluator.thousandths)
        return [card.candidate, number(card.changesPerYear, 1)] + lag(card.falls)
            + lag(card.recoveries) + [
                estimate(gain, 1), interval(gain, 1), optional(card.posterior?.brier, 3),
                optional(card.posterior?.skill, 2), optional(card.reliability?.brier, 3),
                optional(card.reliability?.brierSkill, 2),
                optional(card.calibratedReliability?.brier, 3),
                optional(card.calibratedReliability?.brierSkill, 2),
            ]
    }

    private static func settingRow(
        _ outcome: HysteresisOutcome, _ cost: HysteresisCost
    ) -> [String] {
        let card = outcome.card
        let less = card.differences[Evaluator.inForceName]?[.sharpe]
        return [
            card.candidate, number(card.changesPerYear, 1),
            interval(card.intervals[.changesPerYear], 1),
            "\(outcome.changes.falseFlips)/\(outcome.changes.changes)",
            cost.suppressed(outcome).map(percent) ?? "",
            outcome.medianDelay.map(String.init) ?? "",
        ] + lag(card.falls) + lag(card.recoveries) + [
            "\(outcome.missedRuns)", number(card.turnover, 1),
            percent(card.performance.maximumDrawdown), number(card.performance.sharpe, 2),
            estimate(less, 2), interval(less, 2),
        ]
    }

    private static func estimate(_ interval: BootstrapInterval?, _ digits: Int) -> String {
        optional(interval?.estimate, digits)
    }

    private static func optional(_ value: Double?, _ digits: Int) -> String {
        value.map { number($0, digits) } ?? ""
    }

    private static func lag(_ lag: DetectionLag?) -> [String] {
        guard let lag, lag.phases > 0 else { return ["", ""] }
        return ["\(lag.detected)/\(lag.phases)", lag.median.map(String.init) ?? ""]
    }

    private static func interval(_ interval: BootstrapInterval?, _ digits: Int) -> String {
        interval.map { "\(number($0.lower, digits)) … \(number($0.upper, digits))" } ?? ""
    }

    private static func percent(_ value: Double) -> String { number(value * 100, 1) + "%" }

    private static func number(_ value: Double, _ decimals: Int) -> String {
        NumberText.number(value, decimals)
    }
}
