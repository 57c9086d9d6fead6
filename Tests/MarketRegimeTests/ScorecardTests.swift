import Contracts
import Evaluation
import Market
import Ports
import RegimeModels
import Regimes
import TestSupport
import Testing

@testable import MarketRegime
@testable import Scoring

@Suite("What published labels were worth")
struct ScorecardTests {
    typealias Card = Bloasis_MarketRegime_GetScorecardResponse
    typealias Row = Bloasis_MarketRegime_ScorecardRow

    /// Few draws, of short blocks: a debug build draws slowly.
    private static var settings: EvaluationSettings {
        var settings = EvaluationSettings()
        settings.bootstrap = StationaryBootstrap(replicates: 40, meanBlockBars: 5, seed: 7)
        return settings
    }

    private func backfilled(_ count: Int, seed: UInt64 = 21) async throws -> (World, SeriesHead) {
        let world = World()
        try await world.backfill(World.bars(count: count, seed: seed))
        return (world, try #require(try await world.store.head(of: World.series)))
    }

    private func card(
        _ world: World, _ head: SeriesHead, _ settings: EvaluationSettings = Self.settings
    ) async throws -> Card {
        StoredScorecard(
            try await PublishedRecord(of: head, world.store), of: World.series, horizon: 5,
            kinds: [:], settings
        ).message
    }

    /// History and answers from the store's own lists, past what is tested.
    private func reference(_ world: World) async throws -> (MarketHistory, LabelPath) {
        let bars = try await world.store.bars(SeriesQuery(World.series)).map(\.bar)
        let answers = try await world.history()
        let history = MarketHistory(
            name: "SPX", bars: BarColumns(bars), calendar: .continuous, barsPerYear: 365.25)
        var path = LabelPath(
            name: "theirs", published: answers.map(\.regime),
            probabilities: answers.map(\.probabilities), hasProbabilities: true)
        path.statedConfidence = answers.map(\.confidence)
        return (history, path)
    }

    @Test(
        "the published row is what evaluate says of the same labels, the next what holding earned")
    func agreesWithEvaluate() async throws {
        let (world, head) = try await backfilled(400)
        let told = try await card(world, head)
        let (history, path) = try await reference(world)
        let held = Candidate.buyAndHold.path(over: history, walks: [:])
        let period = try #require(
            Evaluator(Self.settings).evaluate(history, [path, held]).first)
        #expect(Int(told.bars) == period.bars)
        #expect(told.rows.prefix(2).map(\.subject) == ["published", "buy_and_hold"])
        for (row, expected) in zip(told.rows, period.cards) {
            #expect(row.annualisedReturn == expected.performance.annualisedReturn)
            #expect(row.annualisedVolatility == expected.performance.annualisedVolatility)
            #expect(row.sharpe.value == expected.performance.sharpe)
            #expect(row.sharpe.lower == expected.intervals[.sharpe]?.lower)
            #expect(row.sharpe.upper == expected.intervals[.sharpe]?.upper)
            #expect(row.sortino == expected.performance.sortino)
            #expect(row.calmar == expected.performance.calmar)
            #expect(row.maximumDrawdown == expected.performance.maximumDrawdown)
            #expect(row.exposure == expected.exposure && row.turnover == expected.turnover)
            #expect(row.changesPerYear == expected.changesPerYear)
        }
        let published = period.cards[0]
        #expect(told.rows[0].brierScore == published.reliability?.brier)
        #expect(told.rows[0].brierSkill == published.reliability?.brierSkill)
        let difference = published.differences[held.name]
        #expect(told.rows[0].sharpeDifference.value == difference?[.sharpe]?.estimate)
        #expect(told.rows[0].sharpeDifference.lower == difference?[.sharpe]?.lower)
        #expect(told.rows[0].returnDifference.upper == difference?[.annualisedReturn]?.upper)
        #expect(!told.rows[1].hasSharpeDifference && !told.rows[1].hasBrierScore)
        #expect(told.rows[1].exposure == 1 && told.rows[1].changes == 0)
        #expect(told.through == history.bars.timestamps[399].rfc3339)
        #expect(told.from == history.bars.timestamps[400 - period.bars].rfc3339)
        #expect(told.rule.contains("normal_bull, euphoria, low_volatility, else nothing"))
        #expect(told.rule.contains("10 basis points") && told.rule.contains("1 bar after"))
    }

