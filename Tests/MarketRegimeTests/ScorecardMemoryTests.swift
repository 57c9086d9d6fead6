import Contracts
import Hosting
import Market
import Ports
import Synchronization
import TestSupport
import Testing

@testable import MarketRegime

/// Where a series stands after so many writes.
private func head(_ market: String = "SPX", writes: Int64 = 1) -> SeriesHead {
    var head = SeriesHead(profile: Samples.profile(Samples.series(market)))
    head.writes = writes
    return head
}

/// The scorecard that is made of a head here.
private func made(_ head: SeriesHead) -> Scorecards.Card {
    var card = Scorecards.Card()
    card.bars = Int32(head.writes)
    return card
}

@Suite("Which scorecard is given, and which is made")
struct ScorecardShelfTests {
    private let start = ContinuousClock.now
    private var shelf = ScorecardShelf()

    /// The writes of the card that is given at once; `nil` when it is waited for.
    private mutating func ask(_ head: SeriesHead, after age: Duration = .zero) throws -> Int32? {
        switch try shelf.ask(head, at: start.advanced(by: age)) {
        case .card(let card): card.bars
        case .flight: nil
        }
    }

    private mutating func refusal(of head: SeriesHead) throws -> RPCFault.Code? {
        do {
            _ = try ask(head)
            return nil
        } catch let fault as RPCFault {
            return fault.code
        }
    }

    /// Makes the next one.
    private mutating func makeNext(after age: Duration = .zero) -> SeriesHead? {
        let order = shelf.next()
        if let order { shelf.land(.success(made(order.head)), at: start.advanced(by: age)) }
        return order?.head
    }

    @Test("the last one is given after a write until it has aged, while one other is made")
    mutating func ages() throws {
        #expect(try ask(head()) == nil)
        #expect(makeNext() == head())
        #expect(try ask(head()) == 1)
        #expect(makeNext() == nil, "of the same write none is made again")
        let justBefore = ScorecardShelf.ageLimit - .nanoseconds(1)
        #expect(try ask(head(writes: 2), after: .seconds(1)) == 1)
        #expect(try ask(head(writes: 3), after: justBefore) == 1)
        #expect(try ask(head(writes: 3), after: ScorecardShelf.ageLimit) == nil)
        #expect(makeNext(after: ScorecardShelf.ageLimit) == head(writes: 3), "of the last write")
        #expect(makeNext() == nil, "one for all who asked")
        #expect(try ask(head(writes: 3), after: .seconds(100_000)) == 3, "it has no age by itself")
    }

    @Test("one that sums nothing up is not given after a write")
    mutating func empty() throws {
        _ = try ask(head(writes: 0))
        _ = makeNext()
        #expect(try ask(head(writes: 0)) == 0)
        #expect(try ask(head(writes: 1)) == nil)
    }

    @Test("a write while one is made has another made")
    mutating func meanwhile() throws {
        _ = try ask(head())
        let next = shelf.next()
        let order = try #require(next)
        #expect(try ask(head(writes: 2)) == nil)
        shelf.land(.success(made(order.head)), at: start)
        #expect(makeNext() == head(writes: 2))
    }

    @Test("a failure leaves what was known")
    mutating func failure() throws {
        _ = try ask(head())
        _ = makeNext()
        _ = try ask(head(writes: 2))
        #expect(shelf.next() != nil)
        shelf.land(.failure(CancellationError()), at: start)
        #expect(try ask(head(writes: 2)) == 1)
        #expect(makeNext() == head(writes: 2), "it is tried again")
    }

    @Test("no more wait than may; who has an older one gets that all the same")
    mutating func bounds() throws {
        _ = try ask(head("OLD"))
        _ = makeNext()
        for number in 0..<ScorecardShelf.queueLimit {
            #expect(try ask(head("M\(number)")) == nil)
            if number == 0 { _ = shelf.next() }
        }
        #expect(try ask(head("M0")) == nil, "it waits already")
        #expect(try ask(head("M1")) == nil, "it waits already")
        #expect(try ask(head("OLD", writes: 2)) == 1)
        #expect(try refusal(of: head("LATE")) == .resourceExhausted)
        shelf.land(.success(made(head("M0"))), at: start)
        #expect(try ask(head("LATE")) == nil)
    }

