import Contracts
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Ports

/// Turns whatever a route throws into a `google.rpc.Status` body with the mapped HTTP status.
///
/// Two faults of HTTP itself have no code of their own and keep their HTTP status: 405 is said as
/// UNIMPLEMENTED, 413 as RESOURCE_EXHAUSTED.
struct FaultResponses: RouterMiddleware {
    func handle(
        _ request: Request, context: GatewayContext,
        next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let fault as RPCFault {
            return response(fault)
        } catch let error as MethodNotAllowed {
            let methods = error.allowed.map(\.rawValue).joined(separator: ", ")
            var response = response(
                RPCFault(.unimplemented, "\(error.path) serves \(methods) only"),
                status: .methodNotAllowed)
            response.headers[.allow] = methods
            return response
        } catch is NIOTooManyBytesError {
            return response(
                RPCFault(.resourceExhausted, "the request body is too large: send less at a time"),
                status: .contentTooLarge)
        } catch let error as any HTTPResponseError {
            return response(fault(of: error, request), status: error.status)
        } catch {
            return response(told(of: error, request, context))
        }
    }

    private func told(
        of error: any Error, _ request: Request, _ context: GatewayContext
    ) -> RPCFault {
        if error is StoreError {
            context.logger.error("store failed", metadata: ["error": "\(error)"])
        } else if !(error is CancellationError) {
            let id = context.correlationID(of: request)
            context.logger.error(
                "request failed", metadata: ["error": "\(error)", "correlation_id": "\(id)"])
            return .told(of: error, reference: id)
        }
        return .told(of: error)
    }

    private func response(_ fault: RPCFault, status: HTTPResponse.Status? = nil) -> Response {
        .json(fault.statusJSON, status: status ?? .init(code: fault.code.httpStatus))
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

extension GatewayContext {
    private static let requestIDKey = "hb.request.id"

    /// What finds a request in the log: the caller's trace, else this process' number for it.
    ///
    /// Not `RequestContext.id`, which traps when the log handler keeps no metadata.
    fileprivate func correlationID(of request: Request) -> String {
        TraceContext.traceID(of: request.headers)
            ?? logger[metadataKey: GatewayContext.requestIDKey]?.description ?? "none"
    }
}
