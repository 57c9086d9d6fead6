import Contracts
import GRPCCore
import Hosting
import Logging
import NIOHTTP2
import Ports

/// Gives every call its `CallContext`, counts and times it, and writes one log line for it.
///
/// Metrics: `grpc_server_handled_total` and `grpc_server_handling_seconds`, by service, method and
/// code; the names that gRPC's Prometheus middleware made usual. A stream counts when it ends.
struct CallObservation: Sendable {
    let now: @Sendable () -> ContinuousClock.Instant
    let logger: Logger
    private let metrics = CallMetrics(
        counter: "grpc_server_handled", timer: "grpc_server_handling",
        labels: ["grpc_service", "grpc_method", "grpc_code"])

    init(now: @escaping @Sendable () -> ContinuousClock.Instant, logger: Logger) {
        self.now = now
        self.logger = logger
    }

    func begin(
        _ method: ServiceMethod, _ metadata: Metadata, _ context: ServerContext
    ) -> ObservedCall {
        let start = now()
        func header(_ name: String) -> String? {
            metadata[stringValues: name].first { _ in true }
        }
        let authorizations = Array(metadata[stringValues: "authorization"])
        return ObservedCall(
            method: method, start: start, cancellation: context.cancellation,
            context: CallContext(
                authorization: authorizations.isEmpty
                    ? nil : authorizations.joined(separator: ", "),
                deadline: header(CallTimeout.header).flatMap(CallTimeout.read)
                    .map { start.advanced(by: $0) },
                trace: Tracing.span(
                    within: header(TraceContext.header).flatMap { TraceContext($0) })
            ),
            observation: self)
    }

    fileprivate func record(_ call: ObservedCall, code: RPCFault.Code?) {
        let elapsed = call.start.duration(to: now())
        let name = code?.name ?? "OK"
        metrics.record([call.method.service, call.method.name, name], elapsed)
        logger.log(
            level: call.method.service.hasPrefix("grpc.") ? .debug : .info, "call handled",
            metadata: [
                "method": "\(call.method.fullName)", "code": "\(name)",
                "duration_ms": .stringConvertible(elapsed.milliseconds),
                "trace_id": "\(call.context.trace?.traceID ?? "")",
            ])
    }
}

/// One call from its beginning to its end.
struct ObservedCall: Sendable {
    let method: ServiceMethod
    let start: ContinuousClock.Instant
    let cancellation: ServerContext.RPCCancellationHandle
    let context: CallContext
    let observation: CallObservation

    var isOverdue: Bool { context.deadline.map { $0 <= observation.now() } ?? false }

    /// Records that the call was answered.
    func end() { observation.record(self, code: nil) }

    /// Records that it failed.
    ///
    /// - Returns: what the caller is told of the error; the log is told besides.
    func end(_ error: any Error) -> RPCError {
        let told: RPCError
        if let error = error as? RPCError {
            told = error
        } else if error is NIOHTTP2Errors.StreamClosed {
            told = RPCError(code: .cancelled, message: "the caller has ended the call")
        } else {
            told = RPCError(
                observation.logger.told(
                    of: error, in: context.trace, ["method": "\(method.fullName)"]))
        }
        observation.record(self, code: RPCFault.Code(rawValue: Int32(told.code.rawValue)))
        return told
    }
}
