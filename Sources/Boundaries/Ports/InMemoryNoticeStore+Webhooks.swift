package import Market
package import Notices
import Synchronization

extension InMemoryNoticeStore {
    /// One notice on its way to one webhook.
    struct Queued {
        var webhook: WebhookID
        var position: Int64
        var due: Timestamp
        var attempts = 0
        /// The last of those that go together; set when they are taken first.
        var batch: Int64?
        var owner: String?
        var ownedUntil = Timestamp.earliest

        func isDue(in term: LeaseTerm) -> Bool {
            DueSpan(at: term.start, longestWaitSeconds: DeliveryPage.longestWaitSeconds)
                .contains(due)
        }

        func goesBefore(_ other: Queued) -> Bool {
            (due, position, webhook.text) < (other.due, other.position, other.webhook.text)
        }

        func isUnderWay(in term: LeaseTerm) -> Bool {
            owner != nil && !term.mayTake(leaseUntil: ownedUntil)
        }
    }
}

extension InMemoryNoticeStore: WebhookStore {
    package func addWebhook(
        _ webhook: Webhook, of addressee: Addressee, at instant: Timestamp
    ) async throws {
        try change { state in
            let limit = WebhookError.countLimit
            guard state.meet(addressee).webhooks.count < limit else {
                throw WebhookError.tooMany(limit: limit)
            }
            state.people[addressee]?.webhooks.append(webhook)
            state.writes += 1
        }
    }

    package func webhooks(of addressee: Addressee) async throws -> [Webhook] {
        state.withLock { $0.people[addressee]?.webhooks ?? [] }
    }

    package func changeWebhook(
        _ id: WebhookID, of addressee: Addressee, at instant: Timestamp,
        _ body: @escaping @Sendable (inout Webhook) -> Void
    ) async throws -> Webhook? {
        change { state in
            var beginsAnew = false
            let changed = state.change(id, of: addressee) { beginsAnew = $0.apply(body) }
            guard beginsAnew else { return changed }
            for index in state.deliveries.indices
            where state.deliveries[index].webhook == id && state.deliveries[index].owner == nil {
                state.deliveries[index].due = min(state.deliveries[index].due, instant)
                state.deliveries[index].attempts = 0
            }
            return changed
        }
    }

    package func removeWebhook(
        _ id: WebhookID, of addressee: Addressee
    ) async throws -> Bool {
        change { state in
            guard let index = state.people[addressee]?.webhooks.firstIndex(where: { $0.id == id })
            else { return false }
            state.people[addressee]?.webhooks.remove(at: index)
            state.deliveries.removeAll { $0.webhook == id }
            state.writes += 1
            return true
        }
    }

    package func takeDeliveries(
        as owner: String, for term: LeaseTerm, from pool: DeliveryPool, limit: Int
    ) async throws -> [Delivery] {
        state.withLock { state in
            state.next(in: term, from: pool).prefix(max(limit, 0)).compactMap { head in
                guard let (addressee, webhook) = state.webhook(head.webhook) else { return nil }
                let positions = state.batch(from: head, addressee)
                let attempt = head.attempts + 1
                state.take(positions, of: head.webhook, as: owner, until: term.end, attempt)
                return Delivery(
                    webhook: webhook, addressee: addressee,
                    notices: state.told { positions.contains($0.position) }, attempt: attempt)
            }
        }
    }

    package func finish(
        _ delivery: Delivery, as plan: DeliveryPlan, by owner: String, at instant: Timestamp
    ) async throws {
        change { state in
            let positions = Set(delivery.notices.map(\.position))
            let id = delivery.webhook.id
            let mine = state.deliveries.indices.filter {
                let queued = state.deliveries[$0]
                return queued.webhook == id && positions.contains(queued.position)
                    && queued.owner == owner && queued.attempts == delivery.attempt
            }
            guard !mine.isEmpty, let (_, webhook) = state.webhook(id) else { return }
            state.writes += 1
            let plan = delivery.plan(plan, for: webhook, at: instant)
            for index in mine { state.deliveries[index].owner = nil }
            if let again = delivery.again(after: plan) {
                for index in mine {
                    state.deliveries[index].due = again.due
                    state.deliveries[index].attempts = again.attempts
                }
                return
            }
            state.deliveries.removeAll { $0.webhook == id && positions.contains($0.position) }
            _ = state.change(id, of: delivery.addressee) { $0.note(plan) }
        }
    }

