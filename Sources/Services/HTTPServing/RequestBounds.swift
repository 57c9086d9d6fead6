import Contracts
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// What a request may be at the most, before anything looks at it: its path and query, the body
/// that it announces, and how often its client asks.
struct RequestBounds: Sendable {
    private let targetLimitBytes: Int
    private let bodyLimitBytes: Int
    private let limiter: RateLimiter?
    private let now: @Sendable () -> ContinuousClock.Instant

    init(
        _ configuration: HTTPConfiguration, now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        targetLimitBytes = configuration.targetLimitBytes
        bodyLimitBytes = configuration.bodyLimitBytes
        limiter = configuration.rate.map { RateLimiter($0) }
        self.now = now
    }

    /// What a request beyond the bounds is answered.
    ///
    /// - Throws: `NIOTooManyBytesError` for the body that it announces.
    func refusal(of request: Request, _ context: HTTPContext) throws -> Response? {
        let length = request.uri.string.utf8.count
        guard length <= targetLimitBytes else {
            return .fault(
                .invalidArgument(
                    "path and query have \(length) bytes: \(targetLimitBytes) at the most"),
                status: .uriTooLong)
        }
        try request.checkAnnouncedBytes(bodyLimitBytes)
        guard let wait = wait(of: request, context) else { return nil }
        return .fault(
            RPCFault(
                .resourceExhausted, "too many requests: ask again in \(wait) s",
                retryAfterSeconds: wait))
    }

    /// Seconds until this client may ask again; probes are let through.
    private func wait(of request: Request, _ context: HTTPContext) -> Int? {
        guard let limiter, !OperationRoutes.probePaths.contains(request.uri.path) else {
            return nil
        }
        return limiter.wait(of: context.client, at: now())
    }
}

/// The buckets of all requests.
final class RateLimiter: Sendable {
    private let buckets: Mutex<RateBuckets>

    init(_ limit: RateLimit) {
        buckets = Mutex(RateBuckets(limit))
    }

    /// Takes one request of a client, or gives the seconds until it may ask again.
    func wait(of client: String, at now: ContinuousClock.Instant) -> Int? {
        buckets.withLock { $0.take(client, at: now) }
            .map { max(1, Int(($0 / .seconds(1)).rounded(.up))) }
    }
}
