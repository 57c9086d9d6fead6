import Market
import Notices
import Regimes
import TestSupport
import Testing

@Suite("What a notice means for one person")
struct NoticePlanTests {
    private func plan(
        _ step: RegimeStep, _ preferences: NoticePreferences = NoticePreferences(),
        held: HeldStep? = nil, after seconds: Int64 = 0
    ) -> NoticePlan {
        NoticePlan(
            Steps.notice(step), for: preferences, held: held,
            at: Steps.start.advanced(bySeconds: seconds), by: .utc)
    }

    private func held(_ step: RegimeStep, window: Int64 = 60) -> HeldStep {
        HeldStep(
            eventID: EventID("e\(step.sequence)"), step: step, since: Steps.start,
            due: Steps.start.advanced(bySeconds: window))
    }

    @Test("who wants all of it is told at once")
    func instant() throws {
        #expect(plan(try Steps.step(.normalBull, .crisis)) == .tell(at: Steps.start))
    }

    @Test("what somebody does not want is passed over")
    func filters() throws {
        let crisis = try Steps.step(.normalBull, .crisis, confidence: 0.8)
        let calm = try Steps.step(.lowVolatility, .normalBull, confidence: 0.8)
        let market = try Steps.series("SPX").market
        let other = try Steps.series("QQQ").market
        let wanting: [(NoticePreferences, Bool, Bool)] = [
            (NoticePreferences(regimeChanges: false), false, false),
            (NoticePreferences(markets: [market]), true, true),
            (NoticePreferences(markets: [other]), false, false),
            (NoticePreferences(regimes: [.crisis]), true, false),
            // Also the way out.
            (NoticePreferences(regimes: [.normalBull]), true, true),
            (NoticePreferences(minimumRisk: .extreme), true, false),
            (NoticePreferences(minimumConfidence: 0.8), true, true),
            (NoticePreferences(minimumConfidence: 0.81), false, false),
        ]
        for (preferences, isCrisisWanted, isCalmWanted) in wanting {
            #expect((plan(crisis, preferences) != .pass) == isCrisisWanted, "\(preferences)")
            #expect((plan(calm, preferences) != .pass) == isCalmWanted, "\(preferences)")
        }
    }