    package func nextDelivery() async throws -> Timestamp? {
        state.withLock { state in
            state.heads.map { $0.owner == nil ? $0.due : max($0.due, $0.ownedUntil) }.min()
        }
    }
}

extension InMemoryNoticeStore.State {
    /// The first thing on its way to each enabled webhook.
    var heads: [InMemoryNoticeStore.Queued] {
        Dictionary(grouping: deliveries, by: \.webhook).values
            .compactMap { queue in queue.min { $0.position < $1.position } }
            .filter { webhook($0.webhook)?.1.isEnabled == true }
    }

    /// What may be taken now, each person's first before anybody's second.
    func next(in term: LeaseTerm, from pool: DeliveryPool) -> [InMemoryNoticeStore.Queued] {
        var people: [Addressee: [InMemoryNoticeStore.Queued]] = [:]
        var underWay: [Addressee: Int] = [:]
        for head in heads {
            guard let (addressee, webhook) = webhook(head.webhook) else { continue }
            let isUnderWay = head.isUnderWay(in: term)
            // The attempt that is under way has not failed yet.
            let attempts = head.attempts - (isUnderWay ? 1 : 0)
            guard (attempts > 0 || webhook.failures > 0) == (pool == .failing) else { continue }
            if isUnderWay {
                underWay[addressee, default: 0] += 1
            } else if head.isDue(in: term) {
                people[addressee, default: []].append(head)
            }
        }
        let placed = people.flatMap { addressee, heads in
            let first = underWay[addressee] ?? 0
            return heads.sorted { $0.goesBefore($1) }
                .prefix(max(DeliveryPage.personLimit - first, 0)).enumerated()
                .map { (place: first + $0, head: $1) }
        }
        return placed.sorted {
            $0.place == $1.place ? $0.head.goesBefore($1.head) : $0.place < $1.place
        }.map(\.head)
    }

    func webhook(_ id: WebhookID) -> (Addressee, Webhook)? {
        for (addressee, person) in people {
            if let webhook = person.webhooks.first(where: { $0.id == id }) {
                return (addressee, webhook)
            }
        }
        return nil
    }

    mutating func change(
        _ id: WebhookID, of addressee: Addressee, _ body: (inout Webhook) -> Void
    ) -> Webhook? {
        guard let index = people[addressee]?.webhooks.firstIndex(where: { $0.id == id }),
            var webhook = people[addressee]?.webhooks[index]
        else { return nil }
        body(&webhook)
        writes += 1
        people[addressee]?.webhooks[index] = webhook
        return webhook
    }

    /// What goes with what goes next.
    func batch(from head: InMemoryNoticeStore.Queued, _ addressee: Addressee) -> Set<Int64> {
        let queue = deliveries.filter { $0.webhook == head.webhook }.map(\.position).sorted()
        if let batch = head.batch { return Set(queue.filter { $0 <= batch }) }
        let isDigest = people[addressee]?.preferences.digest != .instant
        return Set(queue.prefix(isDigest ? DeliveryPage.batchLimit : 1))
    }

    mutating func take(
        _ positions: Set<Int64>, of webhook: WebhookID, as owner: String, until end: Timestamp,
        _ attempt: Int
    ) {
        for index in deliveries.indices
        where deliveries[index].webhook == webhook
            && positions.contains(deliveries[index].position)
        {
            deliveries[index].owner = owner
            deliveries[index].ownedUntil = end
            deliveries[index].batch = positions.max()
            deliveries[index].attempts = attempt
        }
    }
}
