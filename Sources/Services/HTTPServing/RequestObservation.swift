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
struct RequestObservation: Sendable {
    private static let traceparent = HTTPField.Name(TraceContext.header)
    private static let timeout = HTTPField.Name(CallTimeout.header)

    private let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    private let metrics = CallMetrics(
        counter: "http_server_requests", timer: "http_server_request_duration",
        labels: ["method", "route", "status"])

    /// - Parameter now: what requests are timed by, and deadlines are counted from.
    init(logger: Logger, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.logger = logger
        self.now = now
    }

    /// A request begins: what comes with it.
    func begin(_ request: Request) -> (context: CallContext, start: ContinuousClock.Instant) {
        let start = now()
        return (callContext(of: request, at: start), start)
    }

    /// It was answered.
    func end(
        _ request: Request, _ context: HTTPContext, _ response: Response,
        since start: ContinuousClock.Instant
    ) {
        let elapsed = start.duration(to: now())
        let route = context.endpointPath ?? "NotFound"
        let status = String(response.status.code)
        metrics.record([methodLabel(request.method), route, status], elapsed)
        logger.log(
            level: level(of: route), "request handled",
            metadata: [
                "method": .string(request.method.rawValue), "route": .string(route),
                "status": .string(status),
                "duration_ms": .stringConvertible(elapsed.milliseconds),
            ])
    }

    private func callContext(
        of request: Request, at start: ContinuousClock.Instant
    ) -> CallContext {
        let incoming = Self.traceparent.flatMap { request.headers[$0] }.flatMap { TraceContext($0) }
        return CallContext(
            authorization: request.headers[.authorization],
            deadline: Self.timeout.flatMap { request.headers[$0] }
                .flatMap(CallTimeout.read).map { start.advanced(by: $0) },
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
