import Contracts
import GRPCCore

extension RPCError {
    /// A fault in a service's own words.
    init(_ fault: RPCFault) {
        var trailers: Metadata = [RPCFault.statusTrailer: .binary(fault.statusBytes)]
        if let pushback = fault.pushback {
            trailers.addString(pushback, forKey: RPCFault.pushbackTrailer)
        }
        self.init(code: fault.code.grpc, message: fault.message, metadata: trailers)
    }
}

extension RPCFault.Code {
    fileprivate var grpc: RPCError.Code {
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
