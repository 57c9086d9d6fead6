import Market
import Ports
import TestSupport
import Testing

@testable import MarketRegime

@Suite("What the continuous proof verifies next")
struct ProofLedgerTests {
    private static let one = Samples.series("ONE")
    private static let two = Samples.series("TWO")

    private func head(
        _ series: Series = one, last: Int?, writes: Int64, calendar: SessionCalendar = .continuous
    ) -> SeriesHead {
        var head = SeriesHead(profile: Samples.profile(series, calendar: calendar))
        head.lastAsOf = last.map { Samples.day($0) }
        head.writes = writes
        return head
    }

    /// Noon of the day after a bar's.
    private func noon(after day: Int) -> Timestamp {
        Samples.day(day).advanced(bySeconds: 15 * 3_600)
    }

    private func report(
        _ series: Series = one, answers: Int = 10, differing days: [Int] = []
    ) -> VerificationReport {
        var report = VerificationReport(series: series)
        for _ in 0..<answers { report.takeAnswer(nil) }
        for day in days { report.take(difference(day, series)) }
        return report
    }

    private func difference(_ day: Int, _ series: Series = one) -> AssessmentDifference {
        AssessmentDifference(
            series: series, asOf: Samples.day(day), part: "regime", stored: "crisis",
            recomputed: "normal_bull")
    }

    @Test("a series is verified through its last closed day, and again when one more has closed")
    func closedDays() throws {
        var ledger = ProofLedger()
        ledger.look(at: [head(last: 5, writes: 6)], now: noon(after: 5))
        let target = try #require(ledger.next())
        #expect(target == .init(series: Self.one, through: Samples.day(5), writes: 6))
        #expect(ledger.tally.pending == 1)
        #expect(ledger.took(report(), of: target, writes: 6) == .proven)
        #expect(ledger.next() == nil)
        #expect(ledger.tally == .init(series: 1, bars: 10))
        // The next bar is there, and its day is not over.
        ledger.look(at: [head(last: 6, writes: 7)], now: Samples.day(6))
        #expect(ledger.next() == nil)
        // It is over, and nobody writes.
        ledger.look(at: [head(last: 6, writes: 7)], now: noon(after: 6))
        #expect(ledger.next()?.through == Samples.day(6))
    }

    @Test("of a day that is not over nothing is verified but what lies before it")
    func openDay() {
        var ledger = ProofLedger()
        ledger.look(at: [head(last: 6, writes: 7)], now: Samples.day(6))
        // Midnight before the bar of 21:00.
        #expect(ledger.next()?.through == Samples.day(5).advanced(bySeconds: 3 * 3_600))
        ledger.look(at: [head(last: nil, writes: 0)], now: Samples.day(6))
        #expect(ledger.next() == nil)
        #expect(ledger.tally == .init())
    }

    @Test(
        "a day closes by its market's calendar",
        arguments: [
            // A Friday at noon, that evening, and the Sunday after it.
            (SessionCalendar.nyse, "2018-11-23T17:59:00Z", "2018-11-21T21:00:00Z"),
            (.nyse, "2018-11-23T18:00:00Z", "2018-11-23T18:00:00Z"),
            (.nyse, "2018-11-25T12:00:00Z", "2018-11-23T18:00:00Z"),
            (.continuous, "2018-11-25T12:00:00Z", "2018-11-25T00:00:00Z"),
            (.none, "2018-11-25T12:00:00Z", "2018-11-25T00:00:00Z"),
        ])
    func calendars(calendar: SessionCalendar, now: String, end: String) throws {
        let now = try #require(Timestamp(rfc3339: now))
        #expect(ProofLedger.end(ofClosedDays: calendar, at: now).rfc3339 == end)
    }

