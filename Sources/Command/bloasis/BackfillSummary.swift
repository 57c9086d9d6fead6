import Contracts
import Market
import MarketFeeds
import MarketRegime
import Regimes

/// What a person, or a program, is told after a backfill. Holds no wall-clock value but whether the
/// last answer is stale.
struct BackfillSummary {
    let series: Series
    let result: BackfillResult
    /// Of the file, where it was one.
    let report: CSVReport?
    let staleness: Staleness

    init(
        series: Series, calendar: SessionCalendar, result: BackfillResult, report: CSVReport?,
        now: Timestamp
    ) {
        self.series = series
        self.result = result
        self.report = report
        staleness =
            result.last.map { Staleness(calendar: calendar, asOf: $0.asOf, now: now) } ?? .fresh
    }

    private var regimes: [(regime: Regime, bars: Int)] {
        Regime.allCases.compactMap { regime in
            result.barsPerRegime[regime].map { (regime, $0) }
        }
    }

    var text: String {
        var lines = ["\(series)"]
        func row(_ label: String, _ value: String) {
            lines.append("  " + label.padded(to: 12) + value)
        }
        if let first = result.firstAsOf, let last = result.last {
            row("period", "\(first.utcDate) … \(last.asOf.utcDate)")
        }
        row("bars", Format.count(result.bars))
        row("changes", Format.count(result.changes))
        row("written", written)
        lines.append("  time per regime")
        for (regime, bars) in regimes {
            let share = Double(bars) / Double(max(result.bars, 1))
            lines.append(
                "    " + regime.label.padded(to: 17)
                    + Format.percent(share).padded(to: 6) + Format.count(bars) + " bars")
        }
        if let last = result.last {
            lines.append(
                "  last answer \(last.regime) (\(Format.percent(last.confidence))) since "
                    + "\(last.since.utcDate), as of \(last.asOf.utcDate)"
                    + (staleness.isStale ? ", stale" : ""))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var written: String {
        if result.wroteNothing { return "nothing new" }
        var parts = ["\(Format.count(result.newAssessments)) assessments"]
        if result.restatedAssessments > 0 {
            parts.append("\(Format.count(result.restatedAssessments)) restated")
        }
        if result.revisedBars > 0 {
            parts.append("\(Format.count(result.revisedBars)) bars revised")
        }
        if result.announced > 0 {
            parts.append("\(Format.count(result.announced)) changes announced")
        }
        return parts.joined(separator: ", ")
    }

    var json: String {
        var json = JSONWriter()
        json.object { json in
            json.member("market", series.market.text)
            json.member("timeframe", "\(series.timeframe)")
            if let first = result.firstAsOf { json.member("from", first.rfc3339) }
            if let last = result.last { json.member("through", last.asOf.rfc3339) }
            json.member("bars", Int64(result.bars))
            json.member("changes", Int64(result.changes))
            json.member("newBars", Int64(result.newBars))
            json.member("revisedBars", Int64(result.revisedBars))
            json.member("newAssessments", Int64(result.newAssessments))
            json.member("restatedAssessments", Int64(result.restatedAssessments))
            json.member("announced", Int64(result.announced))
            json.member("barsBeforeAnchor", Int64(result.barsBeforeAnchor))
            json.member("nothingNew", result.wroteNothing)
            json.member("barsPerRegime") { json in
                json.object { json in
                    for (regime, bars) in regimes { json.member(regime.label, Int64(bars)) }
                }
            }
            if let report { json.member("source") { source(report, to: &$0) } }
            if let last = result.last { json.member("last", { writeLast(last, to: &$0) }) }
        }
        return json.text
    }

    private func source(_ report: CSVReport, to json: inout JSONWriter) {
        json.object { json in
            json.member("rows", Int64(report.rows))
            json.member("bars", Int64(report.bars))
            json.member("identicalDuplicates", Int64(report.identicalDuplicates))
            json.member("paddedRows", Int64(report.paddedRows))
            json.member("offSessionRows", Int64(report.offSessionRows))
            json.member("skippedRows", Int64(report.skippedRows))
            json.member("missingCloses", Int64(report.missingCloses))
        }
    }

    private func writeLast(_ last: RegimeAssessment, to json: inout JSONWriter) {
        json.object { json in
            json.member("regime", last.regime.label)
            json.member("confidence", last.confidence)
            json.member("asOf", last.asOf.rfc3339)
            json.member("since", last.since.rfc3339)
            json.member("stale", staleness.isStale)
        }
    }
}

extension String {
    func padded(to width: Int) -> String {
        count >= width ? self + " " : self + String(repeating: " ", count: width - count)
    }
}
