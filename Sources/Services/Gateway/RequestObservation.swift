import HTTPTypes
import Hummingbird
import Logging
import Metrics

/// Counts and times every request and writes one log line for it.
///
/// Metrics: the counter `http_server_requests` and the timer `http_server_request_duration`, by
/// method, route and status. A stream counts when it begins.
struct RequestObservation<Time: Clock>: RouterMiddleware where Time.Duration == Duration {
    let clock: Time

    func handle(
        _ request: Request, context: GatewayContext,
        next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        let start = clock.now
        let response = try await next(request, context)
        let elapsed = start.duration(to: clock.now)
        let route = context.endpointPath ?? "NotFound"
        let dimensions = [
            ("method", methodLabel(request.method)), ("route", route),
            ("status", String(response.status.code)),
        ]
        Counter(label: "http_server_requests", dimensions: dimensions).increment()
        Timer(label: "http_server_request_duration", dimensions: dimensions).record(
            duration: elapsed)
        var metadata: Logger.Metadata = [
            "method": "\(request.method.rawValue)", "route": "\(route)",
            "status": "\(response.status.code)",
            "duration_ms": .stringConvertible(elapsed.milliseconds),
        ]
        if let traceID = TraceContext.traceID(of: request.headers) {
            metadata["trace_id"] = "\(traceID)"
        }
        context.logger.log(level: level(of: route), "request handled", metadata: metadata)
        return response
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

extension Duration {
    /// Milliseconds with three decimals.
    fileprivate var milliseconds: Double {
        let (seconds, attoseconds) = components
        let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
        return Double(microseconds) / 1_000
    }
}

/// The W3C trace context of a request.
enum TraceContext {
    private static let header = HTTPField.Name("traceparent")

    /// The 32 hexadecimal digits of `00-<trace-id>-<parent-id>-<flags>`; `nil` when absent,
    /// malformed or all zeros.
    static func traceID(of headers: HTTPFields) -> String? {
        guard let name = header, let value = headers[name] else { return nil }
        let parts = value.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[1].utf8.count == 32,
            parts[2].utf8.count == 16, parts[1].utf8.allSatisfy(isLowercaseHexadecimal),
            parts[1].contains(where: { $0 != "0" })
        else { return nil }
        return String(parts[1])
    }

    private static func isLowercaseHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
