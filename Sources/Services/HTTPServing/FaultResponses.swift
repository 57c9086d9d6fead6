import Contracts
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Ports

/// Turns whatever a route throws into a `google.rpc.Status` body with the mapped HTTP status.
///
/// Faults of HTTP itself have no code of their own and keep their HTTP status: 405 is said as
/// UNIMPLEMENTED, 413 as RESOURCE_EXHAUSTED, 408, 414 and 415 as INVALID_ARGUMENT.
struct FaultResponses: Sendable {
    let known: KnownRoutes

    func answer(
        to request: Request, _ context: HTTPContext, _ error: any Error
    ) -> Response {
        switch error {
        case let fault as RPCFault:
            return .fault(fault)
        case let error as NIOTooManyBytesError:
            let limit = error.maxBytes.map { ": \($0) bytes at the most" } ?? ""
            return .fault(
                RPCFault(
                    .resourceExhausted, "the request body is too large\(limit), send less at a time"
                ),
                status: .contentTooLarge)
        case is HTTPParserError:
            return .fault(
                .invalidArgument("the request body is cut short, or not framed as HTTP has it"))
        case let error as BodyTooSlow:
            return .fault(
                .invalidArgument("the request body did not come whole within \(error.timeout)"),
                status: .requestTimeout)
        case let error as UnsupportedContent:
            let type = RequestReading.excerpt(error.type)
            return .fault(
                .invalidArgument("content-type '\(type)' is not read here: send application/json"),
                status: .unsupportedMediaType)
        case let error as any HTTPResponseError:
            return answer(to: request, error)
        default:
            return .fault(told(of: error, context))
        }
    }

    private func told(of error: any Error, _ context: HTTPContext) -> RPCFault {
        if error is StoreError {
            context.logger.error("store failed", metadata: ["error": "\(error)"])
        } else if !(error is CancellationError) {
            // Without a trace context of the caller's, the door began a trace.
            let id = CallContext.current.trace?.traceID ?? "none"
            context.logger.error(
                "request failed", metadata: ["error": "\(error)", "correlation_id": "\(id)"])
            return .told(of: error, reference: id)
        }
        return .told(of: error)
    }

    /// What the library refuses by itself.
    private func answer(to request: Request, _ error: any HTTPResponseError) -> Response {
        guard error.status == .notFound else {
            return .fault(
                .invalidArgument("the request cannot be read: \(error.status)"),
                status: error.status)
        }
        guard let route = known.route(of: request.uri.path) else {
            let path = RequestReading.excerpt(request.uri.path)
            return .fault(
                .notFound(
                    "no route \(request.method.rawValue) \(path): see / for what there is"))
        }
        let methods = route.methods.map(\.rawValue).joined(separator: ", ")
        var response = Response.fault(
            RPCFault(.unimplemented, "\(route.path) serves \(methods) only"),
            status: .methodNotAllowed)
        response.headers[.allow] = methods
        return response
    }
}
