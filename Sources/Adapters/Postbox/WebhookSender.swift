import AsyncHTTPClient
package import Market
import NIOCore
import NIOHTTP1
package import Notices
package import Ports
import WebCalls

/// Posts messages to webhooks, where that is allowed.
package struct WebhookSender: WebhookCourier {
    package static let connectLimit: Duration = .seconds(5)
    /// Until the head of the answer is there; what else it says is not read.
    package static let wholeLimit: Duration = .seconds(10)

    /// Names that are looked up at the same time: servers that do not answer hold up these alone.
    static let lookupLimit = 128

    private let policy: WebhookPolicy
    private let calls: PinnedCalls
    private let now: @Sendable () -> Timestamp
    private let limit: Duration

    /// - Parameter now: the wall clock, for when an answer says until when to wait.
    package init(policy: WebhookPolicy, now: @escaping @Sendable () -> Timestamp) {
        self.init(
            policy: policy, names: NameLookup(limit: WebhookSender.lookupLimit),
            within: WebhookSender.wholeLimit, now: now)
    }

    init(
        policy: WebhookPolicy, names: NameLookup, within limit: Duration,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.policy = policy
        self.limit = limit
        self.now = now
        calls = PinnedCalls(names: names) { policy.objection(toAddress: $0) }
    }

    package func post(_ post: WebhookPost) async throws -> DeliveryResult {
        // What was allowed when it was added need not be any more.
        if let objection = policy.objection(toURL: post.url) {
            return .refused(reason: "its URL is not allowed: \(objection)")
        }
        var request = HTTPClientRequest(url: post.url)
        request.method = .POST
        for header in post.headers { request.headers.add(name: header.name, value: header.value) }
        request.body = .bytes(ByteBuffer(bytes: post.body))
        do {
            let answer = try await withLimit(limit, else: Late()) { [calls, request] in
                try await calls.call(request, connectingWithin: WebhookSender.connectLimit) {
                    WebhookAnswer($0)
                }
            }
            return answer.result(at: now())
        } catch is Late {
            return .failed(reason: "it did not answer within \(limit)")
        } catch let failure as PinnedCalls.Failure {
            return WebhookSender.result(of: failure)
        }
    }

    private struct Late: Error {}

    private static func result(of failure: PinnedCalls.Failure) -> DeliveryResult {
        switch failure {
        case .unreadableURL: .refused(reason: "its URL cannot be read")
        case .forbidden(let reason): .refused(reason: "its address is not allowed: \(reason)")
        case .unreachable(let reason): .failed(reason: reason)
        }
    }
}

/// What an answer to a message means. Its body is of no interest: nobody is shown what a server
/// says to this one.
struct WebhookAnswer: Sendable {
    let status: Int
    let retryAfter: String?

    init(status: Int, retryAfter: String? = nil) {
        self.status = status
        self.retryAfter = retryAfter
    }

    init(_ response: HTTPClientResponse) {
        self.init(
            status: Int(response.status.code),
            retryAfter: response.headers.first(name: "Retry-After"))
    }

    func result(at instant: Timestamp) -> DeliveryResult {
        switch status {
        case 200...299: .delivered
        case 410: .refused(reason: "it answers 410: nobody wants messages there any more")
        case 300...399:
            .failed(reason: "it answers \(status), and redirects are not followed: use the new URL")
        default:
            .failed(
                reason: "it answers \(status)",
                retryAfterSeconds: retryAfter.flatMap { RetryAfter.seconds($0, at: instant) })
        }
    }
}
