import Market
import RegimeModels
import Regimes
import TestSupport
import Testing

/// What the explanation of a change says holds when it is tried.
@Suite("Explanations of changes")
struct ExplanationTests {
    /// The default and the rules on real history, and every kind of model, often refitted, on some.
    static let changes: [ExplainedChange] = {
        var rules = RegimeSpecification.standard
        rules.model = .rules
        let real = [History.standardAndPoors, History.nasdaq].flatMap { bars in
            [RegimeSpecification.standard, rules].flatMap { ExplainedChange.all(bars, $0) }
        }
        return real
            + ModelKind.allCases.flatMap { kind in
                let quick = RegimeSpecification.quick(kind)
                return ExplainedChange.all(Array(History.standardAndPoors.prefix(1_000)), quick)
            }
    }()

    @Test func whatMovedLooksMoved() {
        var moves = 0
        for change in Self.changes {
            for part in change.reasoning.split(separator: " from ").dropFirst() {
                let ends = part.split(separator: " (")[0].split(separator: " to ")
                guard ends.count == 2 else { continue }
                moves += 1
                #expect(ends[0] != ends[1], "\(change.reasoning)")
            }
        }
        #expect(moves > 100)
    }

    @Test func everyChangeBetweenKnownLabelsIsExplained() {
        var unexplained = 0
        for step in History.walk(History.randomWalk(1_500, seed: 61), .quick) {
            let isChange =
                step.published != step.publishedBefore && step.publishedBefore != .unknown
            #expect((step.explanation != nil) == isChange)
            unexplained += isChange ? 0 : 1
            if let explanation = step.explanation {
                #expect(explanation.previous == step.publishedBefore)
                #expect(explanation.regime == step.published)
                #expect(explanation.isByRefitAlone == step.changedByRefitAlone)
            }
        }
        #expect(unexplained > 1_000)
        #expect(Self.changes.count > 300)
    }

