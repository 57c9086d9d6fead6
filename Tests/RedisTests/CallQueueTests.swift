import TestSupport
import Testing

@testable import Redis

/// Who gets which reply, as scripts of calls; a waiter is a number.
@Suite("Calls wait in line for their replies")
struct CallQueueTests {
    private let start = ContinuousClock.now

    private func queue(replies: Int = 100) -> CallQueue<Int> {
        CallQueue(replyLimit: replies, silenceLimit: .seconds(5))
    }

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant {
        start.advanced(by: .milliseconds(milliseconds))
    }

    private func say(_ receipt: CallQueue<Int>.Receipt) -> String {
        switch receipt {
        case .answered(let waiter, let replies): "\(waiter): \(replies.compactMap(\.text))"
        case .kept: "kept"
        case .unexpected: "unexpected"
        }
    }

    @Test func repliesGoToCallsInOrder() {
        var queue = queue()
        let ids = [1, 3, 1].map { queue.add(replies: $0, at: start, limit: .seconds(1)) }
        for (waiter, id) in ids.enumerated() { #expect(queue.attach(waiter, to: id) == nil) }
        #expect(queue.outstanding == 5)
        let said = "abcdef".map { say(queue.receive(.simple("\($0)"), at: start)) }
        #expect(
            said == [
                #"0: ["a"]"#, "kept", "kept", #"1: ["b", "c", "d"]"#, #"2: ["e"]"#, "unexpected",
            ])
        #expect(queue.outstanding == 0)
    }

    @Test func whoGivesUpKeepsItsPlace() {
        var queue = queue()
        let ids = (0..<3).map { _ in queue.add(replies: 1, at: start, limit: .seconds(1)) }
        for (waiter, id) in ids.enumerated() { _ = queue.attach(waiter, to: id) }
        let told = [1, 1].map { queue.abandon(ids[$0], because: CancellationError()) }
        #expect(told == [1, nil])
        let said = "abc".map { say(queue.receive(.simple("\($0)"), at: start)) }
        #expect(said == [#"0: ["a"]"#, "kept", #"2: ["c"]"#])
        #expect(queue.abandon(ids[0], because: CancellationError()) == nil)
    }

    @Test func whatHappensBeforeACallerWaitsIsKeptForIt() throws {
        var queue = queue()
        let ids = (0..<3).map { _ in queue.add(replies: 1, at: start, limit: .seconds(1)) }
        #expect(say(queue.receive(.simple("a"), at: start)) == "kept")
        #expect(queue.abandon(ids[1], because: CancellationError()) == nil)
        #expect(queue.end(because: RedisError.closed(server: "s")).isEmpty)
        let outcomes = ids.map { queue.attach(7, to: $0) }
        #expect(try outcomes[0]?.get() == [.simple("a")])
        #expect(throws: CancellationError.self) { try outcomes[1]?.get() }
        #expect(throws: RedisError.closed(server: "s")) { try outcomes[2]?.get() }
    }

    @Test func whoLooksOutTakesOnlyWhatIsComplete() {
        var queue = queue()
        let id = queue.add(replies: 2, at: start, limit: .seconds(1))
        #expect(say(queue.receive(.simple("a"), at: start)) == "kept")
        #expect(queue.take(id) == nil)
        #expect(say(queue.receive(.simple("b"), at: start)) == "kept")
        #expect(queue.take(id) == [.simple("a"), .simple("b")])
        #expect(queue.take(id) == nil)
        let lost = queue.add(replies: 1, at: start, limit: .seconds(1))
        _ = queue.end(because: RedisError.closed(server: "s"))
        #expect(queue.take(lost) == nil && queue.attach(7, to: lost) != nil)
    }

    @Test func callersLookOutMoreSeldomWhenItIsInVain() {
        var lookout = Lookout()
        func callsUntilAllowed() -> Int {
            var calls = 1
            while !lookout.allows(isAlone: true) { calls += 1 }
            return calls
        }
        var calls: [Int] = []
        for _ in 0..<13 {
            calls.append(callsUntilAllowed())
            lookout.ended(found: false)
        }
        #expect(calls == [1, 2, 3, 5, 9, 17, 33, 65, 129, 257, 513, 1_025, 1_025])
        lookout.ended(found: true)
        #expect(callsUntilAllowed() == 1 && lookout == Lookout())
        let crowd = lookout.allows(isAlone: false)
        #expect(!crowd && callsUntilAllowed() == Lookout.crowdRest)
    }

