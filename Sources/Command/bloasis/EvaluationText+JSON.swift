import Contracts
import Evaluation
import Market

extension EvaluationText {
    static func json(_ periods: [PeriodEvaluation]) -> String {
        var json = JSONWriter()
        json.array(periods) { json, period in
            json.object { json in
                json.member("market", period.market)
                json.member("period", period.period.rawValue)
                json.member("from", period.from.iso)
                json.member("through", period.through.iso)
                json.member("bars", Int64(period.bars))
                if let check = period.realityCheck { json.member("realityCheck", check) }
                if let best = period.bestCandidate { json.member("bestCandidate", best) }
                if let deflated = period.deflatedSharpe { json.member("deflatedSharpe", deflated) }
                json.member("candidates") { $0.array(period.cards) { write($1, to: &$0) } }
            }
        }
        return json.text + "\n"
    }

    private static func write(_ card: Scorecard, to json: inout JSONWriter) {
        json.object { json in
            json.member("candidate", card.candidate)
            json.member("annualisedReturn", card.performance.annualisedReturn)
            json.member("annualisedVolatility", card.performance.annualisedVolatility)
            json.member("sharpe", card.performance.sharpe)
            json.member("maximumDrawdown", card.performance.maximumDrawdown)
            json.member("exposure", card.exposure)
            json.member("turnover", card.turnover)
            json.member("changesPerYear", card.changesPerYear)
            write("sharpeInterval", card.sharpe, to: &json)
            if !card.sharpeAdvantages.isEmpty {
                json.member("sharpeAdvantages") { json in
                    json.object { json in
                        for (other, interval) in card.sharpeAdvantages.sorted(by: {
                            $0.key < $1.key
                        }) { write(other, interval, to: &json) }
                    }
                }
            }
            write("falls", card.falls, to: &json)
            write("recoveries", card.recoveries, to: &json)
            if let score = card.logScore { json.member("logScore", score) }
            write("logScoreGain", card.logScoreGain, to: &json)
            write("reliability", card.reliability, to: &json)
            write("calibratedReliability", card.calibratedReliability, to: &json)
        }
    }

    private static func write(
        _ name: String, _ interval: BootstrapInterval?, to json: inout JSONWriter
    ) {
        guard let interval else { return }
        json.member(name) { json in
            json.object { json in
                json.member("estimate", interval.estimate)
                json.member("lower", interval.lower)
                json.member("upper", interval.upper)
                json.member("pValue", interval.pValue)
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
                json.member("brierSkill", reliability.brierSkill)
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
                        }
                    }
                }
            }
        }
    }
}
