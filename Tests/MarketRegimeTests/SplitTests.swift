import Backends
import Contracts
import Foundation
import Market
import MarketRegime
import Ports
import Regimes
import TestSupport
import Testing

@Suite("What looks like an unadjusted split is refused by every door")
struct SplitTests {
    private static let at = 400

    /// A walk that two shares for one are given in, at bar 400: to that, prices are twice as high.
    private static func splitting(count: Int = 420, seed: UInt64 = 15) -> [Bar] {
        Samples.bars(count: count, seed: seed).enumerated().map { number, bar in
            Samples.bar(number, close: bar.close * (number < at ? 2 : 1))
        }
    }

    private func refusal(_ action: () async throws -> Void) async throws -> BarRefusal? {
        do {
            try await action()
            return nil
        } catch let refusal as BarRefusal {
            return refusal
        }
    }

    @Test("a backfill that may not look ahead stops before its chunk, and names bar and remedy")
    func backfill() async throws {
        let world = World()
        let bars = Self.splitting()
        let error = await #expect(throws: BackfillError.self) {
            try await world.backfill(bars, World.request(splits: .refuse))
        }
        let text = try #require(error).description
        #expect(text.contains("\(bars[Self.at].timestamp)"))
        #expect(text.contains("2-for-1 split"))
        #expect(text.contains("--price adjusted"))
        #expect(text.contains("--accept-split SPX@2001-02-06"))
        let last = try await world.store.head(of: World.series)?.lastAsOf
        #expect(last == bars[BackfillRequest.defaultChunkSize - 1].timestamp)
    }

    @Test("one that may look ahead writes nothing at all, be the series new or begun")
    func scanned() async throws {
        let bars = Self.splitting()
        for stored in [0, 100, Self.at] {
            let world = World()
            if stored > 0 { try await world.backfill(Array(bars[..<stored])) }
            await #expect(throws: BackfillError.self) {
                try await world.backfill(
                    bars, World.request(splits: .refuse), isScanning: true)
            }
            #expect(try await world.history().count == stored)
            #expect((try await world.store.head(of: World.series) == nil) == (stored == 0))
        }
    }

    @Test("a step that is accepted by market and date is taken, and no other one")
    func acceptedByName() async throws {
        let bars = Self.splitting()
        for (name, isTaken) in [
            ("SPX@2001-02-06", true), ("SPX@2001-02-07", false), ("NDX@2001-02-06", false),
        ] {
            let world = World()
            let policy = SplitPolicy(
                .refuse, accepting: [try #require(AcceptedSplit(name))])
            do {
                try await world.backfill(bars, World.request(splits: policy), isScanning: true)
                #expect(isTaken)
            } catch is BackfillError {
                #expect(!isTaken)
            }
            #expect(try await world.history().count == (isTaken ? bars.count : 0))
        }
    }

    @Test("what is accepted is read as it is written, and nothing else")
    func policyText() throws {
        for text in ["accept", "refuse", "refuse BRK.B@2010-01-21 SPX@2001-02-06"] {
            #expect(try #require(SplitPolicy(text)).description == text)
        }
        for text in [
            "", "maybe", "refuse SPX", "refuse SPX@", "refuse @2001-02-06", "refuse ",
            "refuse SPX@2001-02-30",
        ] {
            #expect(SplitPolicy(text) == nil, "\(text)")
        }
        let both = try #require(SplitPolicy("refuse BRK.B@2010-01-21 SPX@2001-02-06"))
        #expect(both.of(World.series.market).description == "refuse SPX@2001-02-06")
    }

    @Test("told to accept, it takes all; what is stored is not asked about again")
    func accepted() async throws {
        let world = World()
        let bars = Self.splitting()
        let refusing = World.request(splits: .refuse)
        let first = try await world.backfill(bars, World.request(splits: .accept))
        #expect(first.work.newBars == bars.count)
        #expect(try await world.backfill(bars, refusing).work.wroteNothing)
        let more = Samples.bars(count: 430, seed: 15).suffix(10)
        #expect(try await world.backfill(Array(more), refusing).work.newBars == 10)
    }

    @Test("the seam between what is stored and what comes is looked at too")
    func seam() async throws {
        let world = World()
        let bars = Self.splitting()
        try await world.backfill(Array(bars[..<Self.at]))
        await #expect(throws: BackfillError.self) {
            try await world.backfill(
                Array(bars[Self.at...]), World.request(splits: .refuse))
        }
        #expect(try await world.store.head(of: World.series)?.lastAsOf == Samples.day(399))
    }

    @Test("live, it is refused until a backfill has had its say, and so is what follows")
    func live() async throws {
        let world = World()
        let bars = Self.splitting()
        try await world.backfill(Array(bars[..<Self.at]))
        let intake = BarIntake(classifier: world.classifier())
        for bar in bars[Self.at...].prefix(3) {
            let refusal = try await refusal { try await intake.take(bar, of: World.series) }
            guard case .suspectedSplit(_, let split) = refusal else {
                Issue.record("\(bar.timestamp) was not refused")
                continue
            }
            #expect(split.timestamp == bar.timestamp)
            #expect(split.isAfterMissingBars == (bar.timestamp != bars[Self.at].timestamp))
        }
        #expect(try await world.history().count == Self.at)
        // The adjusted history.
        try await world.backfill(Samples.bars(count: 401, seed: 15))
        for bar in bars[(Self.at + 1)...] { try await intake.take(bar, of: World.series) }
        let whole = World()
        try await whole.backfill(Samples.bars(count: 420, seed: 15))
        #expect(
            sayTheSame(
                timeless(try await whole.history()), timeless(try await world.history())))
    }

    @Test("live, a real fall goes on once a backfill was told to accept it")
    func liveAccepted() async throws {
        let world = World()
        let bars = Self.splitting()
        try await world.backfill(Array(bars[..<Self.at]))
        let intake = BarIntake(classifier: world.classifier())
        #expect(try await refusal { try await intake.take(bars[Self.at], of: World.series) } != nil)
        try await world.backfill([bars[Self.at]], World.request(splits: .accept))
        for bar in bars[(Self.at + 1)...] { try await intake.take(bar, of: World.series) }
        #expect(try await world.history().count == bars.count)
    }

    /// Bars a day: on the new footing, where one is that a market may come to on its own, and back.
    private static let after: [(close: Double, isTaken: Bool)] = [
        (0.5, false), (0.53, false), (0.47, false), (0.36, false), (0.66, false), (0.5, false),
        (0.95, true), (0.96, true),
    ]

    @Test("a process that is started anew between any two bars answers as one that stayed up")
    func restarted() async throws {
        for isRestarting in [false, true] {
            let store = World().store
            try await expectSameAnswers(isRestarting: isRestarting) { store }
        }
    }

    @Test("on SQLite too, the store opened anew as well")
    func restartedOnSQLite() async throws {
        for isRestarting in [false, true] {
            let folder = FileManager.default.temporaryDirectory.appending(
                path: "bloasis-splits-" + UUID().uuidString)
            defer { try? FileManager.default.removeItem(at: folder) }
            let path = folder.appending(path: "store.sqlite").path()
            try await expectSameAnswers(isRestarting: isRestarting) {
                try EmbeddedStore(path: path, wording: .standard, now: World.now).regimes
            }
        }
    }

    private func expectSameAnswers(
        isRestarting: Bool, open: () throws -> any RegimeJournal & RegimeReader
    ) async throws {
        var store = try open()
        let bars = Array(Self.splitting(count: 430)[..<Self.at])
        let close = try #require(bars.last).close
        _ = try await Backfill(journal: store, reader: store)
            .run(World.request(), from: Backfill.source(of: bars))
        func intake() -> BarIntake {
            BarIntake(
                classifier: LiveClassifier(
                    journal: store, reader: store, now: World.now, logger: World.logger,
                    jitter: SplitMix64(seed: 1)))
        }
        var current = intake()
        for (offset, step) in Self.after.enumerated() {
            let bar = Samples.bar(Self.at + offset, close: close * step.close)
            let refusal = try await refusal { try await current.take(bar, of: World.series) }
            #expect((refusal == nil) == step.isTaken, "bar \(offset), \(step)")
            if isRestarting {
                store = try open()
                current = intake()
            }
        }
        let history = try await store.history(SeriesQuery(World.series))
        #expect(history.count == Self.at + Self.after.count(where: \.isTaken))
    }

    @Test("over the wire, nothing of a request with such a bar is taken", arguments: [1, 3])
    func recording(count: Int) async throws {
        let world = World()
        let bars = Self.splitting()
        try await world.backfill(Array(bars[..<(Self.at - 1)]))
        var request = Bloasis_Trading_RecordBarsRequest()
        let sent = bars[(Self.at - 1)...].prefix(count)
        request.bars = sent.map { bar in
            var message = Bloasis_Trading_MarketBar()
            message.timestamp = bar.timestamp.rfc3339
            message.open = bar.open
            message.volume = bar.volume
            message.close = bar.close
            return message
        }
        let topic = BarRecording(
            to: .topic(world.bus), reader: world.store, defaultMarket: World.series.market,
            now: World.now)
        let classified = BarRecording(
            to: .classifier(BarIntake(classifier: world.classifier())), reader: world.store,
            defaultMarket: World.series.market, now: World.now)
        for recording in [topic, classified] {
            do {
                _ = try await recording.recordBars(request)
                #expect(count == 1)
            } catch let fault as RPCFault {
                #expect(count == 3)
                #expect(fault.code == .invalidArgument)
                #expect(fault.message.contains("2-for-1 split"))
            }
        }
        #expect(world.bus.logged(.marketBars).count == (count == 1 ? 1 : 0))
        #expect(try await world.history().count == Self.at - 1 + (count == 1 ? 1 : 0))
    }
}

