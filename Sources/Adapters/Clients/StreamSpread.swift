/// Which of several connections a stream goes on. Who leaves a stream resets it, and servers close
/// a connection with many resets (NIO's: 200 in 30 s), with all calls that are on it: so each has
/// few enough that all of them may be left at once.
struct StreamSpread {
    /// Streams of one connection, with those that were left a while ago.
    static let streamsLimit = 180
    /// How long one that was left counts.
    static let memory = Duration.seconds(40)
    /// Where so many are full, streams go where the fewest are.
    static let connectionsLimit = 512

    private struct Load {
        var open = 0
        var left: [ContinuousClock.Instant] = []

        func count(at now: ContinuousClock.Instant) -> Int {
            let known = left.firstIndex { $0.duration(to: now) <= StreamSpread.memory }
            return open + left.count - (known ?? left.count)
        }

        mutating func leave(at now: ContinuousClock.Instant) {
            open -= 1
            left.append(now)
            if left.count > StreamSpread.streamsLimit { left.removeFirst() }
        }
    }

    private var loads: [Load] = []

    /// Where the next stream goes: the number of a connection, from 0 on; that of one to be made is
    /// the next.
    func place(at now: ContinuousClock.Instant) -> Int {
        if let free = loads.firstIndex(where: { $0.count(at: now) < StreamSpread.streamsLimit }) {
            return free
        }
        guard loads.count == StreamSpread.connectionsLimit else { return loads.count }
        return loads.indices.min { loads[$0].open < loads[$1].open } ?? 0
    }

    mutating func take(_ index: Int) {
        if index == loads.count { loads.append(Load()) }
        loads[index].open += 1
    }

    mutating func leave(_ index: Int, at now: ContinuousClock.Instant) {
        loads[index].leave(at: now)
    }
}
