import Market
import RegimeModels
import Regimes
import Testing

/// The default agrees with what everyone knows, walk-forward.
@Suite("The default on known history")
struct KnownHistoryTests {
    static let answers = labels(History.standardAndPoors, .standard)
    static let ruleAnswers = labels(History.standardAndPoors, rules)

    static var rules: RegimeSpecification {
        var specification = RegimeSpecification.standard
        specification.model = .rules
        return specification
    }

    static func labels(
        _ bars: [DatedBar], _ specification: RegimeSpecification
    ) -> [(date: CivilDate, regime: Regime)] {
        zip(bars, History.walk(bars, specification)).map { ($0.date, $1.published) }
    }

    private func share(
        of regimes: Set<Regime>, from: String, through: String,
        in answers: [(date: CivilDate, regime: Regime)] = answers
    ) throws -> Double {
        let range = try #require(CivilDate(iso: from))...(try #require(CivilDate(iso: through)))
        let inside = answers.filter { range.contains($0.date) }
        try #require(!inside.isEmpty)
        return Double(inside.count { regimes.contains($0.regime) }) / Double(inside.count)
    }

    private func changesPerYear(_ answers: [(date: CivilDate, regime: Regime)]) -> Double {
        let known = answers.map(\.regime).filter { $0 != .unknown }
        let changes = zip(known, known.dropFirst()).count { $0 != $1 }
        return Double(changes) / (Double(known.count) / 252)
    }

    @Test func standardAndPoors() throws {
        #expect(History.standardAndPoors.count == 5_031)
        #expect(try share(of: [.crisis], from: "2008-09-29", through: "2009-03-09") > 0.9)
        #expect(
            try share(
                of: [.normalBull, .lowVolatility], from: "2017-01-01", through: "2017-12-31") > 0.9)
        #expect(
            try share(of: [.normalBear, .crisis], from: "2002-07-01", through: "2002-10-31") > 0.9)
        #expect(
            try share(
                of: [.highVolatility, .normalBear, .crisis], from: "2011-08-15",
                through: "2011-09-30") > 0.9)
        #expect(
            try share(
                of: [.highVolatility, .normalBear], from: "2018-12-10", through: "2018-12-31") > 0.8
        )
        for year in [2004, 2005, 2006, 2013, 2014, 2017] {
            #expect(
                try share(of: [.crisis], from: "\(year)-01-01", through: "\(year)-12-31") == 0)
        }
        #expect(changesPerYear(Self.answers) < 8)
        #expect(Set(Self.answers.map(\.regime)).count >= 6)
    }

    @Test func warmUpIsUnknownForAboutTwoYears() throws {
        let first = try #require(Self.answers.first { $0.regime != .unknown })
        #expect(first.date == CivilDate(iso: "2001-01-02"))
    }

    @Test func nasdaq() throws {
        let answers = Self.labels(History.nasdaq, .standard)
        #expect(
            try share(
                of: [.crisis, .normalBear], from: "2008-10-06", through: "2009-03-09", in: answers)
                > 0.9)
        #expect(
            try share(
                of: [.crisis, .normalBear], from: "2001-01-02", through: "2001-12-31", in: answers)
                > 0.8)
        #expect(
            try share(
                of: [.normalBull, .lowVolatility], from: "2017-01-01", through: "2017-12-31",
                in: answers) > 0.9)
        #expect(changesPerYear(answers) < 8)
    }

    @Test func rulesAgreeToo() throws {
        let answers = Self.ruleAnswers
        #expect(
            try share(of: [.crisis], from: "2008-10-15", through: "2009-03-09", in: answers) > 0.8)
        #expect(
            try share(
                of: [.normalBull, .lowVolatility], from: "2017-01-01", through: "2017-12-31",
                in: answers) > 0.9)
        #expect(
            try share(
                of: [.normalBear, .crisis], from: "2002-07-01", through: "2002-10-31", in: answers)
                > 0.9)
        #expect(changesPerYear(answers) < 8)
    }
}