    @Test("models follow each other without a gap and share the bars")
    func models() async throws {
        let (world, head) = try await backfilled(400)
        let told = try await card(world, head)
        let models = told.rows.dropFirst(2)
        #expect(models.count > 1 && models.allSatisfy { $0.subject == "model" })
        #expect(models.reduce(0) { $0 + $1.bars } == told.bars)
        #expect(models.reduce(0) { $0 + $1.changes } == told.rows[0].changes)
        let versions = try await world.history().map(\.modelVersion.text)
        let instants = try await world.history().map(\.asOf.rfc3339)
        for row in models {
            let first = try #require(instants.firstIndex(of: row.activeFrom))
            let last = try #require(instants.firstIndex(of: row.activeThrough))
            #expect(Set(versions[first...last]) == [row.modelVersion])
        }
        #expect(models.first?.activeFrom == instants[versions.firstIndex { $0 != "unfitted" } ?? 0])
        #expect(models.last?.activeThrough == instants.last)
        for (row, next) in zip(models, models.dropFirst()) {
            let last = try #require(instants.firstIndex(of: row.activeThrough))
            #expect(next.activeFrom == instants[last + 1])
        }
    }

    @Test("a model earns by its own labels, from the strategy's delay after them on")
    func modelEarnings() async throws {
        let world = World()
        try await world.register(anchor: Samples.day(0))
        let labels: [(Regime, String)] = [(.crisis, "a"), (.normalBull, "b"), (.crisis, "c")]
        let records = labels.enumerated().flatMap { index, said in
            Samples.records(
                Array(repeating: said.0, count: index == 2 ? 1 : 30), from: 30 * index,
                previous: index == 0 ? .unknown : labels[index - 1].0, model: said.1)
        }
        _ = try await world.store.record(
            JournalBatch(
                series: World.series, expecting: .anyHead, bars: Samples.bars(count: 61),
                records: records, announcing: false))
        let head = try #require(try await world.store.head(of: World.series))
        let models = try await card(world, head).rows.dropFirst(2)
        #expect(models.map(\.modelVersion) == ["a", "b", "c"])
        #expect(models.map(\.exposure) == [0, 1, 0])
        #expect(models.map(\.bars) == [30, 29, 0], "the last label has earned nothing yet")
        #expect(models.map(\.changes) == [0, 1, 1])
        #expect(models.prefix(2).map(\.hasAnnualisedReturn) == [true, true])
        #expect(!(models.last?.hasExposure ?? true))
    }

    @Test("a label is judged by the bar after it, never by its own")
    func noLookAhead() async throws {
        let (world, head) = try await backfilled(400)
        let told = try await card(world, head)
        let (history, path) = try await reference(world)
        let start = 400 - Int(told.bars)
        #expect(told.labels.reduce(0) { $0 + $1.bars } == told.bars)
        #expect(abs(told.labels.reduce(0) { $0 + $1.share } - 1) < 1e-12)
        for outcome in told.labels {
            let label = try Regime(label: outcome.regime)
            let bars = (start..<400).filter { path.published[$0] == label }
            #expect(outcome.bars == Int32(bars.count))
            let returns = bars.filter { $0 + 1 < 400 }.map { bar in
                history.bars.close[bar + 1] / history.bars.close[bar] - 1
            }
            let expected = Performance(returns: returns, barsPerYear: 365.25)
            #expect(outcome.annualisedReturn == expected.annualisedReturn)
            #expect(outcome.annualisedVolatility == expected.annualisedVolatility)
        }
    }

