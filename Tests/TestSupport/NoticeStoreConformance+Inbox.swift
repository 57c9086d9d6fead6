import Market
import Notices
import Ports
import Regimes
import Testing

extension NoticeStoreConformance {
    static let inboxLaws: [Law<NoticeWorld>] = [
        Law("an inbox is read newest first, page by page, its own alone") { world in
            try await world.meet(NoticeWorld.ann)
            try await world.takeChanges(5)
            var (positions, before) = ([[Int64]](), Int64.max)
            for _ in 1...3 {
                let page = try await world.store.inbox(
                    of: NoticeWorld.ann, before: before, unacknowledgedOnly: false, limit: 2)
                #expect(page.allSatisfy { $0.addressee == NoticeWorld.ann })
                positions.append(page.map(\.position))
                before = page.last?.position ?? 0
            }
            #expect(positions == [[10, 8], [6, 4], [2]])
            let later = try await world.store.told(to: NoticeWorld.ann, after: 4, limit: 2)
            #expect(later.map(\.position) == [6, 8])
            let all = try await world.store.told(after: 8, limit: 10)
            #expect(all.map(\.position) == [9, 10])
            #expect(
                try await world.store.inbox(
                    of: NoticeWorld.bob, before: .max, unacknowledgedOnly: false, limit: 0
                ).isEmpty)
        },
        Law("a page has one notice at the least and so many at the most") { world in
            try await world.takeChanges(2)
            for (asked, given) in [(-1, 1), (0, 1), (1, 1), (2, 2), (.max, 2)] {
                #expect(try await world.store.told(after: 0, limit: asked).count == given)
                #expect(
                    try await world.store.inbox(
                        of: .everyone, before: .max, unacknowledgedOnly: true, limit: asked
                    ).count == given)
            }
        },
        Law("what was read is marked once, by whom it is for") { world in
            try await world.meet(NoticeWorld.ann)
            try await world.takeChanges(3)
            let at = NoticeWorld.second(20)
            let marked = try #require(
                try await world.store.acknowledge(4, by: NoticeWorld.ann, at: at))
            #expect(marked.acknowledgedAt == at)
            #expect(marked.position == 4)
            let store = try await world.restart()
            let again = try await store.acknowledge(
                4, by: NoticeWorld.ann, at: NoticeWorld.second(30))
            #expect(again == marked)
            for (position, person) in [
                (Int64(3), NoticeWorld.ann), (4, .everyone), (4, NoticeWorld.bob), (99, .everyone),
                (0, .everyone),
            ] {
                #expect(try await store.acknowledge(position, by: person, at: at) == nil)
            }
            #expect(
                try await store.tally(of: NoticeWorld.ann) == NoticeTally(told: 3, acknowledged: 1))
            #expect(try await store.tally(of: .everyone) == NoticeTally(told: 3))
            let unread = try await store.inbox(
                of: NoticeWorld.ann, before: .max, unacknowledgedOnly: true, limit: 10)
            #expect(unread.map(\.position) == [6, 2])
            #expect(
                try await store.told(to: NoticeWorld.ann, after: 2, limit: 1) == [marked])
        },
        Law("all up to one is marked together, what has a mark keeps it") { world in
            try await world.meet(NoticeWorld.ann)
            try await world.takeChanges(4)
            _ = try await world.store.acknowledge(
                2, by: NoticeWorld.ann, at: NoticeWorld.second(10))
            let through = try await world.store.acknowledge(
                through: 7, by: NoticeWorld.ann, at: NoticeWorld.second(20))
            #expect(through == NoticeTally(told: 4, acknowledged: 3))
            let again = try await world.another().acknowledge(
                through: 7, by: NoticeWorld.ann, at: NoticeWorld.second(30))
            #expect(again == through)
            #expect(
                try await world.inbox(of: NoticeWorld.ann).map(\.acknowledgedAt)
                    == [
                        nil, NoticeWorld.second(20), NoticeWorld.second(20), NoticeWorld.second(10),
                    ]
            )
            let all = try await world.store.acknowledge(
                through: .max, by: .everyone, at: NoticeWorld.second(40))
            #expect(all == NoticeTally(told: 4, acknowledged: 4))
            #expect(all.unread == 0)
            #expect(
                try await world.store.acknowledge(
                    through: 9, by: NoticeWorld.bob, at: NoticeWorld.second(40)) == NoticeTally())
        },
        Law("what many mark at once is counted once") { world in
            try await world.takeChanges(10)
            let another = try await world.another()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in Int64(1)...10 {
                    group.addTask {
                        _ = try await world.store.acknowledge(
                            through: number, by: .everyone, at: NoticeWorld.second(30))
                    }
                    group.addTask {
                        _ = try await another.acknowledge(
                            number, by: .everyone, at: NoticeWorld.second(30))
                    }
                }
                try await group.waitForAll()
            }
            #expect(
                try await world.store.tally(of: .everyone)
                    == NoticeTally(told: 10, acknowledged: 10))
        },
    ]

    static let expiryLaws: [Law<NoticeWorld>] = [
        Law("what is old is removed, and known to be, after a restart too") { world in
            try await world.meet(NoticeWorld.ann)
            try await world.takeChanges(4)
            _ = try await world.store.acknowledge(
                2, by: NoticeWorld.ann, at: NoticeWorld.second(9))
            let old = NoticeWorld.second(3)
            #expect(try await world.store.expire(toldBefore: old, limit: 3) == 3)
            #expect(
                try await world.store.span() == NoticeSpan(removedThrough: 3, last: 8))
            let store = try await world.restart()
            #expect(try await store.expire(toldBefore: old, limit: 3) == 1)
            #expect(try await store.expire(toldBefore: old, limit: 3) == 0)
            #expect(try await store.span() == NoticeSpan(removedThrough: 4, last: 8))
            #expect(
                try await store.tally(of: NoticeWorld.ann)
                    == NoticeTally(told: 4, acknowledged: 1, expired: 1))
            #expect(try await store.tally(of: .everyone) == NoticeTally(told: 4, expired: 2))
            #expect(
                try await store.acknowledge(4, by: NoticeWorld.ann, at: NoticeWorld.second(9))
                    == nil)
            #expect(try await store.told(after: 0, limit: 10).map(\.position) == [5, 6, 7, 8])
        },
        Law("after everything was removed positions go on, and nothing is told again") { world in
            try await world.takeChanges(2)
            let store = world.store
            #expect(try await store.expire(toldBefore: NoticeWorld.second(9), limit: 10) == 2)
            #expect(try await store.span() == NoticeSpan(removedThrough: 2, last: 2))
            let first = try Samples.notice(.euphoria, .crisis, sequence: 1)
            #expect(try await world.take(first, second: 10).isDuplicate)
            try await world.takeChanges(1, from: 3)
            let told = try await store.told(after: 0, limit: 10)
            #expect(told.map(\.position) == [3])
        },
        Law("what a clock set back told is removed after what was told before it") { world in
            for (sequence, second) in [(Int64(1), Int64(50)), (2, 1), (3, 60)] {
                try await world.take(
                    Samples.notice(.unknown, .crisis, sequence: sequence), second: second)
            }
            let store = world.store
            #expect(try await store.expire(toldBefore: NoticeWorld.second(40), limit: 10) == 0)
            #expect(try await store.expire(toldBefore: NoticeWorld.second(51), limit: 10) == 2)
            #expect(try await store.span() == NoticeSpan(removedThrough: 2, last: 3))
        },
        Law("what was taken back is removed when it is old, what waits is not") { world in
            try await world.meet(.everyone, preferring: NoticePreferences(netSeconds: 60))
            try await world.take(Samples.notice(.unknown, .crisis))
            try await world.take(Samples.notice(.crisis, .unknown, sequence: 2))
            try await world.take(Samples.notice(.unknown, .crisis, sequence: 3), second: 5)
            let store = world.store
            #expect(try await store.expire(toldBefore: NoticeWorld.second(60), limit: 10) == 0)
            #expect(try await store.expire(toldBefore: NoticeWorld.second(61), limit: 10) == 1)
            #expect(try await store.expire(toldBefore: NoticeWorld.second(999), limit: 10) == 0)
            #expect(try await store.tellDue(at: NoticeWorld.second(65), limit: 10) == 1)
            #expect(try await store.span() == NoticeSpan(removedThrough: 0, last: 1))
        },
        Law("however many remove and mark at once, each is counted once") { world in
            try await world.meet(NoticeWorld.ann)
            try await world.takeChanges(30)
            let another = try await world.another()
            let removed = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in Int64(1)...10 {
                    group.addTask {
                        _ = try await world.store.acknowledge(
                            through: 6 * number, by: NoticeWorld.ann, at: NoticeWorld.second(99))
                        return 0
                    }
                    let store = number.isMultiple(of: 2) ? world.store : another
                    group.addTask {
                        try await store.expire(toldBefore: NoticeWorld.second(99), limit: 7)
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(removed == 60)
            let tally = try await world.store.tally(of: NoticeWorld.ann)
            #expect(tally.told == 30)
            #expect(tally.unread == 0)
            #expect(
                try await world.store.tally(of: .everyone) == NoticeTally(told: 30, expired: 30))
        },
    ]
}