    @Test("what is restated is verified no more, and is verified again once it is quiet")
    func restated() throws {
        var ledger = ProofLedger()
        ledger.look(at: [head(last: 5, writes: 6)], now: noon(after: 5))
        ledger.took(report(), of: try #require(ledger.next()), writes: 6)
        ledger.look(at: [head(last: 5, writes: 7)], now: noon(after: 5))
        #expect(ledger.tally == .init(pending: 1))
        #expect(ledger.verifiedThrough(limit: 9).map(\.through) == [nil])
        #expect(ledger.next() == nil)
        ledger.look(at: [head(last: 5, writes: 7)], now: noon(after: 5))
        let target = try #require(ledger.next())
        ledger.took(report(), of: target, writes: 7)
        #expect(ledger.verifiedThrough(limit: 9).map(\.through) == [Samples.day(5)])
        #expect(ledger.next() == nil)
    }

    @Test("one that is written all the time is waited for so many looks, and no more")
    func impatience() throws {
        var ledger = ProofLedger()
        ledger.look(at: [head(last: 5, writes: 6)], now: noon(after: 5))
        ledger.took(report(), of: try #require(ledger.next()), writes: 6)
        for look in 1...ProofLedger.patience {
            #expect(ledger.next() == nil)
            ledger.look(at: [head(last: 6, writes: 6 + Int64(look))], now: noon(after: 6))
        }
        #expect(ledger.next() != nil)
    }

    @Test("differences count when nobody wrote meanwhile, or when they come twice")
    func unsettled() throws {
        var ledger = ProofLedger()
        ledger.look(at: [head(last: 5, writes: 6)], now: noon(after: 5))
        let first = try #require(ledger.next())
        #expect(ledger.took(report(differing: [3]), of: first, writes: 7) == .unsettled)
        #expect(ledger.tally == .init(pending: 1))
        #expect(ledger.next() == nil)
        for (writes, finding) in [
            (Int64(8), ProofLedger.Finding.differs(difference(3))), (7, .differs(difference(3))),
        ] {
            var ledger = ledger
            ledger.look(at: [head(last: 5, writes: 7)], now: noon(after: 5))
            ledger.look(at: [head(last: 5, writes: 7)], now: noon(after: 5))
            let second = try #require(ledger.next())
            #expect(ledger.took(report(differing: [3]), of: second, writes: writes) == finding)
            #expect(ledger.tally.first == difference(3))
        }
        // They were somebody's writing.
        ledger.look(at: [head(last: 5, writes: 7)], now: noon(after: 5))
        ledger.look(at: [head(last: 5, writes: 7)], now: noon(after: 5))
        #expect(ledger.took(report(), of: try #require(ledger.next()), writes: 7) == .proven)
        #expect(ledger.tally == .init(series: 1, bars: 10))
    }

    @Test("the first difference is the earliest of all series, and goes when it is mended")
    func firstDifference() throws {
        var ledger = ProofLedger()
        let heads = [head(last: 5, writes: 6), head(Self.two, last: 5, writes: 6)]
        ledger.look(at: heads, now: noon(after: 5))
        ledger.took(report(differing: [4]), of: try #require(ledger.next()), writes: 6)
        let second = try #require(ledger.next())
        #expect(second.series == Self.two)
        ledger.took(report(Self.two, differing: [2, 4]), of: second, writes: 6)
        #expect(ledger.tally.differences == 3)
        #expect(ledger.tally.first == difference(2, Self.two))
        ledger.look(
            at: [head(last: 6, writes: 7), head(Self.two, last: 6, writes: 7)],
            now: noon(after: 6))
        ledger.look(
            at: [head(last: 6, writes: 7), head(Self.two, last: 6, writes: 7)],
            now: noon(after: 6))
        // The one verified longest ago comes first.
        let third = try #require(ledger.next())
        #expect(third.series == Self.one)
        ledger.took(report(), of: third, writes: 7)
        ledger.took(report(Self.two), of: try #require(ledger.next()), writes: 7)
        #expect(ledger.tally == .init(series: 2, bars: 20))
    }

    @Test("one that cannot be verified is not tried again before it is due, one that is gone never")
    func failures() throws {
        var ledger = ProofLedger()
        ledger.look(at: [head(last: 5, writes: 6)], now: noon(after: 5))
        let target = try #require(ledger.next())
        ledger.gaveUp(target)
        #expect(ledger.next() == nil)
        #expect(ledger.tally == .init(failed: 1))
        ledger.look(at: [], now: noon(after: 5))
        #expect(ledger.tally == .init())
        #expect(ledger.took(report(), of: target, writes: nil) == .proven)
        #expect(ledger.tally == .init())
    }
}
