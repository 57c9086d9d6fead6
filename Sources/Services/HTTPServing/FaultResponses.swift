import Contracts
import HTTPTypes
import Hosting
import Hummingbird
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
        case is EndingFirst:
            return .fault(.unavailable("the server is ending: send the request again"))
        case let error as UnsupportedContent:
            let type = RequestReading.excerpt(error.type)
            return .fault(
                .invalidArgument("content-type '\(type)' is not read here: send application/json"),
                status: .unsupportedMediaType)
        case let error as any HTTPResponseError:
            return answer(to: request, error)
        default:
            // Without a trace context of the caller's, the door began a trace.
            return .fault(context.logger.told(of: error, in: CallContext.current.trace))
        }
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
