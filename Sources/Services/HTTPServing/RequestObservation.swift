import Contracts
import HTTPTypes
import Hosting
import Hummingbird
import Logging
import Ports

/// Gives every request its `CallContext`, counts and times it, and writes one log line for it.
///
/// Metrics: the counter `http_server_requests` and the timer `http_server_request_duration`, by
/// method, route and status. A stream counts when it begins.
struct RequestObservation: RouterMiddleware {
    private static let traceparent = HTTPField.Name(TraceContext.header)
    private static let timeout = HTTPField.Name(CallTimeout.header)

    private let clock: any Clock<Duration>
    private let now: @Sendable () -> ContinuousClock.Instant
    private let metrics = CallMetrics(
        counter: "http_server_requests", timer: "http_server_request_duration",
        labels: ["method", "route", "status"])

    /// - Parameters:
    ///   - clock: times requests.
    ///   - now: what deadlines are counted from.
    init(clock: any Clock<Duration>, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.clock = clock
        self.now = now
    }

    func handle(
        _ request: Request, context: HTTPContext,
        next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        let call = callContext(of: request)
        return try await CallContext.$current.withValue(call) {
            let (response, elapsed) = try await clock.timing { try await next(request, context) }
            let route = context.endpointPath ?? "NotFound"
            let status = String(response.status.code)
            metrics.record([methodLabel(request.method), route, status], elapsed)
            context.logger.log(
                level: level(of: route), "request handled",
                metadata: [
                    "method": "\(request.method.rawValue)", "route": "\(route)",
                    "status": "\(status)",
                    "duration_ms": .stringConvertible(elapsed.milliseconds),
                    "trace_id": "\(call.trace?.traceID ?? "")",
                ])
            return response
        }
    }

    private func callContext(of request: Request) -> CallContext {
        let incoming = Self.traceparent.flatMap { request.headers[$0] }.flatMap { TraceContext($0) }
        return CallContext(
            authorization: request.headers[.authorization],
            deadline: Self.timeout.flatMap { request.headers[$0] }
                .flatMap(CallTimeout.read).map { now().advanced(by: $0) },
            trace: Tracing.span(within: incoming))
    }

    /// Probes come every few seconds and are not worth a line each.
    private func level(of route: String) -> Logger.Level {
        OperationRoutes.probePaths.contains(route) ? .debug : .info
    }

    /// A client may invent methods; a label's values must stay few.
    private func methodLabel(_ method: HTTPRequest.Method) -> String {
        switch method {
        case .get, .head, .post, .put, .patch, .delete, .options: method.rawValue
        default: "other"
        }
    }
}

extension Clock<Duration> {
    /// What a call answers, and how long it took.
    fileprivate func timing<Answer>(
        _ call: () async throws -> Answer
    ) async throws -> (Answer, Duration) {
        let start = now
        let answer = try await call()
        return (answer, start.duration(to: now))
    }
}
