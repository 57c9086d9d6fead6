import Contracts
import Notices
import Ports

extension Bloasis_Notification_Webhook {
    /// - Parameter secret: only to whoever has just made it.
    init(_ webhook: Webhook, of addressee: Addressee, telling secret: WebhookSecret? = nil) {
        self.init()
        webhookID = webhook.id.text
        userID = addressee.text
        url = webhook.shownURL
        kinds = webhook.kinds.map(\.rawValue).sorted()
        enabled = webhook.isEnabled
        format = webhook.format.rawValue
        if let problem = webhook.problem { self.problem = problem }
        failures = Int32(clamping: webhook.failures)
        if let secret { self.secret = secret.exposedText }
    }
}

extension Webhook {
    /// The URL without what may be a secret: of a chat its path is one, of others the query.
    fileprivate var shownURL: String {
        switch format {
        case .mail: return url
        case .standard:
            let place = url.prefix { $0 != "?" }
            return place.count == url.count ? url : place + "?…"
        case .slack, .discord, .telegram:
            let scheme = url.firstRange(of: "://")?.upperBound ?? url.startIndex
            return url[..<scheme] + url[scheme...].prefix { !"/?".contains($0) } + "/…"
        }
    }
}

extension Bloasis_Notification_TestWebhookResponse {
    init(_ result: DeliveryResult) {
        self.init()
        switch result {
        case .delivered:
            delivered = true
            detail = "it was taken"
        case .failed(let reason, _), .unable(let reason), .rejected(let reason),
            .refused(let reason):
            delivered = false
            detail = reason
        }
    }
}