    @Test func eachCallHasItsOwnLimitAndTheConnectionAnother() {
        var queue = queue()
        let limits = [400, 100, 200]
        for (waiter, limit) in limits.enumerated() {
            let id = queue.add(replies: 1, at: start, limit: .milliseconds(limit))
            _ = queue.attach(waiter, to: id)
        }
        #expect(queue.nextDue == at(100))
        func expired(_ milliseconds: Int) -> [Int] {
            queue.expire(at: at(milliseconds)) { _ in CancellationError() }.map(\.waiter)
        }
        let steps = [99, 100, 399, 400, 400].map(expired)
        #expect(steps == [[], [1], [2], [0], []])
        #expect(queue.overdueAt == at(5_000) && queue.nextDue == at(5_000))
        #expect(say(queue.receive(.null, at: at(3_000))) == "kept")
        #expect(queue.overdueAt == at(8_000))
        _ = (queue.receive(.null, at: at(3_000)), queue.receive(.null, at: at(3_000)))
        #expect(queue.overdueAt == nil && queue.nextDue == nil)
    }

    @Test func aCallThatMayTakeLongIsNotOverdueSooner() {
        var queue = queue()
        _ = queue.add(replies: 1, at: start, limit: .seconds(60))
        #expect(queue.overdueAt == at(60_000))
    }

    @Test func thereIsRoomForSoManyReplies() {
        var queue = queue(replies: 10)
        #expect(queue.hasRoom(for: 10) && !queue.hasRoom(for: 11))
        let id = queue.add(replies: 8, at: start, limit: .seconds(1))
        _ = queue.abandon(id, because: CancellationError())
        #expect(queue.hasRoom(for: 2) && !queue.hasRoom(for: 3))
        #expect(say(queue.receive(.null, at: start)) == "kept")
        #expect(queue.hasRoom(for: 3) && !queue.hasRoom(for: 4))
    }

    /// Whatever is done in whatever order, a caller that is answered gets its own call's replies.
    @Test(arguments: Sweep.seeds(20))
    func noReplyIsShifted(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var queue = queue(replies: 1_000)
        var sizes: [UInt64: Int] = [:]
        var (sent, answered, abandoned) = ([UInt64](), Set<UInt64>(), Set<UInt64>())
        var toAnswer: [(call: UInt64, number: Int)] = []
        for _ in 0..<3_000 {
            switch generator.next() % 4 {
            case 0, 1:
                let size = 1 + Int(generator.next() % 3)
                guard queue.hasRoom(for: size) else { continue }
                let id = queue.add(replies: size, at: start, limit: .seconds(1))
                _ = queue.attach(Int(id), to: id)
                sizes[id] = size
                sent.append(id)
                toAnswer += (0..<size).map { (id, $0) }
            case 2 where !sent.isEmpty:
                let id = sent[Int(generator.next() % UInt64(sent.count))]
                let waiter = queue.abandon(id, because: CancellationError())
                #expect((waiter == nil) == (answered.contains(id) || abandoned.contains(id)))
                if waiter != nil { abandoned.insert(id) }
            default:
                guard !toAnswer.isEmpty else { continue }
                let next = toAnswer.removeFirst()
                let reply = RedisReply.simple("\(next.call)/\(next.number)")
                guard case .answered(let waiter, let replies) = queue.receive(reply, at: start)
                else { continue }
                let own = (0..<(sizes[next.call] ?? 0)).map { "\(next.call)/\($0)" }
                #expect(waiter == Int(next.call) && replies.compactMap(\.text) == own)
                answered.insert(next.call)
            }
        }
        #expect(queue.outstanding == toAnswer.count)
        #expect(answered.isDisjoint(with: abandoned) && answered.count > 100)
    }
}
