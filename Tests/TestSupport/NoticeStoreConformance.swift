import Market
import Notices
import Ports
import Regimes
import Testing

/// What every store of notices keeps.
package enum NoticeStoreConformance {
    package static let laws: [Law<NoticeWorld>] =
        takingLaws + takingRaceLaws + stepLaws + peopleLaws + waitingLaws + waitingRaceLaws
        + inboxLaws + expiryLaws + webhookLaws + deliveryLaws + digestLaws + fairnessLaws
        + deliveryRaceLaws

    private static let takingLaws: [Law<NoticeWorld>] = [
        Law("an event is told to everybody who is known, by name, after a restart too") { world in
            try await world.meet(NoticeWorld.bob, NoticeWorld.ann)
            let notice = try Samples.notice(.unknown, .crisis)
            #expect(try await world.take(notice, second: 7) == NoticeReceipt(told: 3))
            let told = [Addressee.everyone, NoticeWorld.ann, NoticeWorld.bob].enumerated().map {
                ToldNotice(
                    position: Int64($0 + 1), addressee: $1, notice: notice, previous: nil,
                    toldAt: NoticeWorld.second(7))
            }
            for isRestarted in [false, true] {
                let store = try await isRestarted ? world.restart() : world.another()
                #expect(try await store.told(after: 0, limit: 10) == told)
                #expect(try await store.told(to: NoticeWorld.ann, after: 0, limit: 10) == [told[1]])
                #expect(try await store.span() == NoticeSpan(removedThrough: 0, last: 3))
                #expect(try await store.tally(of: NoticeWorld.ann) == NoticeTally(told: 1))
            }
        },
        Law("an event that comes again changes nothing") { world in
            let notice = try Samples.notice(.unknown, .crisis)
            try await world.take(notice)
            let another = try await world.another()
            let again = try await another.take(notice, at: NoticeWorld.second(9), by: .utc)
            #expect(again == NoticeReceipt(isDuplicate: true))
            let restarted = try await world.restart()
            #expect(
                try await restarted.take(notice, at: NoticeWorld.second(9), by: .utc)
                    == NoticeReceipt(isDuplicate: true))
            #expect(try await restarted.told(after: 0, limit: 10).count == 1)
            #expect(try await restarted.tally(of: .everyone) == NoticeTally(told: 1))
        },
        Law("a fill is for its user alone, who is known from then on") { world in
            try await world.meet(NoticeWorld.bob)
            let notice = try Samples.notice(of: Samples.fill("f-1", user: "ann"))
            #expect(try await world.take(notice) == NoticeReceipt(told: 1))
            #expect(try await world.store.preferences(of: NoticeWorld.ann) == NoticePreferences())
            #expect(try await world.inbox(of: NoticeWorld.ann).map(\.notice) == [notice])
            for other in [NoticeWorld.bob, .everyone] {
                #expect(try await world.inbox(of: other).isEmpty)
            }
            #expect(try await world.take(Samples.notice(.unknown, .crisis)).told == 3)
        },
        Law("who doesn't want it isn't told, and it is taken all the same") { world in
            try await world.meet(.everyone, preferring: NoticePreferences(regimeChanges: false))
            try await world.meet(
                NoticeWorld.ann, preferring: NoticePreferences(minimumConfidence: 0.8))
            try await world.meet(
                NoticeWorld.bob, preferring: NoticePreferences(orderFills: false))
            let unsure = try Samples.notice(.unknown, .crisis)
            #expect(try await world.take(unsure) == NoticeReceipt(told: 1))
            #expect(try await world.inbox(of: NoticeWorld.bob).count == 1)
            let fill = try Samples.notice(of: Samples.fill("f-1", user: "bob"))
            #expect(try await world.take(fill) == NoticeReceipt())
            #expect(try await world.take(fill).isDuplicate)
            #expect(try await world.store.span().last == 1)
        },
    ]

    private static let takingRaceLaws: [Law<NoticeWorld>] = [
        Law("however many take the same at once, it is told once") { world in
            try await world.meet(NoticeWorld.ann)
            let another = try await world.another()
            let notice = try Samples.notice(.unknown, .crisis)
            let fresh = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<16 {
                    let store = number.isMultiple(of: 2) ? world.store : another
                    group.addTask {
                        try await !store.take(notice, at: NoticeWorld.second(0), by: .utc)
                            .isDuplicate
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(fresh == 1)
            #expect(try await world.store.told(after: 0, limit: 10).map(\.position) == [1, 2])
        },
        Law("whoever reads along misses nothing of what many take at once") { world in
            try await world.meet(NoticeWorld.ann)
            let (another, third) = (try await world.another(), try await world.another())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...30 {
                    let store = number.isMultiple(of: 2) ? world.store : another
                    let notice = try Samples.notice(
                        .unknown, .crisis, of: "M\(number)", restating: number.isMultiple(of: 3))
                    group.addTask {
                        _ = try await store.take(notice, at: NoticeWorld.second(0), by: .utc)
                    }
                }
                group.addTask {
                    var seen: [Int64] = []
                    try await eventually {
                        seen += try await third.told(after: seen.last ?? 0, limit: 7)
                            .map(\.position)
                        return seen.count >= 60
                    }
                    #expect(seen == Array(1...60))
                }
                try await group.waitForAll()
            }
            #expect(try await world.store.span() == NoticeSpan(removedThrough: 0, last: 60))
        },
        Law("who is met while events are taken is told of all that come after") { world in
            let another = try await world.another()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...20 {
                    let notice = try Samples.notice(.unknown, .crisis, of: "M\(number)")
                    group.addTask {
                        _ = try await another.take(notice, at: NoticeWorld.second(0), by: .utc)
                    }
                }
                for number in 1...5 {
                    group.addTask {
                        let person = Samples.person("p\(number)")
                        _ = try await world.store.meet(person, at: NoticeWorld.second(0))
                        let last = try await world.store.span().last
                        try await eventually {
                            try await world.inbox(of: .everyone).count == 20
                        }
                        let mine = try await world.inbox(of: person).map(\.notice.eventID)
                        let after = try await world.store.told(
                            to: .everyone, after: last, limit: 100)
                        #expect(Set(mine).isSuperset(of: after.map(\.notice.eventID)))
                    }
                }
                try await group.waitForAll()
            }
        },
    ]

    private static let peopleLaws: [Law<NoticeWorld>] = [
        Law("everyone is known, nobody else before they are met") { world in
            #expect(try await world.store.preferences(of: .everyone) == NoticePreferences())
            #expect(try await world.store.preferences(of: NoticeWorld.ann) == nil)
            #expect(try await world.store.tally(of: NoticeWorld.ann) == NoticeTally())
            #expect(try await world.store.knownPeople(unlessAmong: .everyone) == nil)
            #expect(try await world.store.knownPeople(unlessAmong: NoticeWorld.ann) == 1)
            let usual = try await world.store.meet(NoticeWorld.ann, at: NoticeWorld.second(0))
            #expect(usual == NoticePreferences())
            #expect(try await world.store.knownPeople(unlessAmong: NoticeWorld.ann) == nil)
            #expect(try await world.store.knownPeople(unlessAmong: NoticeWorld.bob) == 2)
            let quiet = NoticePreferences(netSeconds: 5)
            try await world.meet(NoticeWorld.ann, preferring: quiet)
            let another = try await world.another()
            #expect(try await another.meet(NoticeWorld.ann, at: NoticeWorld.second(1)) == quiet)
        },
        Law("preferences come back as they were, after a restart too") { world in
            var generator = SplitMix64(seed: 7)
            let everything = (1...40).map { _ in Samples.preferences(using: &generator) }
            for (number, preferences) in everything.enumerated() {
                try await world.meet(Samples.person("p\(number)"), preferring: preferences)
            }
            let restarted = try await world.restart()
            for (number, preferences) in everything.enumerated() {
                let person = Samples.person("p\(number)")
                #expect(try await restarted.preferences(of: person) == preferences)
            }
            try await restarted.setPreferences(
                NoticePreferences(), of: Samples.person("p0"), at: NoticeWorld.second(0))
            #expect(
                try await restarted.preferences(of: Samples.person("p0")) == NoticePreferences())
        },
        Law("names are told apart to the letter") { world in
            let names = ["a", "A", "=", "\"", "a\\", "'", "{}", ",", "-", "NULL", "%", "a/b"]
            for name in names { try await world.meet(Samples.person(name)) }
            let before = NoticePreferences(netSeconds: 60)
            try await world.meet(Samples.person("\\"), preferring: before)
            try await world.take(Samples.notice(.unknown, .crisis))
            let told = try await world.store.told(after: 0, limit: 100).map(\.addressee.text)
            #expect(told == ([""] + names).sorted())
            #expect(
                try await world.take(Samples.notice(.crisis, .unknown, sequence: 2)).takenBack == 1)
        },
        Law("a commit wakes who listens on another handle") { world in
            let another = try await world.another()
            var heard = another.commits().makeAsyncIterator()
            _ = await heard.next()
            try await world.take(Samples.notice(.unknown, .crisis))
            try await eventually { try await another.span().last == 1 }
            #expect(await heard.next() != nil)
        },
    ]
}

extension Samples {
    /// Any preferences there may be.
    static func preferences(using generator: inout SplitMix64) -> NoticePreferences {
        func some<Value>(_ values: [Value]) -> Set<Value> {
            Set(values.filter { _ in Bool.random(using: &generator) })
        }
        let digests = [
            Digest.instant, .hourly, .daily(minute: .random(in: 0..<1_440, using: &generator)),
        ]
        return NoticePreferences(
            regimeChanges: .random(using: &generator), orderFills: .random(using: &generator),
            markets: some(["SPX", "^GSPC", "EUR=X", "a.b-c_d"].map { series($0).market }),
            regimes: some(Regime.allCases),
            minimumRisk: RiskLevel.allCases.randomElement(using: &generator) ?? .low,
            minimumConfidence: Bool.random(using: &generator) ? 0 : generator.unit(),
            zone: ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"]
                .randomElement(using: &generator) ?? "UTC",
            quietHours: QuietHours(
                start: .random(in: 0..<1_440, using: &generator),
                end: .random(in: 0..<2_000, using: &generator)),
            digest: digests.randomElement(using: &generator) ?? .instant,
            netSeconds: .random(in: 0...NoticePreferences.netSecondsLimit, using: &generator))
    }
}
