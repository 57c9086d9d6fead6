import Contracts
import Market
import Ports

/// Which tests are sent: whoever asks, one place gets no more than one in a while, one host few,
/// and few are under way.
struct WebhookTrials {
    /// Under way at the same time; one more is refused.
    static let limit = 16
    /// What is counted is counted for so long.
    static let pauseSeconds: Int64 = 10
    /// Of one person, and to one host, in that time.
    static let personLimit = 5
    static let hostLimit = 10
    /// Of everybody.
    static let wholeLimit = 1_024

    private struct Trial {
        let addressee: Addressee
        let place: Place
        let instant: Timestamp
    }

    private var underWay = 0
    private var last: [Trial] = []

    /// Whoever may begin ends it too.
    ///
    /// - Returns: why it is not sent; `nil` when it is.
    mutating func begin(
        to url: String, of addressee: Addressee, at instant: Timestamp
    ) -> RPCFault? {
        // A clock that was set back forbids nothing for long.
        last.removeAll { last in
            !(last.instant..<last.instant.advanced(bySeconds: WebhookTrials.pauseSeconds))
                .contains(instant)
        }
        let place = Place(url)
        if let reason = refusal(of: place, addressee) {
            return RPCFault(
                .resourceExhausted, "\(reason): wait \(WebhookTrials.pauseSeconds) s",
                retryAfterSeconds: Int(WebhookTrials.pauseSeconds))
        }
        guard underWay < WebhookTrials.limit, last.count < WebhookTrials.wholeLimit else {
            return RPCFault(.resourceExhausted, "too many webhooks are being tried: try again")
        }
        last.append(Trial(addressee: addressee, place: place, instant: instant))
        underWay += 1
        return nil
    }

    mutating func end() { underWay -= 1 }

    private func refusal(of place: Place, _ addressee: Addressee) -> String? {
        if last.contains(where: { $0.place == place }) {
            return "this webhook was tried a moment ago"
        }
        if last.count(where: { $0.addressee == addressee }) >= WebhookTrials.personLimit {
            return "you tried \(WebhookTrials.personLimit) webhooks a moment ago"
        }
        if last.count(where: { $0.place.host == place.host }) >= WebhookTrials.hostLimit {
            return "webhooks of \(place.host) were tried often a moment ago"
        }
        return nil
    }

    /// Where a test goes: texts that differ in what the other side makes nothing of are one place.
    private struct Place: Equatable {
        let host: String
        /// Of a URL the path, of a mailbox its name.
        let rest: String

        init(_ url: String) {
            let url = url.lowercased()
            if url.hasPrefix(MailAddress.scheme) {
                let parts = MailAddress.text(ofURL: url).split(separator: "@")
                host = parts.last.map(String.init) ?? ""
                // What stands behind a plus is a note of the mailbox's owner (RFC 5233).
                rest = parts.first?.split(separator: "+").first.map(String.init) ?? ""
            } else {
                host = (try? URLHost.of(url)) ?? ""
                let address = url.split(separator: "#").first?.split(separator: "?").first ?? ""
                rest = address.split(separator: "/").dropFirst(2).joined(separator: "/")
            }
        }
    }
}
