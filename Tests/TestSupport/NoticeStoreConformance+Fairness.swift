import Market
import Notices
package import Ports
import Testing

extension WebhookStore {
    /// From both pools, the usual one first.
    package func takeDeliveries(
        as owner: String, for term: LeaseTerm, limit: Int
    ) async throws -> [Delivery] {
        let usual = try await takeDeliveries(as: owner, for: term, from: .usual, limit: limit)
        let rest = limit - usual.count
        return try await usual
            + takeDeliveries(as: owner, for: term, from: .failing, limit: rest)
    }
}

extension NoticeStoreConformance {
    private static func term(_ second: Int64) -> LeaseTerm {
        LeaseTerm(from: NoticeWorld.second(second), seconds: 60)
    }

    /// Nobody else is told, and each has so many webhooks: `ann0`, `ann1` …
    private static func people(
        in world: NoticeWorld, _ counts: (Addressee, Int)...
    ) async throws {
        try await world.meet(.everyone, preferring: NoticePreferences(regimeChanges: false))
        for (person, count) in counts {
            try await world.meet(person)
            for number in 0..<count {
                try await world.store.addWebhook(
                    Samples.webhook("\(person.text)\(number)"), of: person,
                    at: NoticeWorld.second(0))
            }
        }
    }

    private static func names(_ deliveries: [Delivery]) -> [String] {
        deliveries.map(\.webhook.id.text)
    }

    static let fairnessLaws: [Law<NoticeWorld>] = [
        Law("each person's first comes before anybody's second, and nobody has more than a few") {
            world in
            let limit = DeliveryPage.personLimit
            try await people(in: world, (NoticeWorld.ann, limit + 2), (NoticeWorld.bob, 2))
            try await world.takeChanges(1)
            let first = try await world.store.takeDeliveries(
                as: "w", for: term(10), from: .usual, limit: 3)
            #expect(names(first) == ["ann0", "bob0", "ann1"])
            let rest = try await world.another().takeDeliveries(
                as: "v", for: term(10), from: .usual, limit: 99)
            #expect(names(rest) == ["bob1"] + (2..<limit).map { "ann\($0)" })
            // Whoever answers makes room for the next.
            let done = try #require(first.first)
            try await world.store.finish(done, as: .done, by: "w", at: NoticeWorld.second(11))
            let next = try await world.restart().takeDeliveries(
                as: "w", for: term(11), from: .usual, limit: 99)
            #expect(names(next) == ["ann\(limit)"])
            // So does a term that is over; what was under way in it is not as others are.
            let later = try await world.another().takeDeliveries(
                as: "w", for: term(70), from: .usual, limit: 99)
            #expect(names(later) == ["ann\(limit + 1)"])
        },
        Law("what failed is apart from what did not, until it arrives") { world in
            try await people(in: world, (NoticeWorld.ann, 2), (NoticeWorld.bob, 1))
            try await world.takeChanges(2)
            let store = world.store
            func take(
                _ pool: DeliveryPool, at second: Int64
            ) async throws -> [Delivery] {
                try await store.takeDeliveries(as: "w", for: term(second), from: pool, limit: 99)
            }
            #expect(try await take(.failing, at: 10).isEmpty)
            let first = try await take(.usual, at: 10)
            #expect(names(first) == ["ann0", "bob0", "ann1"])
            let at = NoticeWorld.second(11)
            let plans = [DeliveryPlan.retry(at: at, reason: "r"), .giveUp(reason: "g"), .done]
            for (delivery, plan) in zip(first, plans) {
                try await store.finish(delivery, as: plan, by: "w", at: at)
            }
            let answering = try await take(.usual, at: 12)
            #expect(answering.map(\.id) == ["msg_ann1_3"])
            let failing = try await take(.failing, at: 12)
            #expect(failing.map(\.id) == ["msg_bob0_4", "msg_ann0_1"])
            for delivery in failing {
                try await store.finish(delivery, as: .done, by: "w", at: NoticeWorld.second(13))
            }
            #expect(try await take(.failing, at: 14).isEmpty)
            #expect(try await take(.usual, at: 14).map(\.id) == ["msg_ann0_3"])
        },
        Law("what a URL did not take says nothing about the next, and goes there") { world in
            let (store, id) = (world.store, WebhookID("ann0"))
            try await people(in: world, (NoticeWorld.ann, 1))
            try await world.takeChanges(1)
            let at = NoticeWorld.second(11)
            let plans = [
                DeliveryPlan.disable(reason: "d"), .giveUp(reason: "g"),
                .retry(at: NoticeWorld.second(9_999), reason: "r"),
            ]
            for (number, plan) in plans.enumerated() {
                let old = try #require(
                    try await store.takeDeliveries(as: "w", for: term(11), limit: 9).first)
                let url = "https://example.org/\(number)"
                let moved = try await store.changeWebhook(id, of: NoticeWorld.ann, at: at) {
                    $0.url = url
                }
                try await store.finish(old, as: plan, by: "w", at: at)
                #expect(try await store.webhooks(of: NoticeWorld.ann) == [try #require(moved)])
                #expect(try await world.another().nextDelivery() == at)
            }
            let last = try #require(
                try await store.takeDeliveries(as: "w", for: term(11), limit: 9).first)
            #expect(last.id == "msg_ann0_1")
            #expect(last.webhook.url == "https://example.org/2")
            // What arrived has arrived.
            _ = try await store.changeWebhook(id, of: NoticeWorld.ann, at: at) { $0.url = "x:" }
            try await store.finish(last, as: .done, by: "w", at: at)
            #expect(try await store.nextDelivery() == nil)
        },
        Law("what is put off comes again, and the attempt does not count") { world in
            try await people(in: world, (NoticeWorld.ann, 1))
            try await world.takeChanges(1)
            for second in stride(from: Int64(10), through: 50, by: 10) {
                let taken = try #require(
                    try await world.another().takeDeliveries(
                        as: "w", for: term(second), limit: 9
                    ).first)
                #expect(taken.attempt == min(Int(second / 10), 2))
                let due = NoticeWorld.second(second + 10)
                try await world.store.finish(
                    taken, as: .postpone(until: due, reason: "p"), by: "w", at: due)
                #expect(try await world.store.nextDelivery() == due)
            }
            let webhook = try #require(try await world.store.webhooks(of: NoticeWorld.ann).first)
            #expect(webhook.failures == 0 && webhook.isEnabled)
        },
    ]
}
