import Market
import Notices
import Ports
import Regimes
import Testing

extension NoticeStoreConformance {
    private static let ann = NoticeWorld.ann

    private static func term(_ second: Int64, seconds: Int64 = 60) -> LeaseTerm {
        LeaseTerm(from: NoticeWorld.second(second), seconds: seconds)
    }

    /// Ann alone is told, and her webhooks are those.
    private static func ann(
        in world: NoticeWorld, with webhooks: Webhook...,
        preferring preferences: NoticePreferences = NoticePreferences()
    ) async throws {
        try await world.meet(.everyone, preferring: NoticePreferences(regimeChanges: false))
        try await world.meet(ann, preferring: preferences)
        for webhook in webhooks {
            try await world.store.addWebhook(webhook, of: ann, at: NoticeWorld.second(0))
        }
    }

    private static func positions(_ deliveries: [Delivery]) -> [[Int64]] {
        deliveries.map { $0.notices.map(\.position) }
    }

    static let webhookLaws: [Law<NoticeWorld>] = [
        Law("webhooks come back as they were, oldest first, after a restart too") { world in
            var disabled = Samples.webhook("b", kinds: [.orderFilled], format: .telegram)
            (disabled.isEnabled, disabled.problem, disabled.failures) = (false, "HTTP 410", 3)
            var bare = Samples.webhook("a", kinds: Set(NoticeKind.allCases), format: .mail)
            bare.secrets = []
            try await ann(in: world, with: disabled, bare, Samples.webhook("c"))
            let store = try await world.restart()
            #expect(try await store.webhooks(of: ann) == [disabled, bare, Samples.webhook("c")])
            #expect(try await store.webhooks(of: .everyone).isEmpty)
            #expect(try await store.webhooks(of: NoticeWorld.bob).isEmpty)
        },
        Law("a webhook is changed and taken away by whose it is alone") { world in
            let webhook = Samples.webhook("a")
            try await ann(in: world, with: webhook)
            let store = world.store
            let at = NoticeWorld.second(1)
            for (id, person) in [(webhook.id, NoticeWorld.bob), (WebhookID("x"), ann)] {
                let changed = try await store.changeWebhook(id, of: person, at: at) { $0.url = "" }
                #expect(changed == nil)
                #expect(try await !store.removeWebhook(id, of: person))
            }
            var other = webhook
            (other.url, other.kinds, other.format) = ("mailto:a@b", [.regimeChange], .mail)
            (other.isEnabled, other.problem) = (false, "why")
            let wanted = other
            let changed = try await store.changeWebhook(webhook.id, of: ann, at: at) { $0 = wanted }
            #expect(changed == other)
            #expect(try await world.another().webhooks(of: ann) == [other])
            #expect(try await store.removeWebhook(webhook.id, of: ann))
            #expect(try await !store.removeWebhook(webhook.id, of: ann))
            #expect(try await store.webhooks(of: ann).isEmpty)
        },
        Law("whatever enables a webhook begins its failures anew, and so does another URL") {
            world in
            var webhook = Samples.webhook("a")
            (webhook.isEnabled, webhook.problem, webhook.failures) = (false, "HTTP 500", 3)
            try await ann(in: world, with: webhook)
            let at = NoticeWorld.second(1)
            let moved = try await world.store.changeWebhook(webhook.id, of: ann, at: at) {
                $0.url = "https://example.org/"
            }
            #expect(moved?.failures == 0 && moved?.problem == "HTTP 500")
            let enabled = try await world.store.changeWebhook(webhook.id, of: ann, at: at) {
                $0.url = Samples.webhook("a").url
                $0.isEnabled = true
            }
            #expect(enabled == Samples.webhook("a"))
        },
        Law("one may have so many webhooks and no more, however many are added at once") { world in
            let another = try await world.another()
            let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<(WebhookError.countLimit + 3) {
                    let store = number.isMultiple(of: 2) ? world.store : another
                    group.addTask {
                        do {
                            try await store.addWebhook(
                                Samples.webhook("w\(number)"), of: ann, at: NoticeWorld.second(0))
                            return false
                        } catch WebhookError.tooMany(WebhookError.countLimit) {
                            return true
                        }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(refused == 3)
            #expect(try await world.store.webhooks(of: ann).count == WebhookError.countLimit)
            // One that is added makes its owner known.
            #expect(try await world.store.preferences(of: ann) == NoticePreferences())
            try await world.store.addWebhook(
                Samples.webhook("b"), of: NoticeWorld.bob, at: NoticeWorld.second(0))
        },
    ]

    static let deliveryLaws: [Law<NoticeWorld>] = [
        Law("what somebody is told is on its way to where they want it") { world in
            var off = Samples.webhook("off")
            off.isEnabled = false
            let wanted = [
                Samples.webhook("all"), Samples.webhook("changes", kinds: [.regimeChange]),
            ]
            try await ann(
                in: world, with: wanted[0], off, wanted[1],
                Samples.webhook("fills", kinds: [.orderFilled]))
            try await world.take(Samples.notice(.unknown, .crisis), second: 1)
            let at = NoticeWorld.second(1)
            #expect(try await world.store.nextDelivery() == at)
            let told = try await world.inbox(of: ann)
            let store = try await world.restart()
            let deliveries = try await store.takeDeliveries(as: "w", for: term(1), limit: 10)
            let due = wanted.map {
                Delivery(webhook: $0, addressee: ann, notices: told, attempt: 1)
            }
            #expect(deliveries == due)
            _ = try await store.take(
                Samples.notice(of: Samples.fill("f-1")), at: at, by: .utc)
            let fill = try await store.takeDeliveries(as: "w", for: term(1), limit: 10)
            #expect(fill.map(\.webhook.id.text) == ["fills"])
            #expect(positions(fill) == [[2]])
        },
        Law("what waits is on its way when it is told") { world in
            try await ann(
                in: world, with: Samples.webhook("a"), preferring: NoticePreferences(netSeconds: 60)
            )
            try await world.take(Samples.notice(.unknown, .crisis))
            #expect(try await world.store.nextDelivery() == nil)
            _ = try await world.store.tellDue(at: NoticeWorld.second(70), limit: 10)
            #expect(try await world.store.nextDelivery() == NoticeWorld.second(70))
            let early = try await world.store.takeDeliveries(as: "w", for: term(69), limit: 1)
            #expect(early.isEmpty)
        },
        Law("a webhook gets one after another, in order") { world in
            try await ann(in: world, with: Samples.webhook("a"))
            try await world.takeChanges(3)
            for position in Int64(1)...3 {
                let taken = try await world.store.takeDeliveries(
                    as: "w", for: term(10), limit: 10)
                #expect(positions(taken) == [[position]])
                let more = try await world.store.takeDeliveries(
                    as: "w", for: term(10), limit: 10)
                #expect(more.isEmpty)
                try await world.store.finish(
                    try #require(taken.first), as: .done, by: "w", at: NoticeWorld.second(10))
            }
            #expect(try await world.store.nextDelivery() == nil)
        },
        Law("nobody gets what is under way, its own worker neither, until the term is over") {
            world in
            try await ann(in: world, with: Samples.webhook("a"))
            try await world.takeChanges(1)
            let first = try #require(
                try await world.store.takeDeliveries(as: "w", for: term(10), limit: 1).first)
            #expect(try await world.store.nextDelivery() == NoticeWorld.second(70))
            let another = try await world.restart()
            for owner in ["w", "v"] {
                let none = try await another.takeDeliveries(as: owner, for: term(69), limit: 1)
                #expect(none.isEmpty)
            }
            let second = try #require(
                try await another.takeDeliveries(as: "v", for: term(70), limit: 1).first)
            #expect(second.attempt == 2)
            #expect(second.id == first.id)
            // Who took it first comes too late.
            for plan in [DeliveryPlan.done, .disable(reason: ""), .retry(at: .latest, reason: "")] {
                try await another.finish(first, as: plan, by: "w", at: NoticeWorld.second(71))
            }
            #expect(try await another.webhooks(of: ann) == [Samples.webhook("a")])
            #expect(try await another.nextDelivery() == NoticeWorld.second(130))
            // So does the same one, of an attempt before.
            let third = try #require(
                try await another.takeDeliveries(as: "v", for: term(130), limit: 1).first)
            try await another.finish(second, as: .done, by: "v", at: NoticeWorld.second(131))
            #expect(try await another.nextDelivery() == NoticeWorld.second(190))
            try await another.finish(third, as: .done, by: "v", at: NoticeWorld.second(131))
            #expect(try await another.nextDelivery() == nil)
        },
        Law("what a clock that was ahead keeps is had once it is right again") { world in
            try await ann(in: world, with: Samples.webhook("a"))
            try await world.takeChanges(1)
            let ahead = 2 * DeliveryPage.longestWaitSeconds
            _ = try await world.store.takeDeliveries(as: "w", for: term(ahead), limit: 1)
            let taken = try #require(
                try await world.store.takeDeliveries(as: "v", for: term(10), limit: 1).first)
            try await world.store.finish(
                taken, as: .retry(at: NoticeWorld.second(ahead), reason: ""), by: "v",
                at: NoticeWorld.second(11))
            let again = try await world.store.takeDeliveries(as: "v", for: term(12), limit: 1)
            #expect(again.map(\.attempt) == [3])
        },
        Law("what failed comes again when it is due, and nothing passes it") { world in
            try await ann(in: world, with: Samples.webhook("a"))
            try await world.takeChanges(2)
            let taken = try #require(
                try await world.store.takeDeliveries(as: "w", for: term(10), limit: 1).first)
            let due = NoticeWorld.second(30)
            try await world.store.finish(
                taken, as: .retry(at: due, reason: "HTTP 500"), by: "w",
                at: NoticeWorld.second(11))
            #expect(try await world.store.nextDelivery() == due)
            let early = try await world.store.takeDeliveries(as: "w", for: term(29), limit: 10)
            #expect(early.isEmpty)
            let again = try await world.restart().takeDeliveries(as: "v", for: term(30), limit: 10)
            #expect(positions(again) == [[1]])
            #expect(again.map(\.attempt) == [2])
        },
        Law("what waits goes at once to another URL, or once it is enabled, and begins anew") {
            world in
            try await ann(in: world, with: Samples.webhook("a"), Samples.webhook("b"))
            try await world.takeChanges(1)
            for taken in try await world.store.takeDeliveries(as: "w", for: term(10), limit: 2) {
                try await world.store.finish(
                    taken, as: .retry(at: NoticeWorld.second(9_000), reason: "HTTP 500"), by: "w",
                    at: NoticeWorld.second(11))
            }
            let at = NoticeWorld.second(20)
            for kinds: Set<NoticeKind> in [[.regimeChange], []] {
                _ = try await world.store.changeWebhook(WebhookID("a"), of: ann, at: at) {
                    $0.kinds = kinds
                }
                #expect(try await world.store.nextDelivery() == NoticeWorld.second(9_000))
            }
            _ = try await world.store.changeWebhook(WebhookID("a"), of: ann, at: at) {
                $0.url = "https://example.org/"
            }
            _ = try await world.store.changeWebhook(WebhookID("b"), of: ann, at: at) {
                $0.isEnabled = false
            }
            #expect(try await world.store.nextDelivery() == at)
            let first = try await world.restart().takeDeliveries(as: "w", for: term(20), limit: 2)
            #expect(first.map(\.id) == ["msg_a_1"] && first.map(\.attempt) == [1])
            let store = try await world.another()
            _ = try await store.changeWebhook(WebhookID("b"), of: ann, at: at) {
                $0.isEnabled = true
            }
            // What is under way stays so.
            _ = try await store.changeWebhook(WebhookID("a"), of: ann, at: at) {
                $0.url = "https://example.net/"
            }
            let second = try await store.takeDeliveries(as: "v", for: term(21), limit: 2)
            #expect(second.map(\.id) == ["msg_b_1"] && second.map(\.attempt) == [1])
        },
        Law("what is given up makes room for the next, until the webhook is disabled") { world in
            try await ann(in: world, with: Samples.webhook("a"))
            try await world.takeChanges(4)
            let plans = [
                DeliveryPlan.giveUp(reason: "x"), .done, .giveUp(reason: "x"),
                .disable(reason: "HTTP 410"),
            ]
            var failures: [Int?] = []
            for plan in plans {
                let taken = try #require(
                    try await world.store.takeDeliveries(as: "w", for: term(10), limit: 1).first)
                try await world.store.finish(taken, as: plan, by: "w", at: NoticeWorld.second(11))
                failures.append(try await world.store.webhooks(of: ann).first?.failures)
            }
            #expect(failures == [1, 0, 1, 2])
            let webhook = try #require(try await world.store.webhooks(of: ann).first)
            #expect(!webhook.isEnabled)
            #expect(webhook.problem == "HTTP 410")
            // Nothing is on its way to it until it is enabled.
            try await world.takeChanges(1, from: 5)
            let id = webhook.id
            _ = try await world.store.changeWebhook(id, of: ann, at: NoticeWorld.second(12)) {
                $0.isEnabled = true
            }
            #expect(try await world.store.nextDelivery() == nil)
            try await world.takeChanges(1, from: 6)
            #expect(try await world.store.nextDelivery() == NoticeWorld.second(6))
        },
        Law("a disabled webhook keeps what was on its way") { world in
            try await ann(in: world, with: Samples.webhook("a"))
            try await world.takeChanges(1)
            for isEnabled in [false, true] {
                _ = try await world.store.changeWebhook(
                    WebhookID("a"), of: ann, at: NoticeWorld.second(5)
                ) { $0.isEnabled = isEnabled }
                let taken = try await world.store.takeDeliveries(
                    as: "w", for: term(10), limit: 10)
                #expect(taken.count == (isEnabled ? 1 : 0))
            }
        },
        Law("what has been due for the longest time comes first") { world in
            try await ann(in: world, with: Samples.webhook("b"))
            try await world.takeChanges(1)
            try await world.store.addWebhook(
                Samples.webhook("a"), of: ann, at: NoticeWorld.second(1))
            try await world.takeChanges(1, from: 2)
            let taken = try await world.store.takeDeliveries(as: "w", for: term(10), limit: 1)
            #expect(taken.map(\.webhook.id.text) == ["b"])
            let more = try await world.store.takeDeliveries(as: "w", for: term(10), limit: 1)
            #expect(more.map(\.webhook.id.text) == ["a"])
            for limit in [0, -1] {
                let none = try await world.store.takeDeliveries(
                    as: "w", for: term(10), limit: limit)
                #expect(none.isEmpty)
            }
        },
        Law("what is removed is no longer on its way") { world in
            try await ann(in: world, with: Samples.webhook("a"), Samples.webhook("b"))
            try await world.takeChanges(2)
            let taken = try await world.store.takeDeliveries(as: "w", for: term(10), limit: 10)
            #expect(taken.count == 2)
            #expect(try await world.store.expire(toldBefore: NoticeWorld.second(2), limit: 9) == 1)
            for delivery in taken {
                try await world.store.finish(
                    delivery, as: .giveUp(reason: ""), by: "w", at: NoticeWorld.second(11))
            }
            #expect(try await world.store.webhooks(of: ann).map(\.failures) == [0, 0])
            #expect(try await world.store.removeWebhook(WebhookID("a"), of: ann))
            let rest = try await world.store.takeDeliveries(as: "w", for: term(10), limit: 10)
            #expect(rest.map(\.id) == ["msg_b_2"])
            #expect(try await world.store.removeWebhook(WebhookID("b"), of: ann))
            #expect(try await world.store.nextDelivery() == nil)
            try await world.store.finish(
                try #require(rest.first), as: .done, by: "w", at: NoticeWorld.second(12))
        },
    ]

    static let digestLaws: [Law<NoticeWorld>] = [
        Law("a digest is one delivery, and stays together whatever comes") { world in
            try await ann(
                in: world, with: Samples.webhook("a"),
                preferring: NoticePreferences(digest: .hourly))
            try await world.takeChanges(3)
            let told = NoticeWorld.second(3_600)
            #expect(try await world.store.tellDue(at: told, limit: 10) == 3)
            let first = try #require(
                try await world.store.takeDeliveries(as: "w", for: term(3_600), limit: 9).first)
            #expect(positions([first]) == [[1, 2, 3]])
            try await world.takeChanges(1, from: 4)
            _ = try await world.store.tellDue(at: NoticeWorld.second(7_200), limit: 10)
            let store = try await world.restart()
            try await store.finish(
                first, as: .retry(at: NoticeWorld.second(7_200), reason: ""), by: "w", at: told)
            let again = try #require(
                try await store.takeDeliveries(as: "w", for: term(7_200), limit: 9).first)
            #expect(again.id == first.id)
            #expect(again.notices == first.notices)
            #expect(again.attempt == 2)
            try await store.finish(again, as: .done, by: "w", at: NoticeWorld.second(7_201))
            let next = try await store.takeDeliveries(as: "w", for: term(7_201), limit: 9)
            #expect(positions(next) == [[4]])
            #expect(next.map(\.attempt) == [1])
        },
        Law("a digest has so many notices and no more") { world in
            let limit = DeliveryPage.batchLimit
            try await ann(
                in: world, with: Samples.webhook("a"),
                preferring: NoticePreferences(digest: .hourly))
            try await world.takeChanges(Int64(limit) + 1)
            let told = NoticeWorld.second(3_600)
            #expect(try await world.store.tellDue(at: told, limit: 999) == limit + 1)
            var sizes: [Int] = []
            for _ in 1...2 {
                let taken = try #require(
                    try await world.store.takeDeliveries(as: "w", for: term(3_600), limit: 9).first)
                sizes.append(taken.notices.count)
                try await world.store.finish(taken, as: .done, by: "w", at: told)
            }
            #expect(sizes == [limit, 1])
        },
    ]

    static let deliveryRaceLaws: [Law<NoticeWorld>] = [
        Law("each is delivered once, in order, by however many workers at once") { world in
            try await ann(in: world, with: Samples.webhook("a"), Samples.webhook("b"))
            try await world.takeChanges(10)
            let another = try await world.another()
            let delivered = try await withThrowingTaskGroup(of: [String].self) { group in
                for number in 0..<4 {
                    let store = number.isMultiple(of: 2) ? world.store : another
                    group.addTask { try await deliverAll(of: store, as: "w\(number)") }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            let due = ["a", "b"].flatMap { id in (1...10).map { "msg_\(id)_\($0)" } }
            #expect(delivered.sorted() == due.sorted())
            #expect(try await world.store.webhooks(of: ann).map(\.failures) == [0, 0])
        },
        Law("taking, delivering, removing and changing at once come to an end") { world in
            try await ann(in: world, with: Samples.webhook("a"), Samples.webhook("b"))
            let another = try await world.another()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await world.takeChanges(20) }
                group.addTask { _ = try await deliverAll(of: another, as: "w") }
                group.addTask {
                    for second in Int64(1)...20 {
                        _ = try await another.expire(
                            toldBefore: NoticeWorld.second(second), limit: 5)
                    }
                }
                group.addTask {
                    for number in 1...10 {
                        let webhook = Samples.webhook("c\(number)")
                        let at = NoticeWorld.second(1)
                        try await world.store.addWebhook(webhook, of: ann, at: at)
                        _ = try await another.acknowledge(through: .max, by: ann, at: at)
                        #expect(try await another.removeWebhook(webhook.id, of: ann))
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await world.store.span().last == 20)
            #expect(try await world.store.tally(of: ann).told == 20)
        },
    ]

    /// Takes and finishes until nothing is on its way; what was delivered.
    private static func deliverAll(
        of store: any NoticeStore, as owner: String
    ) async throws -> [String] {
        var delivered: [String] = []
        while try await store.nextDelivery() != nil {
            for delivery in try await store.takeDeliveries(as: owner, for: term(100), limit: 1) {
                delivered.append(delivery.id)
                try await store.finish(delivery, as: .done, by: owner, at: NoticeWorld.second(101))
            }
        }
        return delivered
    }
}
