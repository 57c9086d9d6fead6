import Contracts
import GRPCCore

/// Whose words an error of the library is in.
enum GRPCFailure: Equatable {
    /// The service's, or the library's about an answer.
    case fault(RPCFault)
    /// The library's, when the call's time was over.
    case late
    /// The library's, or those of what is no gRPC service: nobody answered.
    case unreachable

    /// A server's status comes with trailers: ours with a `google.rpc.Status`, anybody's with a
    /// `content-type` where it is all of the answer. What the library says of a connection comes
    /// with none.
    init(_ error: any Error) {
        // Of others it throws one kind: for a client that was shut down.
        guard let error = error as? RPCError else {
            self = .unreachable
            return
        }
        let trailers = error.metadata
        if let bytes = trailers[binaryValues: RPCFault.statusTrailer].first(where: { _ in true }),
            let fault = RPCFault(statusBytes: bytes)
        {
            let pushback = trailers[stringValues: RPCFault.pushbackTrailer].first { _ in true }
            self = .fault(fault.askedAgain(after: pushback))
            return
        }
        let isAnswer = trailers[stringValues: "content-type"]
            .contains { $0.hasPrefix("application/grpc") }
        let code = RPCFault.Code(rawValue: Int32(error.code.rawValue)) ?? .unknown
        switch code {
        case .unavailable where !isAnswer: self = .unreachable
        case .unknown where error.cause != nil: self = .unreachable
        case .deadlineExceeded where !isAnswer: self = .late
        default: self = .fault(RPCFault(code, error.message))
        }
    }
}
