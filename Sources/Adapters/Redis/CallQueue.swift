/// The calls of a connection that wait for replies, in the order in which they were sent: who gets
/// which reply, without a connection.
///
/// A call has its place before its caller waits (`add`, then `attach`), and keeps it when the
/// caller gives up (`abandon`): replies are told apart by nothing but their order.
struct CallQueue<Waiter> {
    typealias CallID = UInt64
    typealias Instant = ContinuousClock.Instant
    typealias Outcome = Result<[RedisReply], any Error>

    private struct Call {
        var missing: Int
        var replies: [RedisReply] = []
        var waiter: Waiter?
        var isAbandoned = false
        let sent: Instant
        let limit: Duration
    }

    /// Replies that may be outstanding.
    let replyLimit: Int
    /// How long the server may leave the oldest call unanswered, however short that call's limit.
    let silenceLimit: Duration
    private(set) var outstanding = 0
    private var calls: [Call] = []
    private var head = 0
    private var headID: CallID = 0
    private var lastReply: Instant?
    /// What became of calls whose callers do not wait yet.
    private var early: [CallID: Outcome] = [:]

    init(replyLimit: Int, silenceLimit: Duration) {
        self.replyLimit = replyLimit
        self.silenceLimit = silenceLimit
    }

    // MARK: - Callers

    func hasRoom(for replies: Int) -> Bool { replies <= replyLimit - outstanding }

    /// - Parameter replies: as many as the call gets, at least one.
    mutating func add(replies: Int, at now: Instant, limit: Duration) -> CallID {
        outstanding += replies
        calls.append(Call(missing: replies, sent: now, limit: limit))
        return headID + CallID(calls.count - head - 1)
    }

    /// What became of the call, when that is known already; else the waiter is kept.
    mutating func attach(_ waiter: Waiter, to id: CallID) -> Outcome? {
        if let outcome = early.removeValue(forKey: id) { return outcome }
        guard let index = index(of: id) else { return .failure(CancellationError()) }
        calls[index].waiter = waiter
        return nil
    }

    /// The replies of a call that is complete before its caller waits.
    mutating func take(_ id: CallID) -> [RedisReply]? {
        guard case .success(let replies)? = early[id] else { return nil }
        early[id] = nil
        return replies
    }

    /// Gives the waiter to tell; `nil` when there is none, or the call has ended already.
    mutating func abandon(_ id: CallID, because error: any Error) -> Waiter? {
        guard let index = index(of: id), !calls[index].isAbandoned else { return nil }
        return abandon(at: index, id, because: error)
    }

    private mutating func abandon(
        at index: Int, _ id: CallID, because error: any Error
    ) -> Waiter? {
        calls[index].isAbandoned = true
        calls[index].replies = []
        guard let waiter = calls[index].waiter else {
            early[id] = .failure(error)
            return nil
        }
        calls[index].waiter = nil
        return waiter
    }

    private func index(of id: CallID) -> Int? {
        guard id >= headID, id - headID < CallID(calls.count - head) else { return nil }
        return head + Int(id - headID)
    }

    // MARK: - The server

    enum Receipt {
        /// The call is complete.
        case answered(Waiter, [RedisReply])
        /// Nobody is to be told now.
        case kept
        /// No call waits for it.
        case unexpected
    }

    mutating func receive(_ reply: RedisReply, at now: Instant) -> Receipt {
        guard head < calls.count else { return .unexpected }
        outstanding -= 1
        lastReply = now
        calls[head].missing -= 1
        if !calls[head].isAbandoned { calls[head].replies.append(reply) }
        guard calls[head].missing == 0 else { return .kept }
        let (call, id) = (calls[head], headID)
        dropHead()
        guard !call.isAbandoned else { return .kept }
        guard let waiter = call.waiter else {
            early[id] = .success(call.replies)
            return .kept
        }
        return .answered(waiter, call.replies)
    }

    private mutating func dropHead() {
        // What a call held is let go at once, its place a little later.
        calls[head].waiter = nil
        calls[head].replies = []
        head += 1
        headID += 1
        if head == calls.count {
            calls.removeAll(keepingCapacity: head <= 64)
            head = 0
        } else if head > 64, 2 * head > calls.count {
            calls.removeFirst(head)
            head = 0
        }
    }

    /// Whoever waits when the connection has ended; nothing is outstanding afterwards.
    mutating func end(because error: any Error) -> [Waiter] {
        var waiters: [Waiter] = []
        for index in head..<calls.count where !calls[index].isAbandoned {
            let id = headID + CallID(index - head)
            if let waiter = abandon(at: index, id, because: error) { waiters.append(waiter) }
        }
        headID += CallID(calls.count - head)
        (calls, head, outstanding) = ([], 0, 0)
        return waiters
    }

    // MARK: - Time

    /// Abandons what has waited longer than its limit.
    mutating func expire(
        at now: Instant, _ error: (Duration) -> any Error
    ) -> [(waiter: Waiter, error: any Error)] {
        var expired: [(Waiter, any Error)] = []
        for index in head..<calls.count where !calls[index].isAbandoned {
            let limit = calls[index].limit
            guard calls[index].sent.advanced(by: limit) <= now else { continue }
            let (id, error) = (headID + CallID(index - head), error(limit))
            if let waiter = abandon(at: index, id, because: error) {
                expired.append((waiter, error))
            }
        }
        return expired
    }

    /// When the oldest call will have been unanswered for so long that the connection is of no use.
    var overdueAt: Instant? {
        guard head < calls.count else { return nil }
        let call = calls[head]
        let since = lastReply.map { max($0, call.sent) } ?? call.sent
        return since.advanced(by: max(call.limit, silenceLimit))
    }

    /// When to look at the calls again.
    var nextDue: Instant? {
        guard var next = overdueAt else { return nil }
        for call in calls[head...] where !call.isAbandoned {
            next = min(next, call.sent.advanced(by: call.limit))
        }
        return next
    }
}
