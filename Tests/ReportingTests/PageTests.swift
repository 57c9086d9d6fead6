import Foundation
import Market
import TestSupport
import Testing

@testable import Evaluation
@testable import Reporting

@Suite("The page of an evaluation")
struct PageTests {
    private static func page(
        _ periods: [PeriodEvaluation], _ about: EvaluationAbout = Evaluations.about()
    ) -> String {
        EvaluationPage(about: about, periods: periods).html
    }

    @Test("it is well formed, whole in itself, holds no script and no number that is none")
    func wellFormed() {
        for seed in Sweep.seeds(2) {
            let html = Self.page(Evaluations.periods(seed: seed))
            let problem = WellFormed.problem(html)
            #expect(problem == nil, "seed \(seed): \(problem ?? "")")
            #expect(!html.contains("NaN") && !html.contains("nan\"") && !html.contains("inf"))
            #expect(!html.contains("<script") && !html.contains("<b onload"))
            for reference in ["src=", "href=", "url(", "@import"] {
                #expect(!html.contains(reference), "\(reference)")
            }
            #expect(html.contains("&lt;b onload=&quot;x&quot;&gt;&amp;&#39;"))
            #expect(html.contains("model &lt;1&gt;") && html.contains("a&lt;b&gt;.csv"))
        }
    }

    @Test("the checker finds what it is for")
    func checker() {
        for bad in [
            "<p>", "<p></q>", "<p a=1></p>", "<p a=\"1\" a=\"2\"></p>", "a & b", "<p",
            "<p onclick=\"x\"></p>", "\u{2}", "<p a=\"&x\"/>",
        ] {
            #expect(WellFormed.problem(bad) != nil, "\(bad)")
        }
        #expect(WellFormed.problem("<!DOCTYPE html><p a=\"&lt;\"><br/>&amp;</p>\n") == nil)
    }

    @Test("equal evaluations give equal bytes")
    func deterministic() {
        #expect(Self.page(Evaluations.periods()) == Self.page(Evaluations.periods()))
    }

    @Test(
        "every market and period is there; a cut shows both periods and leads with what follows it")
    func cut() {
        var settings = Evaluations.settings
        settings.cut = CivilDate(daysSinceEpoch: 10_959 + 250)
        let periods = Evaluations.periods(settings)
        #expect(periods.map(\.period.rawValue).filter { $0 == "held_out" }.count == 3)
        let about = Evaluations.about(settings)
        let page = EvaluationPage(about: about, periods: periods)
        #expect(page.telling.allSatisfy { $0.period == .heldOut } && page.telling.count == 3)
        let html = page.html
        #expect(WellFormed.problem(html) == nil)
        #expect(html.contains("(tuned on)") && html.contains("(held out)"))
        #expect(html.contains("class=\"cut\""))
    }

    @Test("it calls significant what the intervals say, and counts it")
    func significance() throws {
        let periods = Evaluations.periods(markets: 1)
        let card = try #require(periods.first?.cards.last)
        let differences = try #require(card.differences["buy-and-hold"])
        let html = Self.page(periods)
        let said: [Metric] = [.annualisedReturn, .sharpe, .maximumDrawdown, .logScore]
        let sure = said.count { differences[$0]?.excludesZero == true }
        let better = said.count { metric in
            differences[metric].map {
                $0.excludesZero && ($0.estimate > 0) == (metric.better == .higher)
            } == true
        }
        #expect(html.split(separator: ">significantly better.<").count - 1 == better)
        #expect(html.split(separator: ">significantly worse.<").count - 1 == sure - better)
        #expect(html.split(separator: ">not significant.<").count - 1 == said.count - sure)
        for metric in said {
            let interval = try #require(differences[metric])
            #expect(html.contains(metric.text(interval)), "\(metric)")
        }
        let all = periods[0].cards.flatMap { card in
            EvaluationSummary.compared.compactMap { card.differences["buy-and-hold"]?[$0] }
        }
        let not = all.count { !$0.excludesZero }
        #expect(html.contains("Of \(all.count) differences to buy-and-hold, \(not) are not"))
    }

