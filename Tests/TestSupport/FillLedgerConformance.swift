import Market
package import Ports
import Regimes
import Testing
import Trading

/// A fresh ledger for one law, with what an implementation can do to it.
package struct LedgerWorld: Sendable {
    package let ledger: any FillLedger
    /// The outbox of the store that the ledger is part of.
    package let outbox: any Outbox
    /// Another handle on the same ledger, as another process has one; the same one in memory.
    package let another: @Sendable () async throws -> any FillLedger
    /// The ledger after everything was closed and opened again; the same one in memory.
    package let restart: @Sendable () async throws -> any FillLedger

    package init(
        ledger: any FillLedger, outbox: any Outbox,
        another: @escaping @Sendable () async throws -> any FillLedger,
        restart: @escaping @Sendable () async throws -> any FillLedger
    ) {
        self.ledger = ledger
        self.outbox = outbox
        self.another = another
        self.restart = restart
    }

    /// In memory, under the wording of `Samples`.
    package static func inMemory() -> LedgerWorld {
        let time = ManualTime()
        let store = InMemoryRegimeStore(wording: Samples.wording) { time.now }
        let ledger = InMemoryFillLedger(sharing: store, wording: Samples.fillWording)
        return LedgerWorld(
            ledger: ledger, outbox: store, another: { ledger }, restart: { ledger })
    }
}

