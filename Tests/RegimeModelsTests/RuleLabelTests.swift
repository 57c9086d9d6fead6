import Foundation
import Market
import RegimeModels
import Regimes
import Testing

/// The rules against a reading of their documentation by another program.
@Suite("Rules, golden labels")
struct RuleLabelTests {
    static func lines(_ path: String) throws -> [[Substring]] {
        let url = History.root.appending(path: "Fixtures/\(path)")
        return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").dropFirst()
            .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    }

    static func vix() throws -> ExogenousHistory {
        let readings = try lines("vix_daily_2014_2019.csv").map { fields in
            let date = try #require(CivilDate(iso: fields[0]))
            let close = SessionCalendar.nyse.close(on: date)
            return ExogenousHistory.Reading(
                timestamp: close, availableAt: close, value: Double(fields[1]) ?? .nan)
        }
        return ExogenousHistory(name: "vix", readings)
    }

    private static func rawLabels(
        _ specification: RegimeSpecification, joining join: ExogenousJoin
    ) -> [(date: CivilDate, regime: Regime?)] {
        var join = join
        var walk = WalkForward(specification: specification, barsPerYear: 252)
        return History.standardAndPoors.map { dated in
            let step = walk.advance(with: join.join(dated.bar), sessionDate: dated.date)
            return (dated.date, step.step?.rawRegime)
        }
    }

    private static var rules: RegimeSpecification {
        var specification = RegimeSpecification.standard
        specification.model = .rules
        return specification
    }

    @Test(arguments: ["with", "without"])
    func labelsAreThoseOfTheDocumentation(vix: String) throws {
        let join = ExogenousJoin(vix == "with" ? [try Self.vix()] : [])
        let labels = Self.rawLabels(Self.rules, joining: join)
        let runs = try Self.lines("golden/rule_labels.csv").filter { $0[0] == vix }
        #expect(runs.count > 50)
        var checked = 0
        for run in runs {
            let first = try #require(CivilDate(iso: run[1]))
            let last = try #require(CivilDate(iso: run[2]))
            let expected = try Regime(label: String(run[3]))
            for (date, regime) in labels where first <= date && date <= last {
                #expect(regime == expected, "\(date) \(vix) the VIX")
                checked += 1
            }
        }
        #expect(checked == 1257)
    }

    @Test func theVixCountsOnlyWhereARuleAsksForIt() throws {
        var specification = Self.rules
        specification.rules.stressedVIX = nil
        let unasked = Self.rawLabels(specification, joining: ExogenousJoin([try Self.vix()]))
        let without = Self.rawLabels(Self.rules, joining: ExogenousJoin([]))
        #expect(unasked.map(\.regime) == without.map(\.regime))
    }

    @Test func rulesOfBeforeTheVixAreReadAsTheyWere() throws {
        let rules = RuleParameters()
        let text = String(decoding: try JSONEncoder().encode(rules), as: UTF8.self)
        #expect(text.contains("stressedVIX"))
        var object = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        object["stressedVIX"] = nil
        let older = try JSONDecoder().decode(
            RuleParameters.self, from: JSONSerialization.data(withJSONObject: object))
        #expect(older.stressedVIX == nil && older.stressedRank == rules.stressedRank)
        let again = String(decoding: try JSONEncoder().encode(older), as: UTF8.self)
        #expect(!again.contains("stressedVIX"))
    }

    @Test func stressIsTheLargerOfTheTwo() {
        var context = MarketContext.unknown
        context.longRunVolatility = 0.2
        context.volatilityRank = 0.5
        let rules = RuleParameters()
        for (vix, stress) in [(Double.nan, 0.0), (24, 0), (30, 0.5), (40, 1)] {
            context.vix = vix
            #expect(rules.probabilities(in: context)[.highVolatility] == stress)
        }
        context.volatilityRank = 0.95
        context.vix = 10
        #expect(rules.probabilities(in: context)[.highVolatility] == 1)
    }
}
