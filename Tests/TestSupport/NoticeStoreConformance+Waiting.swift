import Market
import Notices
import Ports
import Regimes
import Testing

extension NoticeStoreConformance {
    private static let patient = NoticePreferences(netSeconds: 60)

    /// Only ann is told, and she waits.
    private static func waitingAnn(in world: NoticeWorld) async throws {
        try await world.meet(.everyone, preferring: NoticePreferences(regimeChanges: false))
        try await world.meet(NoticeWorld.ann, preferring: patient)
    }

    static let waitingLaws: [Law<NoticeWorld>] = [
        Law("what waits is told when it is due, after a restart too") { world in
            try await waitingAnn(in: world)
            let notice = try Samples.notice(.unknown, .crisis)
            #expect(try await world.take(notice) == NoticeReceipt(held: 1))
            #expect(try await world.inbox(of: NoticeWorld.ann).isEmpty)
            let store = try await world.restart()
            #expect(try await store.nextDue() == NoticeWorld.second(60))
            #expect(try await store.tellDue(at: NoticeWorld.second(59), limit: 10) == 0)
            #expect(try await store.tellDue(at: NoticeWorld.second(60), limit: 10) == 1)
            #expect(try await store.tellDue(at: NoticeWorld.second(60), limit: 10) == 0)
            #expect(try await store.nextDue() == nil)
            let told = ToldNotice(
                position: 1, addressee: NoticeWorld.ann, notice: notice, previous: nil,
                toldAt: NoticeWorld.second(60))
            #expect(try await store.told(after: 0, limit: 10) == [told])
            #expect(try await store.tally(of: NoticeWorld.ann) == NoticeTally(told: 1))
        },
        Law("what is due is told in the order in which it came, so much at a time") { world in
            try await waitingAnn(in: world)
            let markets = ["C", "A", "D", "B", "E"]
            for (second, market) in markets.enumerated() {
                try await world.take(
                    Samples.notice(.unknown, .crisis, of: market), second: Int64(second))
            }
            var counts: [Int] = []
            for _ in 1...4 {
                counts.append(
                    try await world.store.tellDue(at: NoticeWorld.second(99), limit: 2))
            }
            #expect(counts == [2, 2, 1, 0])
            let told = try await world.store.told(after: 0, limit: 10)
            #expect(told.map { $0.notice.series?.market.text } == markets)
            #expect(told.map(\.position) == [1, 2, 3, 4, 5])
        },
        Law("there and back again is told as nothing") { world in
            try await world.meet(NoticeWorld.ann, preferring: patient)
            try await world.take(Samples.notice(.unknown, .crisis))
            let back = try Samples.notice(.crisis, .unknown, sequence: 2)
            let receipt = try await world.restart().take(
                back, at: NoticeWorld.second(60), by: .utc)
            #expect(receipt == NoticeReceipt(told: 1, takenBack: 1))
            let store = try await world.another()
            #expect(try await store.nextDue() == nil)
            #expect(try await store.tellDue(at: NoticeWorld.second(999), limit: 10) == 0)
            #expect(try await store.told(to: NoticeWorld.ann, after: 0, limit: 10).isEmpty)
            #expect(try await store.told(to: .everyone, after: 0, limit: 10).count == 2)
            // It comes back a third time, and is news.
            _ = try await store.take(
                Samples.notice(.unknown, .crisis, sequence: 3), at: NoticeWorld.second(61),
                by: .utc)
            #expect(try await store.nextDue() == NoticeWorld.second(121))
        },
        Law("several changes that wait are told as one, from what was believed") { world in
            try await waitingAnn(in: world)
            let path = [Regime.unknown, .crisis, .euphoria, .normalBull]
            for step in 1...3 {
                let notice = try Samples.notice(path[step - 1], path[step], sequence: Int64(step))
                #expect(try await world.take(notice, second: Int64(step)).held == 1)
            }
            #expect(try await world.store.nextDue() == NoticeWorld.second(61))
            #expect(try await world.store.tellDue(at: NoticeWorld.second(61), limit: 10) == 1)
            let told = try await world.inbox(of: NoticeWorld.ann)
            #expect(told.map(\.previous) == [.unknown])
            let last = try Samples.notice(.euphoria, .normalBull, sequence: 3)
            #expect(told.map(\.notice) == [last])
        },
        Law("what comes later than the window, or of another series, is told apart") { world in
            try await waitingAnn(in: world)
            try await world.take(Samples.notice(.unknown, .crisis))
            try await world.take(Samples.notice(.crisis, .unknown, sequence: 2, of: "NDX"))
            try await world.take(Samples.notice(.crisis, .unknown, sequence: 2), second: 61)
            #expect(try await world.store.tellDue(at: NoticeWorld.second(121), limit: 10) == 3)
            #expect(try await world.inbox(of: NoticeWorld.ann).map(\.previous) == [nil, nil, nil])
        },
        Law("a restatement is told in place of what waits, and of nothing else before it") {
            world in
            try await waitingAnn(in: world)
            try await world.take(Samples.notice(.unknown, .crisis))
            let restated = try Samples.notice(.crisis, .euphoria, sequence: 2, restating: true)
            #expect(try await world.take(restated, second: 9) == NoticeReceipt(told: 1))
            #expect(try await world.store.nextDue() == nil)
            let told = try await world.inbox(of: NoticeWorld.ann)
            #expect(told.map(\.notice) == [restated] && told.map(\.previous) == [.unknown])
        },
        Law("what is due and not told yet is told before what follows it") { world in
            try await waitingAnn(in: world)
            let first = try Samples.notice(.unknown, .crisis)
            let second = try Samples.notice(.crisis, .euphoria, sequence: 2, restating: true)
            try await world.take(first)
            #expect(try await world.take(second, second: 61) == NoticeReceipt(held: 1))
            let store = try await world.restart()
            #expect(try await store.nextDue() == NoticeWorld.second(60))
            #expect(try await store.tellDue(at: NoticeWorld.second(61), limit: 10) == 2)
            let told = try await store.told(to: NoticeWorld.ann, after: 0, limit: 10)
            #expect(told.map(\.notice) == [first, second])
            #expect(told.map(\.previous) == [nil, nil])
        },
        Law("what comes after a later change is told as late, and to nobody else") { world in
            try await world.meet(NoticeWorld.ann)
            try await world.take(Samples.notice(.crisis, .euphoria, sequence: 2))
            try await world.take(Samples.notice(.crisis, .euphoria, sequence: 2, of: "NDX"))
            try await world.meet(NoticeWorld.bob)
            try await world.take(Samples.notice(.unknown, .crisis, sequence: 1))
            try await world.take(Samples.notice(.euphoria, .crisis, sequence: 3))
            let store = try await world.restart()
            let ann = try await store.told(to: NoticeWorld.ann, after: 0, limit: 10)
            #expect(ann.map(\.notice.sequence) == [2, 2, 1, 3])
            #expect(ann.map(\.isLate) == [false, false, true, false])
            let bob = try await store.told(to: NoticeWorld.bob, after: 0, limit: 10)
            #expect(bob.map(\.isLate) == [false, false])
        },
        Law("what comes late does not wait, and nothing is told in its place") { world in
            try await waitingAnn(in: world)
            let later = try Samples.notice(.crisis, .euphoria, sequence: 2)
            try await world.take(later)
            try await world.take(Samples.notice(.unknown, .crisis), second: 9)
            #expect(try await world.inbox(of: NoticeWorld.ann).map(\.isLate) == [true])
            let back = try Samples.notice(.euphoria, .crisis, sequence: 3)
            #expect(try await world.take(back, second: 10) == NoticeReceipt(takenBack: 1))
        },
        Law("preferences that change leave what waits as it is") { world in
            try await waitingAnn(in: world)
            try await world.take(Samples.notice(.unknown, .crisis))
            try await world.meet(
                NoticeWorld.ann,
                preferring: NoticePreferences(markets: [Samples.series("N").market]))
            #expect(try await world.store.tellDue(at: NoticeWorld.second(60), limit: 10) == 1)
        },
        Law("what a clock that was ahead put off is told once it is right again") { world in
            try await waitingAnn(in: world)
            let wait = NoticePreferences.longestWaitSeconds
            try await world.take(Samples.notice(.unknown, .crisis), second: wait)
            let due = NoticeWorld.second(wait + 60)
            #expect(try await world.store.nextDue() == due)
            #expect(try await world.store.tellDue(at: NoticeWorld.second(60), limit: 10) == 0)
            #expect(try await world.store.tellDue(at: NoticeWorld.second(59), limit: 10) == 1)
        },
    ]

