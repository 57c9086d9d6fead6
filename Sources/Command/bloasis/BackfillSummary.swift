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

    var text: String {
        var lines = ["\(series)"]
        func row(_ label: String, _ value: String) {
            lines.append("  " + label.padded(to: 12) + value)
        }
        if let first = result.firstAsOf, let last = result.last {
            row("period", "\(first.utcDate) … \(last.asOf.utcDate)")
        }
        row("bars", Format.count(result.work.bars))
        row("changes", Format.count(result.work.changes))
        row("written", result.work.written)
        lines += RegimeTimes(result.barsPerRegime).lines
        if let last = result.last {
            lines.append(
                "  last answer \(last.regime.shown) (\(Format.percent(last.confidence))) since "
                    + "\(last.since.utcDate), as of \(last.asOf.utcDate)"
                    + (staleness.isStale ? ", stale" : ""))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    var json: String {
        var json = JSONWriter()
        json.object { json in
            json.member("market", series.market.text)
            json.member("timeframe", "\(series.timeframe)")
            if let first = result.firstAsOf { json.member("from", first.rfc3339) }
            if let last = result.last { json.member("through", last.asOf.rfc3339) }
            result.work.write(to: &json)
            json.member("barsBeforeAnchor", Int64(result.barsBeforeAnchor))
            json.member("nothingNew", result.work.wroteNothing)
            RegimeTimes(result.barsPerRegime).write(to: &json)
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