/// Answers but for when they could be known: a correction is known from when it was brought.
private func timeless(_ history: [RegimeAssessment]) -> [RegimeAssessment] {
    history.map { assessment in
        var assessment = assessment
        assessment.availableAt = assessment.asOf
        return assessment
    }
}

@Suite("A history that was adjusted again")
struct ReadjustedHistoryTests {
    private static let count = 500

    /// As a vendor gives it after another dividend or split.
    private static func scaled(
        _ bars: [Bar], by factor: Double, knownAt: Timestamp? = nil
    ) -> [Bar] {
        bars.map { bar in
            var bar = bar
            bar.open *= factor
            bar.high *= factor
            bar.low *= factor
            bar.close *= factor
            if let knownAt { bar.availableAt = knownAt }
            return bar
        }
    }

    @Test("by a power of two: every bar is revised, every return has its bits, no label changes")
    func split() async throws {
        let world = World()
        let bars = World.bars(count: Self.count, seed: 9)
        try await world.backfill(bars)
        let before = try await world.history()
        let again = try await world.backfill(Self.scaled(bars, by: 0.5))
        #expect(again.work.revisedBars == Self.count)
        #expect(again.work.newBars == 0)
        // They are known anew, and say what they said.
        #expect(again.work.restatedAssessments == Self.count)
        #expect(sayTheSame(timeless(before), timeless(try await world.history())))
        let stored = try await world.store.bars(SeriesQuery(World.series))
        #expect(stored.allSatisfy { $0.revision == 2 })
        #expect(try await world.backfill(Self.scaled(bars, by: 0.5)).work.wroteNothing)
    }

