import Contracts
import Market
import MarketRegime
import Regimes

/// What a person, or a program, is told after a universe was written. Holds no wall-clock value.
struct UniverseSummary {
    private let pattern: String
    private let timeframe: Timeframe
    private let markets: Int
    private let isDryRun: Bool
    private(set) var tally = UniverseTally()
    private var rows: [Row] = []

    private struct Row {
        let market: MarketName
        let end: MemberOutcome.End
    }

    init(pattern: String, timeframe: Timeframe, markets: Int, isDryRun: Bool) {
        self.pattern = pattern
        self.timeframe = timeframe
        self.markets = markets
        self.isDryRun = isDryRun
    }

    mutating func take(_ outcome: MemberOutcome) {
        tally.take(outcome)
        rows.append(Row(market: outcome.series.market, end: outcome.end))
    }

    var text: String {
        var lines = ["\(pattern): \(Format.count(markets)) markets, \(timeframe)"]
        func row(_ label: String, _ value: String) {
            lines.append("  " + label.padded(to: 12) + value)
        }
        row("bars", Format.count(tally.work.bars))
        row("changes", Format.count(tally.work.changes))
        row(isDryRun ? "to write" : "written", tally.work.written)
        if tally.unchanged > 0 {
            row("passed over", "\(Format.count(tally.unchanged)) markets, written before")
        }
        if tally.fitFailures > 0 { row("fits failed", Format.count(tally.fitFailures)) }
        lines += RegimeTimes(tally.barsPerRegime).lines
        lines += FailureList(failures: tally.failures).lines
        return lines.joined(separator: "\n") + "\n"
    }

    var json: String {
        var json = JSONWriter()
        json.object { json in
            json.member("universe", pattern)
            json.member("timeframe", "\(timeframe)")
            json.member("dryRun", isDryRun)
            json.member("markets", Int64(markets))
            json.member("written", Int64(tally.written))
            json.member("unchanged", Int64(tally.unchanged))
            json.member("failed", Int64(tally.failures.count))
            tally.work.write(to: &json)
            json.member("fitFailures", Int64(tally.fitFailures))
            RegimeTimes(tally.barsPerRegime).write(to: &json)
            // By name: in which order markets end is chance.
            json.member("series") { json in
                json.array(rows.sorted { $0.market < $1.market }) { write($1, to: &$0) }
            }
        }
        return json.text
    }

    private func write(_ row: Row, to json: inout JSONWriter) {
        json.object { json in
            json.member("market", row.market.text)
            switch row.end {
            case .unchanged(let announced):
                json.member("status", "unchanged")
                json.member("announced", Int64(announced))
            case .failed(let problem):
                json.member("status", "failed")
                json.member("problem", problem)
            case .written(let result):
                json.member("status", result.work.wroteNothing ? "nothing-new" : "written")
                json.member("bars", Int64(result.work.bars))
                json.member("changes", Int64(result.work.changes))
                json.member("newAssessments", Int64(result.work.newAssessments))
                json.member("restatedAssessments", Int64(result.work.restatedAssessments))
                json.member("announced", Int64(result.work.announced))
                if let last = result.last {
                    json.member("regime", last.regime.label)
                    json.member("asOf", last.asOf.rfc3339)
                }
            }
        }
    }
}
