import AsyncHTTPClient
import Market
import NIOCore
import NIOHTTP1
import Ports
import Synchronization
import WebCalls

/// Bounds of one attempt.
struct FetchLimits: Sendable {
    /// For the whole answer.
    var answer = Duration.seconds(60)
    /// Of an answer; a month of minutes has about four million.
    var bodyBytes = 64 << 20
}

/// Time and chance.
struct FetchEnvironment: Sendable {
    let now: @Sendable () -> ContinuousClock.Instant
    /// Uniform in 0 ..< 1.
    let chance: @Sendable () -> Double
    let clock: any Clock<Duration>
}

/// Asks one vendor over HTTP: in turn, again where that helps, and only what the cache has not.
///
/// Redirects are not followed: they could lead a key elsewhere.
final class VendorFetcher: Sendable {
    let vendor: Vendor
    private let client: HTTPClient
    private let cache: AnswerCache?
    private let limits: FetchLimits
    private let environment: FetchEnvironment
    private let mask: KeyMask
    private let turns: Mutex<RequestTurns>

    init(
        _ vendor: Vendor, client: HTTPClient, cache: AnswerCache?, limits: FetchLimits,
        environment: FetchEnvironment
    ) {
        self.vendor = vendor
        self.client = client
        self.cache = cache
        self.limits = limits
        self.environment = environment
        mask = KeyMask(vendor.key)
        turns = Mutex(RequestTurns(vendor.kind.rate))
    }

    /// What `read` makes of the answer to a query. Only an answer that could be read is kept.
    ///
    /// - Parameter lifetime: for how long, given what was read.
    /// - Throws: `FeedError`, `CancellationError`.
    func fetch<Value: Sendable>(
        _ query: VendorQuery, at now: Timestamp, _ reading: AnswerReading,
        keeping lifetime: (Value) -> AnswerCache.Lifetime,
        _ read: (VendorAnswer) throws -> Value
    ) async throws -> Value {
        try Task.checkCancellation()
        let name = vendor.cacheName(of: query)
        if let kept = await cache?.answer(named: name, at: now),
            // By a clock that was set back since it may have been kept in the future.
            let value = try? read(
                VendorAnswer(status: 200, body: kept.body, saidAt: min(now, kept.keptAt)))
        {
            return value
        }
        var schedule = AttemptSchedule()
        while true {
            do {
                try await takeTurn(reading)
                let answer = try await ask(query, at: now, reading)
                let value = try read(answer)
                if answer.status == 200, !mask.isIn(answer.body) {
                    await cache?.keep(answer.body, named: name, for: lifetime(value), at: now)
                }
                return value
            } catch let error as FeedError {
                hold(for: error)
                guard let pause = schedule.pause(after: error, random: environment.chance())
                else { throw error }
                try await environment.clock.sleep(for: pause)
            }
        }
    }

    /// The same, kept for so long whatever was read.
    func fetch<Value: Sendable>(
        _ query: VendorQuery, at now: Timestamp, _ reading: AnswerReading,
        keeping lifetime: AnswerCache.Lifetime, _ read: (VendorAnswer) throws -> Value
    ) async throws -> Value {
        try await fetch(query, at: now, reading, keeping: { _ in lifetime }, read)
    }

    private func takeTurn(_ reading: AnswerReading) async throws {
        let wait = turns.withLock { $0.take(at: environment.now()) }
        guard let wait else { throw reading.error(.rateLimited(retryAfterSeconds: nil)) }
        if wait > .zero { try await environment.clock.sleep(for: wait) }
    }

    /// A vendor that asks one request to wait means all of them.
    private func hold(for error: FeedError) {
        guard case .rateLimited(let seconds?) = error.reason else { return }
        let span = min(.seconds(seconds), AttemptSchedule.longestPause)
        turns.withLock { $0.hold(for: span, at: environment.now()) }
    }

    private func ask(
        _ query: VendorQuery, at now: Timestamp, _ reading: AnswerReading
    ) async throws -> VendorAnswer {
        var request = HTTPClientRequest(url: vendor.url(of: query))
        // Some answer nothing but what calls itself a browser.
        request.headers.add(name: "User-Agent", value: "Mozilla/5.0 (compatible; bloasis)")
        request.headers.add(name: "Accept", value: "application/json, text/csv, */*")
        let late = reading.error(.unreachable("no whole answer within \(limits.answer)"))
        do {
            return try await withLimit(limits.answer, else: late) { [client, limits, request] in
                let response = try await client.execute(request, deadline: .distantFuture)
                let content = try await response.body.collect(upTo: limits.bodyBytes)
                return VendorAnswer(
                    status: Int(response.status.code), body: Array(buffer: content), saidAt: now,
                    retryAfterSeconds: response.headers.first(name: "Retry-After").flatMap {
                        RetryAfter.seconds($0, at: now)
                    })
            }
        } catch {
            throw told(error, reading)
        }
    }

    private func told(_ error: any Error, _ reading: AnswerReading) -> any Error {
        switch error {
        case is FeedError, is CancellationError: error
        case is NIOTooManyBytesError: reading.unreadable("more than \(limits.bodyBytes) bytes")
        case let error as HTTPClientError where error == .cancelled: CancellationError()
        default:
            reading.error(.unreachable(mask.masked(ConnectionProblem.reason(of: error))))
        }
    }
}