    @Test("by another factor: returns differ in their last bits, so answers restate, labels stay")
    func dividend() async throws {
        let world = World()
        let bars = World.bars(count: Self.count, seed: 9)
        try await world.backfill(bars)
        let before = try await world.history()
        let again = try await world.backfill(Self.scaled(bars, by: 0.9871))
        #expect(again.work.revisedBars == Self.count)
        #expect(again.work.restatedAssessments == Self.count)
        let after = try await world.history()
        #expect(before.map(\.regime) == after.map(\.regime))
        #expect(!sayTheSame(timeless(before), timeless(after)))
        let fresh = World()
        try await fresh.backfill(Self.scaled(bars, by: 0.9871))
        #expect(sayTheSame(timeless(after), timeless(try await fresh.history())))
    }

    /// A dividend scales what lies before it alone.
    @Test("what was believed before the new history was known is still there")
    func belief() async throws {
        let world = World()
        let bars = World.bars(count: Self.count, seed: 10)
        try await world.backfill(bars)
        let before = try await world.history()
        let learnt = Samples.day(Self.count + 5)
        let changed = Self.scaled(Array(bars[..<300]), by: 0.8, knownAt: learnt)
        let again = try await world.backfill(changed + bars[300...])
        #expect(again.work.revisedBars == 300)
        #expect(again.work.restatedAssessments >= 300)
        let last = try #require(bars.last).timestamp
        let then = try await world.store.known(World.series, at: last)
        #expect(then?.revision == 1)
        #expect(try #require(then).saysTheSame(as: try #require(before.last)))
        let now = try await world.store.known(World.series, at: learnt)
        #expect(now?.revision == 2)
        #expect(now?.asOf == last && now?.availableAt == learnt)
        // What says the same as before says it since then.
        #expect(try await world.history().allSatisfy { $0.availableAt == learnt })
    }
}
