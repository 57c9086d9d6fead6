import Market
import Notices
import Ports
import Regimes

/// A random but seeded sequence of calls on a store of notices, and everything it answered, as
/// text: two stores that give the same transcript decide alike.
package final class NoticeScript {
    private var generator: SplitMix64
    private var now = NoticeWorld.second(0)
    private let store: any NoticeStore
    private var regimes: [String: (regime: Regime, sequence: Int64)] = [:]
    private var notices: [Notice] = []
    private var taken: [(delivery: Delivery, owner: String)] = []
    private var lines: [String] = []

    private static let people = ["", "ann", "bob", "zoe"].compactMap { Addressee(text: $0) }

    private init(seed: UInt64, world: NoticeWorld) {
        generator = SplitMix64(seed: seed)
        store = world.store
    }

    /// Plays a script on a fresh store.
    package static func play(seed: UInt64, steps: Int, in world: NoticeWorld) async -> [String] {
        let script = NoticeScript(seed: seed, world: world)
        for _ in 0..<steps { await script.step() }
        await script.readEverything()
        return script.lines
    }

    private func step() async {
        // Now and then the clock is set back.
        now = now.advanced(bySeconds: below(12) == 0 ? -Int64(below(90)) : Int64(below(30)))
        switch below(16) {
        case 0...3: await takeChange()
        case 4: await takeFill()
        case 5: await prefer()
        case 6: await tell()
        case 7: await expire()
        case 8: await acknowledge()
        case 9, 10: await changeWebhooks()
        case 11, 12: await deliver()
        case 13, 14: await finish()
        default: await read()
        }
    }

    // MARK: - Calls

    private func takeChange() async {
        var notice = notices.randomElement(using: &generator)
        if below(6) > 0 || notice == nil {
            let market = pick(["SPX", "NDX"])
            let last = regimes[market] ?? (.unknown, 0)
            let next = pick([Regime.crisis, .euphoria, .unknown].filter { $0 != last.regime })
            // Now and then one comes late.
            let isLate = last.sequence > 1 && below(6) == 0
            if !isLate { regimes[market] = (next, last.sequence + 1) }
            notice = try? Samples.notice(
                last.regime, next, sequence: last.sequence + (isLate ? -1 : 1), of: market,
                confidence: pick([0.6, 0.9]), restating: below(8) == 0)
        }
        await take(notice)
    }

    private func takeFill() async {
        let fill = try? Samples.fill("f-\(notices.count)", user: pick(["ann", "carl"]))
        await take(try? fill.map { try Samples.notice(of: $0) })
    }

    private func take(_ notice: Notice?) async {
        guard let notice else { return lines.append("no notice") }
        notices.append(notice)
        let step = below(3) > 0 ? self.anyStep() : nil
        await note("take \(notice.eventID)") {
            "\(try await store.take(notice, from: step, at: now, by: .utc))"
        }
        guard below(4) == 0 else { return }
        let passed = anyStep()
        await note("pass") { "\(try await store.pass(passed, at: now))" }
        await note("taken") {
            "\(try await store.taken(of: .regimeChange).sorted { $0.key < $1.key })"
        }
    }

    /// Now and then one that the store is not ready for.
    private func anyStep() -> EventStep {
        EventStep(
            topic: .regimeChange, partition: Int32(below(2)), offset: Int64(below(60)),
            after: Int64(below(40) - 30))
    }

    private func prefer() async {
        let person = pick(NoticeScript.people)
        var preferences = NoticePreferences()
        preferences.netSeconds = pick([0, 90, 900])
        preferences.digest = pick([.instant, .instant, .hourly, .daily(minute: below(1_440))])
        preferences.minimumConfidence = pick([0, 0.8])
        preferences.orderFills = below(4) > 0
        let isMeeting = below(3) == 0
        await note("prefer \(person)") {
            if isMeeting { return "\(try await store.meet(person, at: now).netSeconds)" }
            try await store.setPreferences(preferences, of: person, at: now)
            return "\(try await store.preferences(of: person) == preferences)"
        }
    }

    private func tell() async {
        let later = Int64(pick([0, 60, 4_000]))
        let limit = 1 + below(5)
        await note("tell") {
            let next = try await store.nextDue()
            let instant = now.advanced(bySeconds: later)
            return "\(optional: next) \(try await store.tellDue(at: instant, limit: limit))"
        }
    }

    private func expire() async {
        let (age, limit) = (Int64(below(600)), 1 + below(4))
        await note("expire") {
            let instant = now.advanced(bySeconds: -age)
            let count = try await store.expire(toldBefore: instant, limit: limit)
            return "\(count) \(try await store.span())"
        }
    }

    private func acknowledge() async {
        let (person, position) = (pick(NoticeScript.people), Int64(below(40)))
        let isOne = below(2) == 0
        await note("acknowledge \(position) by \(person)") {
            guard isOne else {
                return "\(try await store.acknowledge(through: position, by: person, at: now))"
            }
            let told = try await store.acknowledge(position, by: person, at: now)
            return told.map(text) ?? "none"
        }
    }

    private func changeWebhooks() async {
        let (person, number) = (pick(NoticeScript.people), below(6))
        let id = WebhookID("\(person.text)-\(number)")
        let kinds = pick([Set<NoticeKind>(), [.regimeChange], [.orderFilled]])
        let url = pick(["https://a.example/", "https://b.example/"])
        let (isEnabled, isRemoval) = (below(3) > 0, below(6) == 0)
        await note("webhook \(id)") {
            if isRemoval { return "\(try await store.removeWebhook(id, of: person))" }
            let changed = try await store.changeWebhook(id, of: person, at: now) {
                ($0.isEnabled, $0.kinds, $0.url) = (isEnabled, kinds, url)
            }
            if let changed { return text(changed) }
            let webhook = Samples.webhook(id.text, kinds: kinds)
            try await store.addWebhook(webhook, of: person, at: now)
            return try await store.webhooks(of: person).map(text).joined(separator: ", ")
        }
    }

    private func deliver() async {
        let owner = pick(["v", "w"])
        let term = LeaseTerm(from: now, seconds: 1 + Int64(below(60)))
        let limit = below(4)
        let pool = pick(DeliveryPool.allCases)
        await note("deliver from \(pool)") {
            let next = try await store.nextDelivery()
            let deliveries = try await store.takeDeliveries(
                as: owner, for: term, from: pool, limit: limit)
            taken += deliveries.map { ($0, owner) }
            return "\(optional: next) " + deliveries.map(text).joined(separator: ", ")
        }
    }

    private func finish() async {
        // Mostly of what was taken last.
        let index = below(3) == 0 ? taken.indices.randomElement(using: &generator) : nil
        guard let index = index ?? taken.indices.last else { return }
        let (delivery, owner) = taken[index]
        if below(4) > 0 { taken.remove(at: index) }
        let plan = pick([
            DeliveryPlan.done, .done,
            .retry(at: now.advanced(bySeconds: Int64(below(90))), reason: "r"),
            .postpone(until: now.advanced(bySeconds: Int64(below(90))), reason: "p"),
            .giveUp(reason: "g"), .disable(reason: "d"),
        ])
        await note("finish \(delivery.id) \(plan)") {
            try await store.finish(delivery, as: plan, by: owner, at: now)
            return try await store.webhooks(of: delivery.addressee).map(text)
                .joined(separator: ", ")
        }
    }

    private func read() async {
        let (person, position) = (pick(NoticeScript.people), Int64(below(40)))
        let (isUnread, limit) = (below(2) == 0, 1 + below(6))
        await note("read") {
            let inbox = try await store.inbox(
                of: person, before: position, unacknowledgedOnly: isUnread, limit: limit)
            let later = try await store.told(to: person, after: position, limit: limit)
            return (inbox + later).map(text).joined(separator: ", ")
        }
    }

    private func readEverything() async {
        await note("everything") {
            var all = try await store.told(after: 0, limit: 1_000).map(text)
            for person in NoticeScript.people {
                all.append("\(person) \(try await store.tally(of: person))")
                all += try await store.webhooks(of: person).map(text)
            }
            all.append("\(try await store.span()) \(optional: try await store.nextDue())")
            return all.joined(separator: "\n")
        }
    }

    // MARK: - Answers as text

    private func note(_ call: String, _ answer: () async throws -> String) async {
        do {
            lines.append("\(call): \(try await answer())")
        } catch {
            lines.append("\(call): \(error)")
        }
    }

    private func text(_ told: ToldNotice) -> String {
        let previous = told.previous?.label ?? "-"
        let late = told.isLate ? "late " : ""
        return "\(late)\(told.position) \(told.addressee.text) \(told.notice.eventID) \(previous) "
            + "\(told.toldAt) \(optional: told.acknowledgedAt)"
    }

    private func text(_ webhook: Webhook) -> String {
        let kinds = webhook.kinds.map(\.rawValue).sorted()
        return "\(webhook.id) \(kinds) \(webhook.isEnabled) \(webhook.failures) "
            + (webhook.problem ?? "-")
    }

    private func text(_ delivery: Delivery) -> String {
        "\(delivery.id) #\(delivery.attempt) \(delivery.notices.map(\.position)) "
            + text(delivery.webhook)
    }

    // MARK: - Choices

    private func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

    private func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
}

extension String.StringInterpolation {
    fileprivate mutating func appendInterpolation(optional instant: Timestamp?) {
        appendLiteral(instant.map { "\($0)" } ?? "-")
    }
}