    @Test("what was made longest ago is forgotten first")
    mutating func memory() throws {
        for number in 0...ScorecardShelf.memoryLimit {
            _ = try ask(head("M\(number)"))
            _ = makeNext()
        }
        #expect(try ask(head("M1")) == 1)
        #expect(try ask(head("M0")) == nil)
    }

    @Test("after the end what is known is given, and nothing made")
    mutating func end() throws {
        _ = try ask(head("KNOWN"))
        _ = makeNext()
        _ = try ask(head("MAKING"))
        _ = shelf.next()
        _ = try ask(head("WAITING"))
        #expect(shelf.end().count == 2)
        #expect(try ask(head("KNOWN", writes: 2)) == 1)
        #expect(shelf.next() == nil)
        #expect(try refusal(of: head("LATE")) == .unavailable)
    }
}

@Suite("Scorecards are made once, by who runs them")
struct ScorecardMemoryTests {
    /// Makes scorecards that tell how often their series was written, when it is let.
    private final class Maker: Sendable {
        private let state = Mutex((made: 0, atOnce: 0, most: 0, failures: 0))
        private let gate: Flight<Void>?
        /// Lands when one is in the making.
        let begun = Flight<Void>()

        init(failing failures: Int = 0, gate: Flight<Void>? = nil) {
            self.gate = gate
            state.withLock { $0.failures = failures }
        }

        var made: Int { state.withLock { $0.made } }
        var most: Int { state.withLock { $0.most } }
        var atOnce: Int { state.withLock { $0.atOnce } }

        var scorecards: Scorecards {
            Scorecards(now: { ContinuousClock.now }, make: { try await self.make($0) })
        }

        private func make(_ head: SeriesHead) async throws -> Scorecards.Card {
            let fails = state.withLock { state in
                state.made += 1
                state.atOnce += 1
                state.most = max(state.most, state.atOnce)
                state.failures -= 1
                return state.failures >= 0
            }
            defer { state.withLock { $0.atOnce -= 1 } }
            begun.land(.success(()))
            try await gate?.value()
            await Task.yield()
            if fails { throw StoreError(.busy, location: "x", detail: "y", advice: "z") }
            return MarketRegimeTests.made(head)
        }
    }

    @Test("a crowd costs one, and one is made at a time")
    func crowd() async throws {
        let maker = Maker()
        let scorecards = maker.scorecards
        try await scorecards.running {
            try await withThrowingTaskGroup(of: Int32.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        try await scorecards.card(of: head("M\(number % 20)")).bars
                    }
                }
                for try await bars in group { #expect(bars == 1) }
            }
        }
        #expect(maker.made == 20 && maker.most == 1)
    }

    @Test("a failure is told and not remembered")
    func failure() async throws {
        let maker = Maker(failing: 1)
        let scorecards = maker.scorecards
        try await scorecards.running {
            await #expect(throws: StoreError.self) { try await scorecards.card(of: head()) }
            let again = try await scorecards.card(of: head())
            #expect(again.bars == 1)
        }
        #expect(maker.made == 2)
    }

    @Test("who leaves is not waited for, and what was asked for is made all the same")
    func leaving() async throws {
        let gate = Flight<Void>()
        let maker = Maker(gate: gate)
        let scorecards = maker.scorecards
        try await scorecards.running {
            for number in 0..<5 {
                let leaving = Task { try await scorecards.card(of: head("M\(number)")) }
                leaving.cancel()
                await #expect(throws: CancellationError.self) { try await leaving.value }
            }
            gate.land(.success(()))
            _ = try await scorecards.card(of: head("LAST"))
        }
        #expect(maker.made == 6)
    }

    @Test("the end breaks off what is made, waits for it and tells whoever waits")
    func end() async throws {
        let maker = Maker(gate: Flight<Void>())
        let scorecards = maker.scorecards
        let waiting = ["A", "B"].map { market in
            Task { try await scorecards.card(of: head(market)) }
        }
        try await scorecards.running { try await maker.begun.value() }
        #expect(maker.made >= 1 && maker.atOnce == 0)
        for waiting in waiting {
            let fault = await #expect(throws: RPCFault.self) { try await waiting.value }
            #expect(fault?.code == .unavailable)
        }
        let late = await #expect(throws: RPCFault.self) {
            try await scorecards.card(of: head("C"))
        }
        #expect(late?.code == .unavailable)
    }
}