    static let waitingRaceLaws: [Law<NoticeWorld>] = [
        Law("what is due is told once, however many look at once") { world in
            try await waitingAnn(in: world)
            for number in 1...20 {
                try await world.take(Samples.notice(.unknown, .crisis, of: "M\(number)"))
            }
            let another = try await world.another()
            let told = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<12 {
                    let store = number.isMultiple(of: 2) ? world.store : another
                    group.addTask { try await store.tellDue(at: NoticeWorld.second(60), limit: 3) }
                }
                return try await group.reduce(0, +)
            }
            #expect(told == 20)
            let positions = try await world.store.told(after: 0, limit: 100).map(\.position)
            #expect(positions == Array(1...20))
            #expect(try await world.store.tally(of: NoticeWorld.ann) == NoticeTally(told: 20))
        },
        Law("of telling and taking back at once, one is done") { world in
            try await waitingAnn(in: world)
            let another = try await world.another()
            for round in 1...8 {
                let start = Int64(1_000 * round)
                let market = "M\(round)"
                try await world.take(
                    Samples.notice(.unknown, .crisis, of: market), second: start)
                let back = try Samples.notice(.crisis, .unknown, sequence: 2, of: market)
                let due = NoticeWorld.second(start + 60)
                async let telling = world.store.tellDue(at: due, limit: 10)
                async let taking = another.take(back, at: due, by: .utc)
                let (told, receipt) = try await (telling, taking)
                #expect(told + receipt.takenBack == 1)
                #expect(receipt.held == told)
                _ = try await world.store.tellDue(
                    at: NoticeWorld.second(start + 200), limit: 10)
                let inbox = try await world.inbox(of: NoticeWorld.ann)
                #expect(inbox.count { $0.notice.series?.market.text == market } == 2 * told)
            }
        },
    ]
}
