import RegimeModels
import TestSupport
import Testing

@testable import Evaluation
@testable import Reporting

@Suite("Scorecards as CSV")
struct TidyTableTests {
    /// Fields of each record, read as RFC 4180 says.
    static func records(_ text: String) -> [[String]] {
        var records: [[String]] = []
        var fields: [String] = [""]
        var isQuoted = false
        var wasQuote = false
        for character in text {
            if isQuoted, character == "\"" {
                isQuoted = false
                wasQuote = true
                continue
            }
            switch character {
            case "\"":
                if wasQuote { fields[fields.count - 1].append("\"") }
                isQuoted = true
            case "," where !isQuoted: fields.append("")
            case "\n" where !isQuoted:
                records.append(fields)
                fields = [""]
            default: fields[fields.count - 1].append(character)
            }
            wasQuote = false
        }
        return records
    }

    @Test("one row a figure: all fields there, names read back, numbers are those of the cards")
    func scorecards() throws {
        let periods = Evaluations.periods()
        let records = Self.records(
            ScorecardCSV.scorecards(periods, against: Candidate.buyAndHold.name))
        let header = try #require(records.first)
        #expect(header.count == 11 && records.allSatisfy { $0.count == 11 })
        #expect(Set(records.dropFirst().map { $0[1] }).contains(Evaluations.nastyName))
        for period in periods {
            for card in period.cards {
                let own = records.filter { $0[0] == card.candidate && $0[1] == period.market }
                for metric in Metric.allCases {
                    let row = try #require(own.first { $0[5] == metric.rawValue && $0[6] == "" })
                    #expect(Double(row[7]) == card.value(metric))
                    #expect(Double(row[8]) == card.intervals[metric]?.lower)
                    #expect(Double(row[9]) == card.intervals[metric]?.upper)
                    let less = own.first { $0[5] == metric.rawValue && $0[6] == "buy-and-hold" }
                    let interval = card.differences["buy-and-hold"]?[metric]
                    #expect(less.flatMap { Double($0[7]) } == interval?.estimate)
                    #expect(less.flatMap { Double($0[10]) } == interval?.pValue)
                }
            }
        }
        let numbers = records.dropFirst().flatMap { $0[7...] }
        #expect(numbers.allSatisfy { $0.isEmpty || Double($0)?.isFinite == true })
    }

    @Test("hysteresis: a row a figure of every setting")
    func hysteresis() throws {
        let periods = Evaluations.periods(markets: 1)
        let cost = try #require(periods.first?.hysteresis)
        let records = Self.records(ScorecardCSV.hysteresis(periods))
        #expect(records.allSatisfy { $0.count == 11 })
        for outcome in cost.outcomes {
            let own = records.filter { $0[3] == outcome.card.candidate }
            let changes = own.first { $0[7] == "changes" }
            #expect(changes?[8] == String(outcome.changes.changes))
            #expect(changes?[4] == (outcome.parameters.map { "\($0.minimumDwellBars)" } ?? ""))
            #expect(own.contains { $0[7] == "medianDelayToRaw" })
        }
        #expect(Self.records(ScorecardCSV.hysteresis([])).count == 1)
    }

    @Test("fields are quoted when they must be")
    func quoting() {
        #expect(ScorecardCSV.quoted("plain") == "plain")
        #expect(ScorecardCSV.quoted("a,b") == "\"a,b\"")
        #expect(ScorecardCSV.quoted("a\"b") == "\"a\"\"b\"")
        #expect(ScorecardCSV.quoted("a\r\nb") == "\"a\r\nb\"")
    }
}
