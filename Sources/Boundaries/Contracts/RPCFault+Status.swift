import SwiftProtobuf

extension RPCFault {
    /// The trailer in which gRPC carries a `google.rpc.Status` beside the code and the message. It
    /// tells what a service said from what a library says of a connection that failed.
    package static let statusTrailer = "grpc-status-details-bin"

    /// The trailer in which gRPC says when to ask again, in milliseconds (gRPC proposal A6).
    package static let pushbackTrailer = "grpc-retry-pushback-ms"

    /// What that trailer says of this fault; `nil` where nobody knows.
    package var pushback: String? { retryAfterSeconds.map { "\($0)000" } }

    /// The same fault, to be asked again when a trailer says; one that is no number of
    /// milliseconds says nothing.
    package func askedAgain(after pushback: String?) -> RPCFault {
        guard let milliseconds = pushback.flatMap({ Int($0) }), milliseconds > 0 else {
            return self
        }
        let seconds = milliseconds / 1_000 + (milliseconds % 1_000 == 0 ? 0 : 1)
        return RPCFault(code, message, retryAfterSeconds: seconds)
    }

    /// A message with the fields 1 and 2 of google/rpc/status.proto: code and message.
    private typealias Status = Grpc_Reflection_V1_ErrorResponse

    /// `google.rpc.Status` as protobuf's bytes.
    package var statusBytes: [UInt8] {
        var bytes: [UInt8] = []
        WireBytes.appendField(1, varint: UInt64(code.rawValue), to: &bytes)
        WireBytes.appendField(2, text: message, to: &bytes)
        return bytes
    }

    /// - Parameter statusBytes: a `google.rpc.Status`.
    /// - Returns: `nil` for what is none, or none of a fault.
    package init?(statusBytes: [UInt8]) {
        guard let status = try? Status(serializedBytes: statusBytes),
            let code = Code(rawValue: status.errorCode)
        else { return nil }
        self.init(code, status.errorMessage)
    }
}
