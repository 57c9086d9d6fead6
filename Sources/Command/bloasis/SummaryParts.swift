import Contracts
import Market
import MarketRegime
import Regimes
import Terminal

// What the summaries of one market, of many, and of workers say alike.

extension BackfillWork {
    /// What was written, in words.
    var written: String {
        if wroteNothing { return "nothing new" }
        var parts: [String] = []
        func part(_ count: Int, _ what: String) {
            if count > 0 { parts.append("\(Format.count(count)) \(what)") }
        }
        part(newAssessments, "assessments")
        part(restatedAssessments, "restated")
        part(revisedBars, "bars revised")
        part(announced, "changes announced")
        return parts.isEmpty
            ? "\(Format.count(newBars)) bars, none of them answered" : parts.joined(separator: ", ")
    }

    func write(to json: inout JSONWriter) {
        json.member("bars", Int64(bars))
        json.member("changes", Int64(changes))
        json.member("newBars", Int64(newBars))
        json.member("revisedBars", Int64(revisedBars))
        json.member("newAssessments", Int64(newAssessments))
        json.member("restatedAssessments", Int64(restatedAssessments))
        json.member("announced", Int64(announced))
    }
}

/// Bars spent in each regime that occurs, in the regimes' order.
struct RegimeTimes {
    private let regimes: [(regime: Regime, bars: Int)]

    init(_ bars: [Regime: Int]) {
        regimes = Regime.allCases.compactMap { regime in bars[regime].map { (regime, $0) } }
    }

    var lines: [String] {
        let all = regimes.reduce(0) { $0 + $1.bars }
        return regimes.isEmpty
            ? []
            : ["  time per regime"]
                + regimes.map { regime, bars in
                    "    " + regime.shown + "".padded(to: max(17 - regime.label.count, 1))
                        + Format.percent(Double(bars) / Double(max(all, 1))).padded(to: 6)
                        + Format.count(bars) + " bars"
                }
    }

    func write(to json: inout JSONWriter) {
        json.member("barsPerRegime") { json in
            json.object { json in
                for (regime, bars) in regimes { json.member(regime.label, Int64(bars)) }
            }
        }
    }
}

/// Markets that could not be written, and why.
struct FailureList {
    let failures: [(series: Series, reason: String)]

    /// Failures that are named in the text.
    private static let named = 20

    var lines: [String] {
        guard !failures.isEmpty else { return [] }
        let more = failures.count - FailureList.named
        return ["  not written: \(Format.count(failures.count)) markets"]
            + failures.prefix(FailureList.named).map { "    \($0.series.market): \($0.reason)" }
            + (more > 0 ? ["    … and \(Format.count(more)) more"] : [])
    }
}

extension String {
    func padded(to width: Int) -> String {
        count >= width ? self + " " : self + String(repeating: " ", count: width - count)
    }
}

extension Regime {
    /// The label, in its colour where there are colours.
    var shown: String { StyledText.regime(label: label).rendered(Display.output) }
}
