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

    /// Failures that are named in the text.
    private static let failuresNamed = 20

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
        row("bars", Format.count(tally.bars))
        row("changes", Format.count(tally.changes))
        row(isDryRun ? "to write" : "written", written)
        if tally.unchanged > 0 {
            row("passed over", "\(Format.count(tally.unchanged)) markets, written before")
        }
        if tally.fitFailures > 0 { row("fits failed", Format.count(tally.fitFailures)) }
        if !tally.barsPerRegime.isEmpty { lines.append("  time per regime") }
        for (regime, bars) in regimes {
            lines.append(
                "    " + regime.label.padded(to: 17)
                    + Format.percent(Double(bars) / Double(max(tally.bars, 1))).padded(to: 6)
                    + Format.count(bars) + " bars")
        }
        if !tally.failures.isEmpty {
            lines.append("  not written: \(Format.count(tally.failures.count)) markets")
        }
        for (series, problem) in tally.failures.prefix(UniverseSummary.failuresNamed) {
            lines.append("    \(series.market): \(problem)")
        }
        let more = tally.failures.count - UniverseSummary.failuresNamed
        if more > 0 { lines.append("    … and \(Format.count(more)) more") }
        return lines.joined(separator: "\n") + "\n"
    }

    private var regimes: [(regime: Regime, bars: Int)] {
        Regime.allCases.compactMap { regime in
            tally.barsPerRegime[regime].map { (regime, $0) }
        }
    }

    private var written: String {
        var parts: [String] = []
        func part(_ count: Int, _ what: String) {
            if count > 0 { parts.append("\(Format.count(count)) \(what)") }
        }
        part(tally.newAssessments, "assessments")
        part(tally.restatedAssessments, "restated")
        part(tally.revisedBars, "bars revised")
        part(tally.announced, "changes announced")
        return parts.isEmpty ? "nothing new" : parts.joined(separator: ", ")
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
            json.member("bars", Int64(tally.bars))
            json.member("changes", Int64(tally.changes))
            json.member("newBars", Int64(tally.newBars))
            json.member("revisedBars", Int64(tally.revisedBars))
            json.member("newAssessments", Int64(tally.newAssessments))
            json.member("restatedAssessments", Int64(tally.restatedAssessments))
            json.member("announced", Int64(tally.announced))
            json.member("fitFailures", Int64(tally.fitFailures))
            json.member("barsPerRegime") { json in
                json.object { json in
                    for (regime, bars) in regimes { json.member(regime.label, Int64(bars)) }
                }
            }
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
                json.member("status", result.wroteNothing ? "nothing-new" : "written")
                json.member("bars", Int64(result.bars))
                json.member("changes", Int64(result.changes))
                json.member("newAssessments", Int64(result.newAssessments))
                json.member("restatedAssessments", Int64(result.restatedAssessments))
                json.member("announced", Int64(result.announced))
                if let last = result.last {
                    json.member("regime", last.regime.label)
                    json.member("asOf", last.asOf.rfc3339)
                }
            }
        }
    }
}
