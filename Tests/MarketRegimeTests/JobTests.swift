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
        asOf: Timestamp? = nil, error: String? = nil
    ) -> BackfillProgressEvent {
        var work = BackfillWork()
        (work.bars, work.newBars) = (bars, new)
        return BackfillProgressEvent(
            of: job(market), state, worker: "w", work: work, asOf: asOf, error: error)
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
        // Begun again is no step further.
        #expect(board.silence(at: later) == .seconds(limit + 1))
    }

    @Test("only what brings a job nearer to its end is a sign of life")
    func silence() {
        func at(_ seconds: Int64) -> Timestamp { Self.now.advanced(bySeconds: seconds) }
        var board = board("A", "B")
        var steps: [(event: BackfillProgressEvent, moves: Bool)] = [
            (told("A", .started), true), (told("A", .started), false),
            (told("A", .running), false), (told("A", .running, asOf: Samples.day(5)), true),
            (told("A", .running, asOf: Samples.day(5)), false), (told("A", .started), false),
            // Another worker walks over what is there already.
            (told("A", .running, asOf: Samples.day(4)), false),
            (told("A", .running, asOf: Samples.day(6)), true),
            (told("C", .started), false), (told("A", .failed, error: "away"), true),
            (told("A", .failed, error: "away"), false), (told("A", .done), true),
            (told("A", .done), false),
        ]
        steps.append((told("B", .done), true))
        var moved: Int64 = 0
        for (second, step) in zip(Int64(1)..., steps) {
            board.take(step.event, at: at(second))
            if step.moves { moved = second }
            #expect(board.silence(at: at(second)) == .seconds(second - moved), "\(second)")
        }
        #expect(board.isOver)
    }

    // MARK: - The worker's patience

    @Test("a job that gets no further is given up at the limit; one that does is not")
    func patience() {
        var patience = JobPatience()
        var delays: [Duration] = []
        while let delay = patience.delay(havingReached: nil) { delays.append(delay) }
        #expect(delays.count == JobPatience.attemptLimit - 1)
        #expect(delays.first == BackfillWorker.retryDelay)
        #expect(delays.last == BackfillWorker.retryDelayMaximum)
        let sum = delays.reduce(.zero, +)
        #expect(sum > .seconds(120) && sum < .seconds(240))
        patience = JobPatience()
        for day in 0..<4 * JobPatience.attemptLimit {
            let delay = patience.delay(havingReached: Samples.day(day))
            #expect(delay == BackfillWorker.retryDelay)
        }
        // The same bar again, and one before it, are no further.
        let last = 4 * JobPatience.attemptLimit - 1
        for attempt in 1..<JobPatience.attemptLimit - 1 {
            #expect(patience.delay(havingReached: Samples.day(last - attempt % 2)) != nil)
        }
        #expect(patience.delay(havingReached: Samples.day(last)) == nil)
    }

    @Test("nothing to do is over")
    func nothing() {
        #expect(JobBoard().isOver)
        #expect(JobBoard().tally(at: Self.now).jobs == 0)
    }
}
