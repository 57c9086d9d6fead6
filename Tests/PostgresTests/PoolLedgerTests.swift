import TestSupport
import Testing

@testable import Postgres

/// The pool's decisions as scripts of calls; a connection is a number.
@Suite("Who has which connection")
struct PoolLedgerTests {
    private static func ask(_ ledger: inout PoolLedger<Int>, _ caller: Int) -> String {
        "\(ledger.ask(caller))"
    }

    @Test func callersAreServedInOrder() {
        var ledger = PoolLedger<Int>(maximum: 2, waiterLimit: 2)
        let answers = (1...5).map { Self.ask(&ledger, $0) }
        #expect(answers == ["open", "open", "wait", "wait", "refuse"])
        let handovers = [ledger.giveBack(10), ledger.giveUp(), ledger.giveBack(10)]
        #expect(handovers.map { "\($0)" } == ["give(10, to: 3)", "open(for: 4)", "nothing"])
        let last = Self.ask(&ledger, 6)
        #expect(last == "take(10)")
        #expect(ledger.count == 2)
    }

    @Test func whoLeavesIsNotServed() {
        var ledger = PoolLedger<Int>(maximum: 1, waiterLimit: 2)
        let answers = (1...3).map { Self.ask(&ledger, $0) }
        #expect(answers == ["open", "wait", "wait"])
        let departures = [ledger.leave(2), ledger.leave(2)]
        #expect(departures == [true, false])
        let handover = ledger.giveBack(10)
        #expect("\(handover)" == "give(10, to: 3)")
        let isLate = !ledger.leave(3)
        #expect(isLate)
    }

    /// Whatever is done in whatever order: never more than the maximum, and nobody waits while
    /// there is room.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func roomIsNeitherLostNorMade(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let maximum = 1 + Int(generator.unit() * 4)
        var ledger = PoolLedger<Int>(maximum: maximum, waiterLimit: 5)
        var (used, opening, waiting, idle) = (Set<Int>(), 0, [Int](), Set<Int>())
        var next = 0
        func serve(_ handover: PoolLedger<Int>.Handover) {
            switch handover {
            case .give(let connection, let caller):
                let first = waiting.removeFirst()
                #expect(first == caller)
                used.insert(connection)
            case .open(let caller):
                let first = waiting.removeFirst()
                #expect(first == caller)
                opening += 1
            case .nothing: break
            }
        }
        for _ in 0..<500 {
            next += 1
            switch Int(generator.unit() * 5) {
            case 0, 1:
                switch ledger.ask(next) {
                case .take(let connection):
                    let wasIdle = idle.remove(connection) != nil
                    #expect(wasIdle)
                    used.insert(connection)
                case .open: opening += 1
                case .wait: waiting.append(next)
                case .refuse: #expect(waiting.count == 5)
                }
            case 2:
                guard let connection = used.min() else { continue }
                used.remove(connection)
                let handover = ledger.giveBack(connection)
                if case .nothing = handover { idle.insert(connection) }
                serve(handover)
            case 3 where opening > 0:
                opening -= 1
                if generator.unit() < 0.5 { used.insert(next) } else { serve(ledger.giveUp()) }
            default:
                guard let caller = waiting.last else { continue }
                waiting.removeLast()
                let hasLeft = ledger.leave(caller)
                #expect(hasLeft)
            }
            #expect(ledger.count == used.count + opening + idle.count)
            #expect(ledger.count <= maximum)
            #expect(waiting.isEmpty || (idle.isEmpty && ledger.count == maximum))
        }
    }
}
