import Contracts
import GRPCCore
import Logging
import Ports

/// What callers are told of errors: the contract's code and message; of anything else that it went
/// wrong, and where the log says more.
struct Faults: Sendable {
    let method: String
    let logger: Logger

    func told(of error: any Error) -> RPCError {
        switch error {
        case let error as RPCError: return error
        case let fault as RPCFault:
            return RPCError(code: fault.code.grpc, message: fault.message)
        case is CancellationError:
            return RPCError(code: .cancelled, message: "the request was cancelled")
        case let error as StoreError:
            logger.error("store failed", metadata: ["method": "\(method)", "error": "\(error)"])
            return RPCError(
                code: .unavailable,
                message: "the store cannot answer (\(error.code.rawValue)): see /ready")
        default:
            // What went wrong inside may hold paths or hosts: it is for the log alone.
            logger.error("request failed", metadata: ["method": "\(method)", "error": "\(error)"])
            return RPCError(
                code: .internalError,
                message: "Classification error: \(type(of: error)); the log of the service says "
                    + "more")
        }
    }
}

extension RPCFault.Code {
    var grpc: RPCError.Code {
        switch self {
        case .cancelled: .cancelled
        case .unknown: .unknown
        case .invalidArgument: .invalidArgument
        case .deadlineExceeded: .deadlineExceeded
        case .notFound: .notFound
        case .alreadyExists: .alreadyExists
        case .permissionDenied: .permissionDenied
        case .resourceExhausted: .resourceExhausted
        case .failedPrecondition: .failedPrecondition
        case .aborted: .aborted
        case .outOfRange: .outOfRange
        case .unimplemented: .unimplemented
        case .internalError: .internalError
        case .unavailable: .unavailable
        case .dataLoss: .dataLoss
        case .unauthenticated: .unauthenticated
        }
    }
}