/// What every ledger of fills keeps.
package enum FillLedgerConformance {
    package static let laws: [Law<LedgerWorld>] = recordingLaws + refusalLaws + raceLaws

    private static let regime = KnownRegime(
        series: Samples.series, regime: .normalBear, asOf: Samples.day(0))

    private static let recordingLaws: [Law<LedgerWorld>] = [
        Law("a report comes back as it was, with its outbox row, after a restart too") { world in
            let fill = try Samples.fill(
                "f-1", quantity: DecimalNumber(1, scale: Fill.placesLimit),
                price: DecimalNumber(123_456_789_012_345_678, scale: 9),
                commission: DecimalNumber(-25, scale: 2))
            let receipt = try await world.ledger.record(fill, knowing: regime)
            let recorded = Samples.recorded(fill, sequence: 1, regime: regime)
            #expect(receipt == FillReceipt(recorded: recorded, isDuplicate: false))
            let rows = try await world.outbox.pending(limit: 10)
            #expect(rows.map(\.message) == [Samples.fillWording.message(recorded)])
            #expect(rows.map(\.eventID) == [recorded.eventID])
            let restarted = try await world.restart()
            #expect(try await restarted.fills(of: fill.userID) == [recorded])
            #expect(try await restarted.fill(fill.id) == recorded)
        },
        Law("the same report again changes nothing and answers what was recorded") { world in
            let fill = try Samples.fill("f-1")
            let first = try await world.ledger.record(fill, knowing: regime)
            let again = try await world.another().record(fill, knowing: nil)
            #expect(again == FillReceipt(recorded: first.recorded, isDuplicate: true))
            #expect(try await world.outbox.pending(limit: 10).count == 1)
            #expect(try await world.ledger.fills(of: fill.userID).count == 1)
        },
        Law("sequences are gap-free per user, pages follow them") { world in
            for number in 1...5 {
                for user in ["ann", "bob"] {
                    _ = try await world.ledger.record(
                        Samples.fill("\(user)-\(number)", user: user, second: Int64(9 - number)),
                        knowing: nil)
                }
            }
            let ann = try Samples.fill("x").userID
            let fills = try await world.ledger.fills(of: ann)
            #expect(fills.map(\.sequence) == [1, 2, 3, 4, 5])
            #expect(fills.map(\.fill.id.text) == (1...5).map { "ann-\($0)" })
            let page = try await world.ledger.fills(of: ann, after: 2, limit: 2)
            #expect(page.map(\.sequence) == [3, 4])
            #expect(
                try await world.outbox.pending(limit: 20).map(\.message.key)
                    == Array(repeating: ["ann", "bob"], count: 5).flatMap { $0 })
        },
        Law("a correction and a bust are reports of their own") { world in
            _ = try await world.ledger.record(Samples.fill("f-1"), knowing: regime)
            let corrected = try Samples.fill(
                "f-2", kind: .correct, reference: "f-1", quantity: DecimalNumber(8), second: 1)
            let busted = try Samples.fill("f-3", kind: .bust, reference: "f-2", second: 2)
            _ = try await world.ledger.record(corrected, knowing: nil)
            let receipt = try await world.ledger.record(busted, knowing: nil)
            #expect(receipt.recorded == Samples.recorded(busted, sequence: 3))
            #expect(try await world.ledger.record(corrected, knowing: nil).isDuplicate)
        },
    ]

    private static let refusalLaws: [Law<LedgerWorld>] = [
        Law("the same id with other content is refused, whoever's it is") { world in
            let fill = try Samples.fill("f-1")
            _ = try await world.ledger.record(fill, knowing: nil)
            for other in [
                try Samples.fill("f-1", quantity: DecimalNumber(11)),
                try Samples.fill("f-1", user: "bob"), try Samples.fill("f-1", second: 1),
            ] {
                await #expect(throws: FillLedgerError.idTaken(fill.id)) {
                    try await world.ledger.record(other, knowing: nil)
                }
            }
            try await expectCounts(world, reports: 1)
        },
        Law("what refers to nothing, to a bust or to what is replaced is refused") { world in
            let first = try Samples.fill("f-1")
            let bust = try Samples.fill("f-2", kind: .bust, reference: "f-1", second: 5)
            await #expect(throws: FillLedgerError.unknownReference(first.id)) {
                try await world.ledger.record(bust, knowing: nil)
            }
            _ = try await world.ledger.record(first, knowing: nil)
            _ = try await world.ledger.record(bust, knowing: nil)
            let late = try Samples.fill("f-3", kind: .correct, reference: "f-1", second: 6)
            await #expect(throws: FillLedgerError.alreadyReplaced(first.id, by: bust.id)) {
                try await world.ledger.record(late, knowing: nil)
            }
            let ofBust = try Samples.fill("f-4", kind: .correct, reference: "f-2", second: 6)
            await #expect(throws: FillLedgerError.self) {
                try await world.ledger.record(ofBust, knowing: nil)
            }
            // A refused id may be used for something else.
            _ = try await world.ledger.record(Samples.fill("f-3", second: 7), knowing: nil)
            try await expectCounts(world, reports: 3)
        },
        Law("a correction of another trade, or from before it, is refused") { world in
            _ = try await world.ledger.record(Samples.fill("f-1", second: 5), knowing: nil)
            for other in [
                try Samples.fill(
                    "f-2", kind: .correct, reference: "f-1", symbol: "NDX", second: 6),
                try Samples.fill("f-2", side: .sell, kind: .correct, reference: "f-1", second: 6),
                try Samples.fill("f-2", kind: .bust, reference: "f-1", user: "bob", second: 6),
                try Samples.fill("f-2", kind: .correct, reference: "f-1", second: 4),
            ] {
                await #expect(throws: FillLedgerError.self) {
                    try await world.ledger.record(other, knowing: nil)
                }
            }
            try await expectCounts(world, reports: 1)
        },
    ]

    private static let raceLaws: [Law<LedgerWorld>] = [
        Law("however many send the same at once, it is recorded once") { world in
            let fill = try Samples.fill("f-1")
            let another = try await world.another()
            let fresh = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<16 {
                    let ledger = number.isMultiple(of: 2) ? world.ledger : another
                    group.addTask { try await !ledger.record(fill, knowing: nil).isDuplicate }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(fresh == 1)
            try await expectCounts(world, reports: 1)
        },
        Law("many at once are all recorded, without a gap") { world in
            let another = try await world.another()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<24 {
                    let ledger = number.isMultiple(of: 2) ? world.ledger : another
                    group.addTask {
                        _ = try await ledger.record(Samples.fill("f-\(number)"), knowing: nil)
                    }
                }
                try await group.waitForAll()
            }
            try await expectCounts(world, reports: 24)
        },
        Law("of two reports under one id at once, one is recorded and the other refused") { world in
            let another = try await world.another()
            for round in 0..<8 {
                let fill = try Samples.fill("f-\(round)")
                let other = try Samples.fill("f-\(round)", quantity: DecimalNumber(11))
                let refused = try await refusals(of: [(world.ledger, fill), (another, other)])
                #expect(refused == [.idTaken(fill.id)])
            }
            try await expectCounts(world, reports: 8)
        },
        Law("of two users' reports under one id at once, one is recorded") { world in
            let another = try await world.another()
            for round in 0..<8 {
                let fill = try Samples.fill("f-\(round)")
                let other = try Samples.fill("f-\(round)", user: "bob")
                let refused = try await refusals(of: [(world.ledger, fill), (another, other)])
                #expect(refused == [.idTaken(fill.id)])
            }
            let bob = try Samples.fill("x", user: "bob").userID
            let ann = try Samples.fill("x").userID
            let fills = try await (world.ledger.fills(of: ann), world.ledger.fills(of: bob))
            #expect(fills.0.map(\.sequence) == fills.0.indices.map { Int64($0 + 1) })
            #expect(fills.1.map(\.sequence) == fills.1.indices.map { Int64($0 + 1) })
            #expect(fills.0.count + fills.1.count == 8)
            let rows = try await world.outbox.pending(limit: 20)
            #expect(rows.count == 8)
        },
        Law("of two that replace one report at once, one wins") { world in
            let another = try await world.another()
            for round in 0..<8 {
                let first = try Samples.fill("f-\(round)")
                _ = try await world.ledger.record(first, knowing: nil)
                let correction = try Samples.fill(
                    "c-\(round)", kind: .correct, reference: first.id.text,
                    quantity: DecimalNumber(8), second: 1)
                let kind = round.isMultiple(of: 2) ? FillKind.correct : .bust
                let other = try Samples.fill(
                    "d-\(round)", kind: kind, reference: first.id.text, second: 1)
                let refused = try await refusals(
                    of: [(world.ledger, correction), (another, other)])
                let recorded = try await world.ledger.fills(of: first.userID)
                let winner = try #require(recorded.last?.fill.id)
                #expect(winner == correction.id || winner == other.id)
                #expect(refused == [.alreadyReplaced(first.id, by: winner)])
            }
            try await expectCounts(world, reports: 16)
        },
    ]

    /// Records all at once; gives why some were refused.
    private static func refusals(
        of attempts: [(ledger: any FillLedger, fill: Fill)]
    ) async throws -> [FillLedgerError] {
        try await withThrowingTaskGroup(of: FillLedgerError?.self) { group in
            for (ledger, fill) in attempts {
                group.addTask {
                    do {
                        _ = try await ledger.record(fill, knowing: nil)
                        return nil
                    } catch let error as FillLedgerError {
                        return error
                    }
                }
            }
            var refused: [FillLedgerError] = []
            for try await error in group {
                if let error { refused.append(error) }
            }
            return refused
        }
    }

    private static func expectCounts(_ world: LedgerWorld, reports: Int) async throws {
        let user = try Samples.fill("x").userID
        let fills = try await world.ledger.fills(of: user)
        #expect(fills.map(\.sequence) == (0..<reports).map { Int64($0 + 1) })
        let rows = try await world.outbox.pending(limit: 100)
        #expect(rows.map(\.eventID) == fills.map(\.eventID))
    }
}
