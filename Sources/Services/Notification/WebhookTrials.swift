import Contracts
import Market

/// Which tests are sent: whoever asks, nobody gets more than one in a while, and few are under way.
struct WebhookTrials {
    /// Under way at the same time; one more is refused.
    static let limit = 16
    /// Between two to one place.
    static let pauseSeconds: Int64 = 10
    /// Places in that time.
    static let placesLimit = 1_024

    private var underWay = 0
    private var last: [String: Timestamp] = [:]

    /// Whoever may begin ends it too.
    ///
    /// - Returns: why it is not sent; `nil` when it is.
    mutating func begin(to url: String, at instant: Timestamp) -> RPCFault? {
        // A clock that was set back forbids nothing for long.
        last = last.filter { last in
            (last.value..<last.value.advanced(bySeconds: WebhookTrials.pauseSeconds))
                .contains(instant)
        }
        let place = url.lowercased()
        guard last[place] == nil else {
            return RPCFault(
                .resourceExhausted,
                "this webhook was tried a moment ago: wait \(WebhookTrials.pauseSeconds) s",
                retryAfterSeconds: Int(WebhookTrials.pauseSeconds))
        }
        guard underWay < WebhookTrials.limit, last.count < WebhookTrials.placesLimit else {
            return RPCFault(.resourceExhausted, "too many webhooks are being tried: try again")
        }
        last[place] = instant
        underWay += 1
        return nil
    }

    mutating func end() { underWay -= 1 }
}
