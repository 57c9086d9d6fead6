import Contracts
import Market
import MarketRegime

/// What a person, or a program, is told once all jobs are over.
struct DistributedSummary {
    let name: String
    let timeframe: Timeframe
    let tally: JobBoard.Tally
    let failures: [(series: Series, reason: String)]

    var text: String {
        let work = tally.work
        var lines = ["\(name): \(Format.count(tally.jobs)) markets, \(timeframe), by workers"]
        func row(_ label: String, _ value: Int) {
            lines.append("  " + label.padded(to: 13) + Format.count(value))
        }
        row("done", tally.done)
        if tally.nothingNew > 0 { row("nothing new", tally.nothingNew) }
        row("bars", work.bars)
        row("changes", work.changes)
        row("assessments", work.newAssessments)
        if work.restatedAssessments > 0 { row("restated", work.restatedAssessments) }
        if work.announced > 0 { row("announced", work.announced) }
        lines += FailureList(failures: failures).lines
        return lines.joined(separator: "\n") + "\n"
    }

    var json: String {
        var json = JSONWriter()
        json.object { json in
            json.member("universe", name)
            json.member("timeframe", "\(timeframe)")
            json.member("markets", Int64(tally.jobs))
            json.member("done", Int64(tally.done))
            json.member("nothingNew", Int64(tally.nothingNew))
            json.member("failed", Int64(tally.failed))
            tally.work.write(to: &json)
            json.member("failures") { json in
                json.array(failures) { json, failure in
                    json.object { json in
                        json.member("market", failure.series.market.text)
                        json.member("problem", failure.reason)
                    }
                }
            }
        }
        return json.text
    }
}