    @Test("there and back within the window is nothing")
    func takenBack() throws {
        let preferences = NoticePreferences(netSeconds: 60)
        let away = try Steps.step(.normalBull, .crisis, sequence: 1)
        let back = try Steps.step(.crisis, .normalBull, sequence: 2)
        #expect(
            plan(away, preferences) == .tell(at: Steps.start.advanced(bySeconds: 60)))
        #expect(plan(back, preferences, held: held(away), after: 60) == .takeBack(EventID("e1")))
        // A moment later it is news of its own.
        #expect(
            plan(back, preferences, held: held(away), after: 61)
                == .tellBehind(at: Steps.start.advanced(bySeconds: 121)))
    }

    @Test("a way on is told as one step, when the first would have been")
    func onwards() throws {
        let preferences = NoticePreferences(netSeconds: 60)
        let first = try Steps.step(.normalBull, .highVolatility, sequence: 1)
        let second = try Steps.step(.highVolatility, .crisis, sequence: 2)
        let told = plan(second, preferences, held: held(first), after: 30)
        #expect(
            told
                == .tellInPlace(
                    of: EventID("e1"), previous: .normalBull, since: Steps.start,
                    at: Steps.start.advanced(bySeconds: 60)))
    }

    @Test("what is no longer wanted as a whole is taken back")
    func unwanted() throws {
        let preferences = NoticePreferences(regimes: [.crisis], netSeconds: 60)
        let first = try Steps.step(.normalBull, .crisis, sequence: 1)
        let second = try Steps.step(.crisis, .lowVolatility, sequence: 2)
        #expect(plan(second, preferences, held: held(first)) == .takeBack(EventID("e1")))
    }

    @Test("what is told stays news when what follows is only less sure")
    func unsure() throws {
        let preferences = NoticePreferences(minimumConfidence: 0.8, netSeconds: 60)
        let waiting = held(try Steps.step(.normalBull, .crisis, sequence: 1, confidence: 0.95))
        let unsure = try Steps.step(.crisis, .highVolatility, sequence: 2, confidence: 0.6)
        #expect(plan(unsure, preferences, held: waiting) == .pass)
        // It leads back, however sure that is.
        let back = try Steps.step(.crisis, .normalBull, sequence: 2, confidence: 0.6)
        #expect(plan(back, preferences, held: waiting) == .takeBack(EventID("e1")))
        var selective = preferences
        selective.regimes = [.crisis]
        #expect(plan(unsure, selective, held: waiting) == .takeBack(EventID("e1")))
    }

    @Test("a restatement is told at once, in place of what it corrects")
    func restated() throws {
        let preferences = NoticePreferences(netSeconds: 60)
        let waiting = held(try Steps.step(.normalBull, .crisis, sequence: 5))
        // Also where it leads back: what was announced before may have been told.
        for regime in [Regime.normalBull, .euphoria] {
            let restated = try Steps.step(.crisis, regime, sequence: 6, isRestatement: true)
            #expect(
                plan(restated, preferences, held: waiting, after: 60)
                    == .tellInPlace(
                        of: EventID("e5"), previous: .normalBull, since: Steps.start,
                        at: Steps.start.advanced(bySeconds: 60)))
        }
        var selective = preferences
        selective.regimes = [.crisis]
        let restated = try Steps.step(.crisis, .euphoria, sequence: 6, isRestatement: true)
        #expect(plan(restated, selective, held: waiting) == .takeBack(EventID("e5")))
        selective.regimes = []
        selective.minimumConfidence = 0.95
        #expect(plan(restated, selective, held: waiting) == .pass)
    }

    @Test("what is no part of what waits is told behind it")
    func behind() throws {
        let preferences = NoticePreferences(netSeconds: 60)
        let step = try Steps.step(.normalBull, .crisis, sequence: 5)
        // The window is over, what waits has its own time.
        let waiting = held(step, window: 90)
        let restated = try Steps.step(.crisis, .euphoria, sequence: 6, isRestatement: true)
        #expect(
            plan(restated, preferences, held: waiting, after: 61)
                == .tellBehind(at: Steps.start.advanced(bySeconds: 90)))
        // Nobody has told what is due.
        #expect(
            plan(restated, preferences, held: waiting, after: 99)
                == .tellBehind(at: Steps.start.advanced(bySeconds: 99)))
        #expect(
            plan(restated, NoticePreferences(regimes: [.lowVolatility]), held: waiting, after: 99)
                == .pass)
        var past = step
        past.isRestatement = true
        let next = try Steps.step(.crisis, .euphoria, sequence: 6)
        #expect(
            plan(next, preferences, held: held(past, window: 90))
                == .tellBehind(at: Steps.start.advanced(bySeconds: 90)))
    }

    @Test("what comes late takes nothing back")
    func outOfOrder() throws {
        let preferences = NoticePreferences(netSeconds: 60)
        let waiting = held(try Steps.step(.normalBull, .crisis, sequence: 5))
        let late = try Steps.step(.crisis, .normalBull, sequence: 4)
        let due = Steps.start.advanced(bySeconds: 60)
        #expect(plan(late, preferences, held: waiting) == .tell(at: due))
        let restated = try Steps.step(.crisis, .normalBull, sequence: 4, isRestatement: true)
        #expect(plan(restated, preferences, held: waiting) == .tell(at: Steps.start))
        let elsewhere = try Steps.step(.crisis, .normalBull, sequence: 6, market: "QQQ")
        #expect(plan(elsewhere, preferences, held: waiting) == .tell(at: due))
    }

    @Test("after any walk a person believes what holds", arguments: Sweep.seeds(20))
    func belief(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let preferences = NoticePreferences(netSeconds: 60)
        var regime = Regime.normalBull
        var believed = Regime.normalBull
        var waiting: HeldStep?
        var seconds: Int64 = 0
        for sequence in 1...60 {
            seconds += .random(in: 0...50, using: &generator)
            let now = Steps.start.advanced(bySeconds: seconds)
            if let due = waiting, due.due <= now {
                #expect(believed == due.step.previous)
                believed = due.step.regime
                waiting = nil
            }
            let others = Regime.known.filter { $0 != regime }
            let next = try #require(others.randomElement(using: &generator))
            let step = try Steps.step(regime, next, sequence: Int64(sequence))
            regime = next
            switch plan(step, preferences, held: waiting, after: seconds) {
            case .pass: Issue.record("everything is wanted")
            case .tell(let due), .tellBehind(let due):
                #expect(waiting == nil)
                waiting = HeldStep(eventID: EventID("e"), step: step, since: now, due: due)
            case .tellInPlace(_, let previous, let since, let due):
                var net = step
                net.previous = previous
                waiting = HeldStep(eventID: EventID("e"), step: net, since: since, due: due)
            case .takeBack:
                waiting = nil
            }
            #expect(waiting?.step.regime ?? believed == regime)
        }
    }
}
