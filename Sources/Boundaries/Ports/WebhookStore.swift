package import Market
package import Notices

/// Where people are told besides their inbox, and what is on its way there.
///
/// What somebody is told is put on its way to their webhooks in the transaction that tells them.
/// Deliveries of one webhook are made one after another, in the order of their positions.
package protocol WebhookStore: Sendable {
    /// - Throws: `WebhookError`.
    func addWebhook(_ webhook: Webhook, of addressee: Addressee, at instant: Timestamp) async throws

    func webhooks(of addressee: Addressee) async throws -> [Webhook]

    /// Changes a webhook in one transaction. Whatever enables it, or gives it another URL, begins
    /// its failures anew: what is on its way there, and not under way, is due at once and has all
    /// its attempts.
    ///
    /// - Returns: `nil` when they have no such webhook.
    func changeWebhook(
        _ id: WebhookID, of addressee: Addressee, at instant: Timestamp,
        _ change: @escaping @Sendable (inout Webhook) -> Void
    ) async throws -> Webhook?

    /// Takes it away with what is on its way to it.
    ///
    /// - Returns: whether there was one.
    func removeWebhook(_ id: WebhookID, of addressee: Addressee) async throws -> Bool

    /// Takes, for one worker, the first thing on its way to each of some enabled webhooks, if it is
    /// due and not taken: nobody gets it again before the term is over or it is finished.
    ///
    /// Nobody waits for somebody else's webhooks: of one person's, `DeliveryPage.personLimit` of a
    /// pool are under way at the same time, and each person's first comes before anybody's second.
    /// Among those what has been due for the longest time comes first.
    ///
    /// For somebody who gets digests it is all that is on its way, up to `DeliveryPage.batchLimit`;
    /// once taken together it stays together.
    func takeDeliveries(
        as owner: String, for term: LeaseTerm, from pool: DeliveryPool, limit: Int
    ) async throws -> [Delivery]

    /// What became of a delivery; of one that was taken again meanwhile, nothing. What a URL did
    /// not take goes to the one that the webhook has by now.
    func finish(
        _ delivery: Delivery, as plan: DeliveryPlan, by owner: String, at instant: Timestamp
    ) async throws

    /// When the next delivery is due, or free again.
    func nextDelivery() async throws -> Timestamp?

    /// As `RegimeReader.commits()`.
    func commits() -> AsyncStream<Void>
}

/// What is on its way, parted by what can be expected of the webhook: those that fail may take
/// their time without holding up the others.
package enum DeliveryPool: Sendable, CaseIterable {
    /// Nothing speaks against it: it is the first attempt, and what went before arrived.
    case usual
    /// The last attempt failed.
    case failing
}

/// Something on its way to a webhook.
package struct Delivery: Sendable, Equatable {
    package var webhook: Webhook
    package var addressee: Addressee
    /// One, or those of a digest, oldest first; never empty.
    package var notices: [ToldNotice]
    /// 1 for the first.
    package var attempt: Int

    package init(webhook: Webhook, addressee: Addressee, notices: [ToldNotice], attempt: Int) {
        self.webhook = webhook
        self.addressee = addressee
        self.notices = notices
        self.attempt = attempt
    }

    /// The same at each attempt, so that whoever gets it twice can tell.
    package var id: String { "msg_\(webhook.id)_\(notices.last?.position ?? 0)" }
}

extension Delivery {
    /// What follows for the webhook as it is now: what became of a message at a URL that it has no
    /// more says nothing about the one that it has.
    package func plan(
        _ plan: DeliveryPlan, for webhook: Webhook, at instant: Timestamp
    ) -> DeliveryPlan {
        guard webhook.url != self.webhook.url, plan != .done else { return plan }
        return .postpone(until: instant, reason: "its URL was changed")
    }

    /// When it is due again, and how many attempts count until then; `nil` when it is over.
    package func again(after plan: DeliveryPlan) -> (due: Timestamp, attempts: Int)? {
        switch plan {
        case .retry(let due, _): (due, attempt)
        // One is left, so that it is among those that fail.
        case .postpone(let due, _): (due, max(attempt - 1, 1))
        case .done, .giveUp, .disable: nil
        }
    }
}

package enum DeliveryPage {
    /// Notices in one delivery at the most.
    package static let batchLimit = 100
    /// Of one person, under way from one pool at the same time; a few more where several processes
    /// take in the same moment.
    package static let personLimit = 4
    /// A delivery that failed is tried again before twice that.
    package static let longestWaitSeconds = 2 * DeliveryPlan.longestPauseSeconds
}

package enum WebhookError: Error, Equatable, Sendable {
    /// Somebody has as many as one may have.
    case tooMany(limit: Int)

    /// Of one person.
    package static let countLimit = 20
}

extension WebhookError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooMany(let limit):
            "there are \(limit) webhooks already, which is all one may have: delete one first"
        }
    }
}