    /// The printed number, given to the model in place of the bar's own, brings the label before
    /// back, and the printable number next to it on the present one's side does not.
    @Test func everyCounterfactualFlipsTheLabelWhenApplied() {
        var flips = 0
        for change in Self.changes {
            for entry in change.explanation.counterfactuals {
                guard let flip = entry.flip else { continue }
                flips += 1
                let name = entry.input.name
                let printed = entry.input.scale.text(flip.value, decimals: flip.decimals)
                let place: Comment = "\(change.date) \(name) \(entry.direction) at \(printed)"
                #expect(value(printed: printed, of: name) == flip.value, place)
                #expect(change.published(name, at: flip.value) == change.publishedBefore, place)
                let hair = change.published(name, at: flip.lastWithout)
                #expect(hair == change.explanation.regime, place)
                #expect((flip.value > entry.value) == (entry.direction == .up), place)
                #expect(
                    (flip.value - entry.searchedTo).magnitude
                        <= (entry.value - entry.searchedTo).magnitude, place)
            }
        }
        #expect(flips > 800)
    }

    /// Between the bar's value and the flip, or the end of the search, nothing flips the label.
    @Test func noNearerValueFlipsTheLabel() {
        let gridSteps = Sweep.isLong ? 500 : 30
        var claims = 0
        for change in Self.changes {
            for entry in change.explanation.counterfactuals {
                let end = entry.flip?.lastWithout ?? entry.searchedTo
                claims += entry.flip == nil ? 1 : 0
                for step in 0...gridSteps {
                    let share = Double(step) / Double(gridSteps)
                    let value = entry.value + (end - entry.value) * share
                    let published = change.published(entry.input.name, at: value)
                    #expect(
                        published == change.explanation.regime,
                        "\(change.date) \(entry.input.name) \(entry.direction) at \(value)")
                }
            }
        }
        #expect(claims > 500)
    }

    @Test func influencesAreWhatRunningTheDepartureAgainGives() throws {
        for change in Self.changes {
            let explanation = change.explanation
            let bars = change.history.suffix(explanation.bars)
            #expect(bars.allSatisfy { $0.raw != explanation.previous })
            let before = change.history.dropLast(explanation.bars).last
            if explanation.bars < 21 {
                #expect(before.map { $0.raw == explanation.previous } ?? true)
            }
            #expect(explanation.probability == change.probability(holding: []))
            let held = explanation.influences.map { (name: $0.input.name, value: $0.before) }
            #expect(explanation.probabilityUnmoved == change.probability(holding: held))
            let reference = try #require(before?.observation ?? change.earlier)
            for influence in explanation.influences {
                let name = influence.input.name
                #expect(
                    change.setting(name, to: influence.before, in: reference).features
                        == reference.features)
                let without = change.probability(holding: [(name, influence.before)])
                #expect(influence.probabilityHeld == without)
                let alone = change.probability(holding: held.filter { $0.name != name })
                #expect(influence.probabilityAlone == alone)
                #expect(influence.share.magnitude <= 1)
            }
            let shares = explanation.influences.map(\.share.magnitude)
            #expect(shares == shares.sorted(by: >))
        }
    }

    /// Rules have no dynamics: with nothing moved they would say what they said before, but for
    /// the yardstick's own movement.
    @Test func rulesUnmovedSayWhatTheySaidBefore() throws {
        for change in Self.changes where change.specification.model == .rules {
            guard let before = change.history.dropLast(change.explanation.bars).last
            else { continue }
            var filter = before.filter
            let step = filter.advance(with: before.observation)
            let said = try #require(step?.probabilities[change.explanation.regime])
            let unmoved = try #require(change.explanation.probabilityUnmoved)
            #expect((unmoved - said).magnitude < 0.15, "\(change.date)")
        }
    }

    @Test func anExplanationDoesNotDependOnLaterBars() {
        let bars = History.randomWalk(900, seed: 62)
        let whole = History.walk(bars, .quick)
        let changed = whole.indices.filter { whole[$0].explanation != nil }
        #expect(changed.count > 5)
        for index in changed.prefix(5) {
            let cut = History.walk(Array(bars.prefix(index + 1)), .quick)
            #expect(cut.last?.explanation == whole[index].explanation)
        }
    }

    @Test func everyNumberOfTheTextIsOneOfTheExplanation() {
        for change in Self.changes {
            let explanation = change.explanation
            #expect(change.reasoning.count <= 450, "\(change.reasoning)")
            #expect(!change.reasoning.contains("n/a"), "\(change.reasoning)")
            let flips = explanation.counterfactuals.compactMap { entry in
                entry.flip.map { flip in
                    "\(entry.input.scale.label) "
                        + entry.input.scale.text(flip.value, decimals: flip.decimals)
                        + " in place of "
                        + entry.input.scale.text(entry.value, decimals: flip.decimals)
                }
            }
            let named = flips.filter { change.reasoning.contains($0) }
            let parts = change.reasoning.split(separator: " in place of ").count - 1
            #expect(named.count == parts, "\(change.reasoning)")
            #expect(flips.isEmpty == named.isEmpty)
        }
    }

    @Test func theFallOfLehmanBrothersInWords() throws {
        var specification = RegimeSpecification.standard
        specification.model = .rules
        specification.hysteresis = HysteresisParameters(
            entryProbability: 0.6, exitProbability: 0.4, minimumDwellBars: 10, confirmationBars: 3,
            recoveryConfirmationBars: 5)
        let day = try #require(CivilDate(iso: "2008-09-16"))
        let change = try #require(
            ExplainedChange.all(History.standardAndPoors, specification).first { $0.date == day })
        #expect(
            change.reasoning
                == "crisis 100.0 %; moved in 6 bars by volatility rank from 75.8 % to 93.5 % "
                + "(29.2 % had it stayed) and drawdown from -19.0 % to -22.5 % (82.7 % had it "
                + "stayed); still normal_bear with volatility rank 82.0 % in place of 93.5 % or "
                + "drawdown -17.7 % in place of -22.5 %")
        let rank = try #require(
            change.explanation.influences.first { $0.input.name == "volatility_rank" })
        #expect(rank == change.explanation.influences.first)
        #expect(change.published("volatility_rank", at: 0.82) == .normalBear)
        #expect(change.published("volatility_rank", at: 0.821) == .crisis)
        #expect(change.published("drawdown_252", at: -0.177) == .normalBear)
        #expect(change.published("drawdown_252", at: -0.178) == .crisis)
    }
}
