import Contracts
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Ports

/// Turns whatever a route throws into a `google.rpc.Status` body with the mapped HTTP status.
///
/// Faults of HTTP itself have no code of their own and keep their HTTP status: 405 is said as
/// UNIMPLEMENTED, 413 as RESOURCE_EXHAUSTED, 408, 414 and 415 as INVALID_ARGUMENT.
struct FaultResponses: RouterMiddleware {
    func handle(
        _ request: Request, context: HTTPContext,
        next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let fault as RPCFault {
            return .fault(fault)
        } catch let error as MethodNotAllowed {
            let methods = error.allowed.map(\.rawValue).joined(separator: ", ")
            var response = Response.fault(
                RPCFault(.unimplemented, "\(error.path) serves \(methods) only"),
                status: .methodNotAllowed)
            response.headers[.allow] = methods
            return response
        } catch is NIOTooManyBytesError {
            return .fault(
                RPCFault(.resourceExhausted, "the request body is too large: send less at a time"),
                status: .contentTooLarge)
        } catch let error as BodyTooSlow {
            return .fault(
                .invalidArgument("the request body did not come whole within \(error.timeout)"),
                status: .requestTimeout)
        } catch let error as UnsupportedContent {
            let type = RequestReading.excerpt(error.type)
            return .fault(
                .invalidArgument("content-type '\(type)' is not read here: send application/json"),
                status: .unsupportedMediaType)
        } catch let error as any HTTPResponseError {
            return .fault(fault(of: error, request), status: error.status)
        } catch {
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

    private func fault(of error: any HTTPResponseError, _ request: Request) -> RPCFault {
        switch error.status {
        case .notFound:
            let path = RequestReading.excerpt(request.uri.path)
            return .notFound("no route \(request.method.rawValue) \(path): see / for what there is")
        default:
            return .invalidArgument("the request cannot be read: \(error.status)")
        }
    }
}
