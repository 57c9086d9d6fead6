import Contracts
import Market
import MarketRegime
import Ports
import Regimes
import TestSupport
import Testing

@Suite("Which jobs a worker does, and what is known of them")
struct JobTests {
    // MARK: - The worker's desk

    private func event(_ partition: Int32, _ offset: Int64) -> LoggedEvent {
        LoggedEvent(
            message: EventMessage(topic: .backfillJobs, key: "\(partition)", payload: []),
            partition: partition, offset: offset)
    }

    @Test("so many jobs run at once, in the order in which they came, one of a partition")
    func limit() {
        var desk = JobDesk(limit: 2)
        #expect(desk.arrived(event(0, 1)) == [.start(event(0, 1))])
        #expect(desk.arrived(event(1, 2)) == [.start(event(1, 2))])
        #expect(desk.arrived(event(2, 3)) == [])
        #expect(desk.arrived(event(3, 4)) == [])
        #expect(
            desk.ended(event(1, 2), isLost: false)
                == [.resume(event(1, 2)), .start(event(2, 3))])
        #expect(desk.arrived(event(1, 5)) == [])
        #expect(
            desk.ended(event(2, 3), isLost: false)
                == [.resume(event(2, 3)), .start(event(3, 4))])
        #expect(
            desk.ended(event(0, 1), isLost: false)
                == [.resume(event(0, 1)), .start(event(1, 5))])
    }

    @Test("a job that was lost is another's; one that comes again is begun again")
    func lost() {
        var desk = JobDesk(limit: 1)
        _ = desk.arrived(event(0, 1))
        #expect(desk.ended(event(0, 1), isLost: true) == [])
        // It came again before its loss was noticed.
        _ = desk.arrived(event(0, 1))
        #expect(desk.arrived(event(0, 1)) == [])
        #expect(desk.ended(event(0, 1), isLost: true) == [.start(event(0, 1))])
        // It came again, and was done all the same.
        #expect(desk.arrived(event(0, 1)) == [])
        #expect(desk.ended(event(0, 1), isLost: false) == [.resume(event(0, 1))])
        // Another member did it, and the partition came back with the next one.
        _ = desk.arrived(event(0, 2))
        #expect(desk.arrived(event(0, 3)) == [])
        #expect(desk.ended(event(0, 2), isLost: true) == [.start(event(0, 3))])
    }

    @Test("one that waits and comes again waits once")
    func waitsOnce() {
        var desk = JobDesk(limit: 1)
        _ = desk.arrived(event(0, 1))
        #expect(desk.arrived(event(1, 2)) == [])
        #expect(desk.arrived(event(1, 2)) == [])
        #expect(
            desk.ended(event(0, 1), isLost: false)
                == [.resume(event(0, 1)), .start(event(1, 2))])
        #expect(desk.ended(event(1, 2), isLost: false) == [.resume(event(1, 2))])
        #expect(desk.ended(event(1, 2), isLost: false) == [])
    }

    // MARK: - The coordinator's board

    private static let now = Samples.day(0)

    private func job(_ market: String) -> BackfillJobEvent {
        BackfillJobEvent(
            universe: "all.csv", series: Samples.series(market), calendar: .nyse,
            source: .init(path: "all.csv", sha256: "00", bytes: 1),
            reading: .init(
                price: "close", stamp: "close", timeZone: nil, onBadRow: "fail", onSplit: "refuse",
                column: nil),
            specification: "{}")
    }

    private func told(
        _ market: String, _ state: BackfillProgressEvent.State, bars: Int = 0, new: Int = 0,
        error: String? = nil
    ) -> BackfillProgressEvent {
        var work = BackfillWork()
        (work.bars, work.newBars) = (bars, new)
        return BackfillProgressEvent(
            of: job(market), state, worker: "w", work: work, error: error)
    }

    private func board(_ markets: String...) -> JobBoard {
        var board = JobBoard()
        for market in markets { board.put(job(market), at: Self.now) }
        return board
    }

    @Test("jobs wait, run, and are over; each is counted once")
    func board() {
        var board = board("A", "B", "A")
        #expect(board.tally(at: Self.now).jobs == 2)
        #expect(board.tally(at: Self.now).waiting == 2)
        board.take(told("A", .started), at: Self.now)
        board.take(told("A", .running, bars: 10), at: Self.now)
        board.take(told("C", .done, bars: 99), at: Self.now)
        var tally = board.tally(at: Self.now)
        #expect((tally.waiting, tally.running, tally.work.bars) == (1, 1, 10))
        for _ in 1...2 { board.take(told("A", .done, bars: 20, new: 20), at: Self.now) }
        // Told late, or by a worker that did not know.
        board.take(told("A", .running, bars: 5), at: Self.now)
        board.take(told("A", .failed, error: "no"), at: Self.now)
        #expect(!board.isOver)
        board.take(told("B", .failed, error: "no file"), at: Self.now)
        #expect(board.isOver)
        tally = board.tally(at: Self.now)
        #expect((tally.done, tally.failed, tally.nothingNew, tally.work.bars) == (1, 1, 0, 20))
        #expect(board.failures.map(\.reason) == ["no file"])
        // Another worker did it after all, and found it written.
        board.take(told("B", .done, bars: 7), at: Self.now)
        tally = board.tally(at: Self.now)
        #expect((tally.done, tally.failed, tally.nothingNew) == (2, 0, 1))
        #expect(board.isOver)
    }

    @Test("a job whose worker is silent for too long is stalled, until it is heard of again")
    func stalled() {
        let limit = JobBoard.stallLimit.components.seconds
        var board = board("A", "B")
        board.take(told("A", .started), at: Self.now)
        #expect(board.tally(at: Self.now.advanced(bySeconds: limit)).stalled == 0)
        let later = Self.now.advanced(bySeconds: limit + 1)
        #expect(board.tally(at: later).stalled == 1)
        #expect(board.tally(at: later).running == 0)
        #expect(board.silence(at: later) == .seconds(limit + 1))
        board.take(told("A", .started), at: later)
        #expect(board.tally(at: later).running == 1)
        #expect(board.silence(at: later) == .zero)
    }

    @Test("nothing to do is over")
    func nothing() {
        #expect(JobBoard().isOver)
        #expect(JobBoard().tally(at: Self.now).jobs == 0)
    }
}
