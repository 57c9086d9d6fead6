import Contracts
import GRPCCore
import Logging
import Ports

/// What callers are told of errors, and the log besides.
struct Faults: Sendable {
    let method: String
    let logger: Logger

    func told(of error: any Error) -> RPCError {
        if let error = error as? RPCError { return error }
        if error is StoreError {
            logger.error("store failed", metadata: ["method": "\(method)", "error": "\(error)"])
        } else if !(error is RPCFault || error is CancellationError) {
            logger.error("request failed", metadata: ["method": "\(method)", "error": "\(error)"])
        }
        let fault = RPCFault.told(of: error)
        return RPCError(code: fault.code.grpc, message: fault.message)
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