    @Test("the verdict counts markets, and all of them together apart")
    func verdict() throws {
        for seed in Sweep.seeds(4) {
            let periods = Evaluations.periods(seed: seed)
            #expect(periods.map(\.markets) == [1, 1, 2])
            let html = Self.page(periods)
            let start = try #require(html.range(of: "class=\"verdict\">")).upperBound
            let verdict = html[start...].prefix { $0 != "<" }
            #expect(!verdict.contains("3 "), "\(verdict)")
            let together = try #require(
                periods[2].cards.first { $0.candidate == Evaluations.model }?
                    .differences["buy-and-hold"]?[.sharpe])
            let word =
                !together.excludesZero
                ? "not significantly different"
                : "significantly " + (together.lower > 0 ? "better" : "worse")
            let sharpe = try #require(verdict.split(separator: ". ").first)
            let isSame = sharpe.contains("is \(word) on") && !sharpe.contains(" and worse")
            let ending =
                !isSame
                ? "; on all together it is \(word)"
                : together.excludesZero ? ", and on all together" : ", nor on all together"
            #expect(sharpe.hasSuffix(ending), "\(verdict)")
            #expect(sharpe.contains("of 2 markets"), "\(verdict)")
        }
    }

    @Test("many markets: all together first, each behind its name, a row a market in the summary")
    func manyMarkets() throws {
        var settings = Evaluations.settings
        settings.cut = CivilDate(daysSinceEpoch: 10_959 + 250)
        for (count, isMany) in [(3, false), (4, true)] {
            let periods = Evaluations.periods(settings, markets: count)
            let page = EvaluationPage(about: Evaluations.about(settings), periods: periods)
            let together = "all \(count) markets"
            #expect(page.isMany == isMany && page.pools == [together])
            #expect(page.markets.count == count + 1)
            #expect((isMany ? page.markets.first : page.markets.last) == together)
            let html = page.html
            #expect(WellFormed.problem(html) == nil)
            #expect(html.split(separator: "class=\"market\"").count - 1 == (isMany ? count : 0))
            #expect(html.contains("Market by market") == isMany)
            #expect(html.contains("each of \(count) markets") == isMany)
            let summary = html.components(separatedBy: "</section>")[0]
            #expect(summary.components(separatedBy: "plain, 1").count - 1 == (isMany ? 1 : 3))
            for period in page.telling where period.markets == 1 {
                let card = try #require(
                    period.cards.first { $0.candidate == Evaluations.model })
                let interval = try #require(card.intervals[.sharpe])
                #expect(summary.contains(Metric.sharpe.text(interval)))
            }
        }
    }

    @Test("a period of few blocks says that its intervals are too narrow, to the bar")
    func shortPeriods() {
        let bootstrap = StationaryBootstrap(replicates: 100, meanBlockBars: 10, seed: 1)
        #expect(bootstrap.isShort(399) && !bootstrap.isShort(400))
        let note = "these intervals are narrower than 95 % should be"
        #expect(Self.page(Evaluations.periods(count: 300, markets: 1)).contains(note))
        #expect(!Self.page(Evaluations.periods(count: 500, markets: 1)).contains(note))
    }

    @Test("every figure that is shown has its interval beside it")
    func intervals() throws {
        for period in Evaluations.periods(markets: 1) {
            let html = Self.page([period])
            for card in period.cards {
                for metric in ScorecardSection.earnings + ScorecardSection.statements {
                    guard let value = card.value(metric) else { continue }
                    let interval = try #require(card.intervals[metric])
                    let cell =
                        "\(Markup.escaped(metric.text(value)))<small>\(metric.text(interval))"
                    #expect(html.contains(cell), "\(card.candidate) \(metric)")
                }
            }
        }
    }

    @Test("nobody to compare with, nobody in focus, no turning point, no hysteresis: still a page")
    func edges() {
        var settings = Evaluations.settings
        settings.phaseMove = 0.99
        var periods = Evaluations.periods(settings, count: 120, markets: 1)
        for index in periods.indices { periods[index].hysteresis = nil }
        for (focus, against) in [
            (Evaluations.model, nil), ("buy-and-hold", "buy-and-hold"),
            ("never", Evaluations.model),
        ] {
            let html = Self.page(
                periods, Evaluations.about(settings, focus: focus, against: against))
            #expect(WellFormed.problem(html) == nil)
            #expect(html.contains("begins in these periods") && !html.contains("inf"))
        }
    }
}
