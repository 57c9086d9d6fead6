import Contracts
import Hosting
import Market
import Ports

/// Which scorecards are known and which are to be made, in the order in which they were asked for:
/// the decisions of `Scorecards`, which makes them.
struct ScorecardShelf {
    typealias Instant = ContinuousClock.Instant

    /// Series whose scorecard is remembered.
    static let memoryLimit = 64
    /// Scorecards that may wait to be made, the one in the making included.
    static let queueLimit = 32
    /// Up to which age a scorecard is given though its series was written since.
    static let ageLimit = Duration.seconds(300)

    /// After so long a place in the queue is likely to be free: one takes a second or two.
    static let retrySeconds = 2

    /// A scorecard that is to be made.
    struct Order {
        /// Where its series stood when it was asked for last.
        var head: SeriesHead
        let flight = Flight<Scorecards.Card>()

        fileprivate var series: Series { head.profile.series }
    }

    enum Answer {
        case card(Scorecards.Card)
        /// It is waited for.
        case flight(Flight<Scorecards.Card>)
    }

    private struct Known {
        let card: Scorecards.Card
        /// The head's, of which it was made.
        let writes: Int64
        let madeAt: Instant
    }

    private var known: [Series: Known] = [:]
    /// Of `known`, made longest ago first.
    private var ages: [Series] = []
    private var queue: [Order] = []
    private var making: Order?
    private var hasEnded = false

    /// The last scorecard while it is of the latest write, or has not aged: then another is made
    /// meanwhile. One that sums nothing up is out of date with the next write.
    ///
    /// - Parameter head: where the series stands.
    /// - Throws: RESOURCE_EXHAUSTED when too many wait already, UNAVAILABLE after the end.
    mutating func ask(_ head: SeriesHead, at now: Instant) throws(RPCFault) -> Answer {
        let last = known[head.profile.series]
        if let last, last.writes >= head.writes { return .card(last.card) }
        let order = hasEnded ? nil : order(head)
        if let last, last.card.bars > 0, last.madeAt.duration(to: now) < Self.ageLimit {
            return .card(last.card)
        }
        if let order { return .flight(order.flight) }
        if hasEnded { throw Self.ending }
        throw RPCFault(
            .resourceExhausted,
            "\(Self.queueLimit) scorecards are waiting to be made: ask again later",
            retryAfterSeconds: Self.retrySeconds)
    }

    /// What is to be made of a series; `nil` when too many wait already.
    private mutating func order(_ head: SeriesHead) -> Order? {
        let series = head.profile.series
        if let making, making.series == series, making.head.writes >= head.writes {
            return making
        }
        if let place = queue.firstIndex(where: { $0.series == series }) {
            if queue[place].head.writes < head.writes { queue[place].head = head }
            return queue[place]
        }
        guard queue.count + (making == nil ? 0 : 1) < Self.queueLimit else { return nil }
        queue.append(Order(head: head))
        return queue.last
    }

    /// What is made next; `nil` when nothing waits. What was taken before must have landed.
    mutating func next() -> Order? {
        precondition(making == nil, "one is made at a time")
        guard !queue.isEmpty else { return nil }
        making = queue.removeFirst()
        return making
    }

    /// Takes what became of the one in the making. A failure is not remembered, and leaves what was
    /// known before.
    mutating func land(_ result: Result<Scorecards.Card, any Error>, at now: Instant) {
        guard let made = making else { return }
        making = nil
        guard case .success(let card) = result else { return }
        ages.removeAll { $0 == made.series }
        if ages.count == Self.memoryLimit { known[ages.removeFirst()] = nil }
        ages.append(made.series)
        known[made.series] = Known(card: card, writes: made.head.writes, madeAt: now)
    }

    /// Makes nothing any more.
    ///
    /// - Returns: what is waited for in vain.
    mutating func end() -> [Flight<Scorecards.Card>] {
        hasEnded = true
        defer { (queue, making) = ([], nil) }
        return ([making].compactMap(\.self) + queue).map(\.flight)
    }

    static let ending = RPCFault.unavailable(
        "the server is ending, and makes no scorecards any more: ask again")
}
