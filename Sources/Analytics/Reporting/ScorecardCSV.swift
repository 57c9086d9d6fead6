package import Evaluation
import Market
import RegimeModels

/// Scorecards and costs of hysteresis as tidy tables: one row a figure (RFC 4180, LF at the ends).
///
/// Numbers are the shortest text that reads back as the same number, in plain units (shares, not
/// percent; nats); what has no value is an empty field.
package enum ScorecardCSV {
    private static let columns = [
        "candidate", "market", "period", "from", "through", "metric", "against", "value", "low",
        "high", "p",
    ]

    /// Figures, and after those of a candidate their differences to the one that all are compared
    /// with.
    package static func scorecards(_ periods: [PeriodEvaluation], against: String?) -> String {
        var lines = [line(columns)]
        for period in periods {
            for card in period.cards {
                let start = [
                    card.candidate, period.market, period.period.rawValue, period.from.iso,
                    period.through.iso,
                ]
                for metric in Metric.allCases {
                    let interval = card.intervals[metric]
                    lines.append(
                        line(
                            start + [metric.rawValue, "", text(card.value(metric))]
                                + ends(interval) + [""]))
                }
                lines += detection(card).map { line(start + $0) }
                guard let against, let differences = card.differences[against] else { continue }
                for metric in Metric.allCases {
                    guard let interval = differences[metric] else { continue }
                    lines.append(
                        line(
                            start + [metric.rawValue, against, text(interval.estimate)]
                                + ends(interval) + [text(interval.pValue)]))
                }
            }
        }
        return lines.joined()
    }

    private static func detection(_ card: Scorecard) -> [[String]] {
        [("falls", card.falls), ("recoveries", card.recoveries)].flatMap { name, lag in
            guard let lag else { return [[String]]() }
            let share = SmallSamples.share(lag.detected, of: lag.phases)
            let median = SmallSamples.median(lag.lags)
            return [
                [name, "", String(lag.phases), "", "", ""],
                [
                    "\(name)Seen", "",
                    lag.phases > 0 ? text(Double(lag.detected) / Double(lag.phases)) : "",
                    text(share?.lowerBound), text(share?.upperBound), "",
                ],
                [
                    "\(name)MedianLag", "", lag.median.map(String.init) ?? "",
                    median.map { String($0.lowerBound) } ?? "",
                    median.map { String($0.upperBound) } ?? "", "",
                ],
            ]
        }
    }

    package static func hysteresis(_ periods: [PeriodEvaluation]) -> String {
        var lines = [
            line([
                "candidate", "market", "period", "setting", "dwell", "confirmations", "recovery",
                "metric", "value", "low", "high",
            ])
        ]
        for period in periods {
            guard let cost = period.hysteresis else { continue }
            for outcome in cost.outcomes {
                let parameters = outcome.parameters
                let start =
                    [
                        cost.candidate, period.market, period.period.rawValue,
                        outcome.card.candidate,
                    ]
                    + [
                        parameters?.minimumDwellBars, parameters?.confirmationBars,
                        parameters?.recoveryConfirmationBars,
                    ].map { $0.map(String.init) ?? "" }
                lines += figures(outcome, cost).map { line(start + $0) }
            }
        }
        return lines.joined()
    }

    private static func figures(
        _ outcome: HysteresisOutcome, _ cost: HysteresisCost
    ) -> [[String]] {
        let changes = outcome.changes
        let back = SmallSamples.share(changes.falseFlips, of: changes.changes)
        let delay = SmallSamples.median(outcome.delays)
        let own: [[String]] = [
            ["changes", String(changes.changes), "", ""],
            ["falseFlips", String(changes.falseFlips), "", ""],
            [
                "falseFlipShare",
                changes.changes > 0
                    ? text(Double(changes.falseFlips) / Double(changes.changes)) : "",
                text(back?.lowerBound), text(back?.upperBound),
            ],
            ["flipsSuppressed", text(cost.suppressed(outcome)), "", ""],
            [
                "medianDelayToRaw", outcome.medianDelay.map(String.init) ?? "",
                delay.map { String($0.lowerBound) } ?? "",
                delay.map { String($0.upperBound) } ?? "",
            ],
            ["missedRuns", String(outcome.missedRuns), "", ""],
        ]
        let metrics: [Metric] = [
            .changesPerYear, .turnover, .annualisedReturn, .sharpe, .maximumDrawdown,
        ]
        let cards = metrics.map { metric in
            [metric.rawValue, text(outcome.card.value(metric))]
                + ends(outcome.card.intervals[metric])
        }
        let differences = metrics.compactMap { metric -> [String]? in
            guard let interval = outcome.card.differences[Evaluator.inForceName]?[metric] else {
                return nil
            }
            return [metric.rawValue + "LessInForce", text(interval.estimate)] + ends(interval)
        }
        // Without the column of whom it is compared with and p, which these rows have no use for.
        let detected = detection(outcome.card).map { [$0[0], $0[2], $0[3], $0[4]] }
        return own + detected + cards + differences
    }

    private static func ends(_ interval: BootstrapInterval?) -> [String] {
        [text(interval?.lower), text(interval?.upper)]
    }

    private static func text(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "" }
        return value.description
    }

    private static func line(_ fields: [String]) -> String {
        fields.map(quoted).joined(separator: ",") + "\n"
    }

    static func quoted(_ field: String) -> String {
        guard field.contains(where: { ",\"\r\n".contains($0) || $0 == "\r\n" }) else {
            return field
        }
        return "\""
            + field.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }
}
