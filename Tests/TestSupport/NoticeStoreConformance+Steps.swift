import Market
import Notices
import Ports
import Regimes
import Testing

/// How far the log was taken.
extension NoticeStoreConformance {
    private static func step(
        _ offset: Int64, after previous: Int64, of topic: Topic = .regimeChange,
        in partition: Int32 = 0
    ) -> EventStep {
        EventStep(topic: topic, partition: partition, offset: offset, after: previous)
    }

    private static func take(
        _ number: Int64, as step: EventStep, in store: any NoticeLedger
    ) async throws -> NoticeReceipt {
        try await store.take(
            Samples.notice(.unknown, .crisis, of: "M\(number)"), from: step,
            at: NoticeWorld.second(number), by: .utc)
    }

    static let stepLaws: [Law<NoticeWorld>] = [
        Law("how far each partition was taken is known, after a restart too") { world in
            let store = world.store
            #expect(try await store.taken(of: .regimeChange).isEmpty)
            _ = try await take(1, as: step(0, after: -1), in: store)
            _ = try await take(2, as: step(7, after: 0), in: store)
            _ = try await take(3, as: step(1 << 40, after: -1, in: 5), in: store)
            try await store.pass(step(3, after: -1, of: .orderFilled), at: NoticeWorld.second(9))
            for isRestarted in [false, true] {
                let store = try await isRestarted ? world.restart() : world.another()
                #expect(try await store.taken(of: .regimeChange) == [0: 7, 5: 1 << 40])
                #expect(try await store.taken(of: .orderFilled) == [0: 3])
                #expect(try await store.taken(of: .marketBars).isEmpty)
            }
        },
        Law("what comes again, or from no log, moves no position back") { world in
            let store = world.store
            _ = try await take(0, as: step(0, after: -1), in: store)
            for offset in Int64(1)...3 {
                _ = try await take(offset, as: step(offset, after: offset - 1), in: store)
            }
            #expect(try await take(1, as: step(1, after: 0), in: store).isDuplicate)
            #expect(try await store.taken(of: .regimeChange) == [0: 3])
            // One that was published twice lies further on.
            #expect(try await take(1, as: step(4, after: 3), in: store).isDuplicate)
            try await store.pass(step(2, after: 1), at: NoticeWorld.second(1))
            #expect(try await store.taken(of: .regimeChange) == [0: 4])
            try await world.take(Samples.notice(.unknown, .crisis))
            #expect(try await store.taken(of: .regimeChange) == [0: 4])
        },
        Law("a store that lacks what lies before an event takes nothing, and says so") { world in
            let store = world.store
            _ = try await take(1, as: step(10, after: -1), in: store)
            for previous: Int64 in [11, 19] {
                let late = step(20, after: previous)
                let behind = LedgerBehind(step: late, taken: 10)
                await #expect(throws: behind) { try await take(2, as: late, in: store) }
                await #expect(throws: behind) {
                    try await store.pass(late, at: NoticeWorld.second(2))
                }
                // Neither does one that comes again.
                await #expect(throws: behind) { try await take(1, as: late, in: store) }
            }
            let first = step(5, after: 4, in: 1)
            await #expect(throws: LedgerBehind(step: first, taken: -1)) {
                try await take(2, as: first, in: store)
            }
            #expect(try await store.told(after: 0, limit: 10).count == 1)
            #expect(try await store.taken(of: .regimeChange) == [0: 10])
            #expect(try await take(2, as: step(20, after: 10), in: store).told == 1)
        },
        Law("a log that began anew is followed from its beginning") { world in
            let store = world.store
            _ = try await take(1, as: step(500, after: -1), in: store)
            #expect(try await take(2, as: step(0, after: -1), in: store).told == 1)
            #expect(try await store.taken(of: .regimeChange) == [0: 0])
            #expect(try await take(3, as: step(1, after: 0), in: store).told == 1)
        },
        Law("what is told once positions were left out comes after all of those") { world in
            _ = try await take(1, as: step(0, after: -1), in: world.store)
            let before = try await world.store.span().last
            try await world.store.skipPositions()
            #expect(try await world.another().span().last == before + NoticeSpan.gap)
            let store = try await world.restart()
            _ = try await take(2, as: step(1, after: 0), in: store)
            for after in [before, before + 1, before + NoticeSpan.gap] {
                let told = try await store.told(after: after, limit: 10)
                #expect(told.map(\.position) == [before + NoticeSpan.gap + 1])
            }
        },
        Law("however many take a partition at once, each is told once and in order") { world in
            let another = try await world.another()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for store in [world.store, another, world.store, another] {
                    group.addTask {
                        for number in Int64(0)..<20 {
                            _ = try await take(
                                number, as: step(number, after: number - 1), in: store)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let told = try await world.store.told(after: 0, limit: 100)
            #expect(told.map(\.notice.series?.market.text) == (0..<20).map { "M\($0)" })
            #expect(try await world.store.taken(of: .regimeChange) == [0: 19])
        },
    ]
}