    @Test("what was said first counts, and is restated in a note; closes count as they are now")
    func firstSaid() async throws {
        let (world, head) = try await backfilled(300)
        let told = try await card(world, head)
        let restated = try await world.history().suffix(100).map { answer in
            var restated = answer
            restated.regime = Strategy.isRiskOn(answer.regime) ? .crisis : .normalBull
            return JournalRecord(assessment: restated)
        }
        func cardAfter(_ bars: [Bar], _ records: [JournalRecord]) async throws -> Card {
            let receipt = try await world.store.record(
                JournalBatch(
                    series: World.series, expecting: .anyHead, bars: bars, records: records,
                    announcing: false))
            return try await card(world, receipt.head)
        }
        var again = try await cardAfter([], restated)
        #expect(again.notes.contains { $0.hasPrefix("100 answers were restated") })
        again.notes = told.notes
        #expect(again == told)
        let corrected = try await cardAfter([Samples.bar(250, close: 1)], [])
        #expect(corrected.rows[0].changes == told.rows[0].changes)
        #expect(corrected.rows[1].maximumDrawdown > 0.9 && told.rows[1].maximumDrawdown < 0.9)
    }

    @Test("the same store gives the same scorecard, and the method says which models there were")
    func deterministic() async throws {
        let (world, head) = try await backfilled(200)
        let one = try await card(world, head)
        #expect(try await card(world, head) == one)
        let scorecards = world.scorecards()
        let queries = world.queries(scorecards: scorecards)
        let told = try await scorecards.running { try await queries.getScorecard(.init()) }
        #expect(told.rows.map(\.modelVersion) == one.rows.map(\.modelVersion))
        #expect(told.rows.dropFirst(2).allSatisfy { $0.kind == "hmm" })
        #expect(told.market == "SPX" && told.timeframe == "1d" && told.horizonBars == 5)
        var request = Bloasis_MarketRegime_GetScorecardRequest()
        request.market = "NOSUCH"
        let fault = await #expect(throws: RPCFault.self) {
            try await queries.getScorecard(request)
        }
        #expect(fault?.code == .notFound)
    }

    @Test(
        "with too few bars it says what there is, and why not more",
        arguments: [
            (0, 0, "no bar has an answer yet"), (20, 0, "no label is known in 20 bars"),
            (20, 2, "known at bar 21 of 22, and a trade comes 2 bars later"),
            (20, 3, "fewer than 10 bars have no intervals"),
            (20, 11, "fewer than 10 bars have no intervals"), (20, 12, "too narrow"),
            (20, 201, "fewer than 200 bars are too narrow"), (20, 202, ""),
        ])
    func tooFew(warmUp: Int, known: Int, words: String) async throws {
        let world = World()
        try await world.register(anchor: Samples.day(0))
        let labels = Samples.regimes(count: known, seed: 2)
        let unknown = Array(repeating: Regime.unknown, count: warmUp)
        _ = try await world.store.record(
            JournalBatch(
                series: World.series, expecting: .anyHead,
                bars: Samples.bars(count: warmUp + known),
                records: Samples.records(unknown, model: "unfitted")
                    + Samples.records(labels, from: warmUp), announcing: false))
        let head = try #require(try await world.store.head(of: World.series))
        let told = try await card(world, head)
        #expect(
            words.isEmpty ? told.notes.isEmpty : told.notes.contains { $0.contains(words) },
            "\(told.notes)")
        let count = max(known - 2, 0)
        #expect(told.bars == Int32(count) && !told.rule.isEmpty)
        #expect(told.rows.count == (count > 0 ? 3 : 0) && told.hasFrom == (count > 0))
        guard let published = told.rows.first, let model = told.rows.last else { return }
        #expect(published.sharpe.hasLower == (count >= 10))
        #expect(published.hasSharpe == (count > 1))
        #expect(model.activeFrom == Samples.day(warmUp).rfc3339 && model.bars == told.bars)
    }

    @Test("only the latest bars are looked at where there are many")
    func bound() async throws {
        let world = World()
        let count = PublishedRecord.barsLimit + 2_000
        try await world.register(anchor: Samples.day(0))
        let regimes = Samples.regimes(count: count)
        _ = try await world.store.record(
            JournalBatch(
                series: World.series, expecting: .anyHead,
                bars: Samples.bars(count: count), records: Samples.records(regimes),
                announcing: false))
        let head = try #require(try await world.store.head(of: World.series))
        let record = try await PublishedRecord(of: head, world.store)
        #expect(record.isCut && record.history.count == PublishedRecord.barsLimit)
        #expect(record.history.bars.timestamps.last == Samples.day(count - 1))
        #expect(record.path.published == Array(regimes.suffix(PublishedRecord.barsLimit)))
    }
}
