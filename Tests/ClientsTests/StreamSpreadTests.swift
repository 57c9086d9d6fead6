import TestSupport
import Testing

@testable import Clients

@Suite("Which connection a stream goes on")
struct StreamSpreadTests {
    private let start = ContinuousClock.now
    private let limit = StreamSpread.streamsLimit

    /// Takes places for so many.
    private func take(_ count: Int, _ spread: inout StreamSpread, after: Duration = .zero) -> [Int]
    {
        (0..<count).map { _ in
            let index = spread.place(at: start + after)
            spread.take(index)
            return index
        }
    }

    @Test("the first that has room, else a new one")
    func room() {
        var spread = StreamSpread()
        #expect(take(limit, &spread).allSatisfy { $0 == 0 })
        #expect(take(2, &spread) == [1, 1])
    }

    @Test("what was left counts for a while")
    func left() {
        var spread = StreamSpread()
        _ = take(limit, &spread)
        spread.leave(0, at: start)
        #expect(spread.place(at: start + StreamSpread.memory) == 1)
        #expect(spread.place(at: start + StreamSpread.memory + .nanoseconds(1)) == 0)
    }

    @Test("where all are full, that with the fewest")
    func full() {
        var spread = StreamSpread()
        _ = take(limit * StreamSpread.connectionsLimit, &spread)
        #expect(spread.place(at: start) == 0)
        spread.leave(7, at: start)
        #expect(spread.place(at: start) == 7)
    }

    @Test("no connection sees more resets in half a minute than servers bear", arguments: 1...5)
    func resets(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var spread = StreamSpread()
        var open: [Int] = []
        var resets: [Int: [Duration]] = [:]
        for step in 0..<20_000 {
            let time = Duration.milliseconds(5 * step)
            if open.isEmpty || Int.random(in: 0..<2, using: &random) == 0 {
                open += take(1, &spread, after: time)
            } else {
                let index = open.remove(at: Int.random(in: open.indices, using: &random))
                spread.leave(index, at: start + time)
                resets[index, default: []].append(time)
            }
        }
        for times in resets.values where times.count > 200 {
            #expect(zip(times, times.dropFirst(200)).allSatisfy { $1 - $0 > .seconds(30) })
        }
    }
}
