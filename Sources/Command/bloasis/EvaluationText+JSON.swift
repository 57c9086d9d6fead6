import Contracts
import Evaluation
import Market
import RegimeModels

extension EvaluationText {
    static func json(_ periods: [PeriodEvaluation]) -> String {
        var json = JSONWriter()
        write(periods, to: &json)
        return json.text + "\n"
    }

    static func write(_ periods: [PeriodEvaluation], to json: inout JSONWriter) {
        json.array(periods) { json, period in
            json.object { json in
                json.member("market", period.market)
                json.member("period", period.period.rawValue)
                json.member("from", period.from.iso)
                json.member("through", period.through.iso)
                json.member("bars", Int64(period.bars))
                json.member("markets", Int64(period.markets))
                if let check = period.realityCheck { json.member("realityCheck", check) }
                if let reference = period.reference { json.member("reference", reference) }
                if let best = period.bestCandidate { json.member("bestCandidate", best) }
                if let deflated = period.deflatedSharpe { json.member("deflatedSharpe", deflated) }
                json.member("candidates") { $0.array(period.cards) { write($1, to: &$0) } }
                json.member("turns") { json in
                    json.array(period.turns) { write($1, period.cards, to: &$0) }
                }
                if let cost = period.hysteresis {
                    json.member("hysteresis") { write(cost, to: &$0) }
                }
            }
        }
    }

    private static func write(_ card: Scorecard, to json: inout JSONWriter) {
        json.object { json in
            json.member("candidate", card.candidate)
            for metric in Metric.allCases {
                json.member(metric.rawValue) { json in
                    // A figure without a value is null.
                    json.number(card.value(metric) ?? .nan)
                }
            }
            writeIntervals("intervals", card.intervals, to: &json)
            json.member("differences") { json in
                json.object { json in
                    for (other, intervals) in card.differences.sorted(by: { $0.key < $1.key }) {
                        writeIntervals(other, intervals, to: &json)
                    }
                }
            }
            write("falls", card.falls, to: &json)
            write("recoveries", card.recoveries, to: &json)
            write("reliability", card.reliability, to: &json)
            write("calibratedReliability", card.calibratedReliability, to: &json)
        }
    }

    private static func write(
        _ turn: MarketTurn, _ cards: [Scorecard], to json: inout JSONWriter
    ) {
        json.object { json in
            json.member("market", turn.market)
            json.member("direction", turn.direction.rawValue)
            json.member("date", turn.date.iso)
            json.member("through", turn.through.iso)
            json.member("hasEnded", turn.hasEnded)
            json.member("move", turn.move)
            json.member("lags") { json in
                json.object { json in
                    for (card, lag) in zip(cards, turn.lags) {
                        json.member(card.candidate) { $0.number(lag.map(Double.init) ?? .nan) }
                    }
                }
            }
        }
    }

    private static func write(_ cost: HysteresisCost, to json: inout JSONWriter) {
        json.object { json in
            json.member("candidate", cost.candidate)
            json.member("flipBars", Int64(cost.grid.flipBars))
            json.member("settings") { json in
                json.array(cost.outcomes) { json, outcome in
                    json.object { json in
                        json.member("setting", outcome.card.candidate)
                        if let parameters = outcome.parameters {
                            json.member("minimumDwellBars", Int64(parameters.minimumDwellBars))
                            json.member("confirmationBars", Int64(parameters.confirmationBars))
                            json.member(
                                "recoveryConfirmationBars",
                                Int64(parameters.recoveryConfirmationBars))
                            json.member("entryProbability", parameters.entryProbability)
                            json.member("exitProbability", parameters.exitProbability)
                        }
                        json.member("changes", Int64(outcome.changes.changes))
                        json.member("falseFlips", Int64(outcome.changes.falseFlips))
                        json.member("flipsSuppressed", cost.suppressed(outcome) ?? .nan)
                        json.member("delaysToRaw") { $0.numbers(outcome.delays.map(Double.init)) }
                        json.member("missedRuns", Int64(outcome.missedRuns))
                        json.member("scorecard") { write(outcome.card, to: &$0) }
                    }
                }
            }
        }
    }

    private static func writeIntervals(
        _ name: String, _ intervals: [Metric: BootstrapInterval], to json: inout JSONWriter
    ) {
        guard !intervals.isEmpty else { return }
        json.member(name) { json in
            json.object { json in
                for metric in Metric.allCases {
                    guard let interval = intervals[metric] else { continue }
                    json.member(metric.rawValue) { json in
                        json.object { json in
                            json.member("estimate", interval.estimate)
                            json.member("lower", interval.lower)
                            json.member("upper", interval.upper)
                            json.member("pValue", interval.pValue)
                        }
                    }
                }
            }
        }
    }

    private static func write(_ name: String, _ lag: DetectionLag?, to json: inout JSONWriter) {
        guard let lag else { return }
        json.member(name) { json in
            json.object { json in
                json.member("phases", Int64(lag.phases))
                json.member("detected", Int64(lag.detected))
                json.member("lags") { $0.numbers(lag.lags.map(Double.init)) }
            }
        }
    }

    private static func write(
        _ name: String, _ reliability: Reliability?, to json: inout JSONWriter
    ) {
        guard let reliability else { return }
        json.member(name) { json in
            json.object { json in
                json.member("count", Int64(reliability.count))
                json.member("baseRate", reliability.baseRate)
                json.member("brier", reliability.brier)
                json.member("brierSkill", reliability.brierSkill ?? .nan)
                json.member("logScore", reliability.logScore)
                json.member("baseLogScore", reliability.baseLogScore)
                json.member("calibrationError", reliability.calibrationError)
                json.member("bins") { json in
                    json.array(reliability.bins) { json, bin in
                        json.object { json in
                            json.member("lower", bin.lower)
                            json.member("upper", bin.upper)
                            json.member("count", Int64(bin.count))
                            json.member("stated", bin.stated)
                            json.member("observed", bin.observed)
                            if let interval = bin.interval {
                                json.member("lowerObserved", interval.lowerBound)
                                json.member("upperObserved", interval.upperBound)
                            }
                        }
                    }
                }
            }
        }
    }
}
