/// A call that cannot be answered: a `google.rpc` code and a message that says what to do.
///
/// Services throw it; the gateway turns it into a `google.rpc.Status` body and an HTTP status.
package struct RPCFault: Error, Equatable, Sendable {
    /// The codes of `google/rpc/code.proto`, by number.
    package enum Code: Int32, Sendable, CaseIterable {
        case cancelled = 1
        case unknown = 2
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case alreadyExists = 6
        case permissionDenied = 7
        case resourceExhausted = 8
        case failedPrecondition = 9
        case aborted = 10
        case outOfRange = 11
        case unimplemented = 12
        case internalError = 13
        case unavailable = 14
        case dataLoss = 15
        case unauthenticated = 16

        /// As google/rpc/code.proto writes it: `NOT_FOUND`.
        package var name: String {
            switch self {
            case .cancelled: "CANCELLED"
            case .unknown: "UNKNOWN"
            case .invalidArgument: "INVALID_ARGUMENT"
            case .deadlineExceeded: "DEADLINE_EXCEEDED"
            case .notFound: "NOT_FOUND"
            case .alreadyExists: "ALREADY_EXISTS"
            case .permissionDenied: "PERMISSION_DENIED"
            case .resourceExhausted: "RESOURCE_EXHAUSTED"
            case .failedPrecondition: "FAILED_PRECONDITION"
            case .aborted: "ABORTED"
            case .outOfRange: "OUT_OF_RANGE"
            case .unimplemented: "UNIMPLEMENTED"
            case .internalError: "INTERNAL"
            case .unavailable: "UNAVAILABLE"
            case .dataLoss: "DATA_LOSS"
            case .unauthenticated: "UNAUTHENTICATED"
            }
        }

        /// The HTTP status that `google/rpc/code.proto` maps the code to.
        package var httpStatus: Int {
            switch self {
            case .cancelled: 499
            case .invalidArgument, .failedPrecondition, .outOfRange: 400
            case .deadlineExceeded: 504
            case .notFound: 404
            case .alreadyExists, .aborted: 409
            case .permissionDenied: 403
            case .resourceExhausted: 429
            case .unimplemented: 501
            case .unknown, .internalError, .dataLoss: 500
            case .unavailable: 503
            case .unauthenticated: 401
            }
        }
    }

    package let code: Code
    package let message: String
    /// After so long it is worth asking again; `nil` where nobody knows.
    package let retryAfterSeconds: Int?

    /// A longer message is cut: over gRPC it is a header, and too large a one ends the connection
    /// with all its calls.
    package static let messageLimitBytes = 1_024

    package init(_ code: Code, _ message: String, retryAfterSeconds: Int? = nil) {
        self.code = code
        self.retryAfterSeconds = retryAfterSeconds
        self.message = RequestReading.cut(message, toBytes: RPCFault.messageLimitBytes)
    }

    package static func invalidArgument(_ message: String) -> RPCFault {
        RPCFault(.invalidArgument, message)
    }

    package static func notFound(_ message: String) -> RPCFault {
        RPCFault(.notFound, message)
    }

    package static func unavailable(_ message: String) -> RPCFault {
        RPCFault(.unavailable, message)
    }

    /// `google.rpc.Status` as JSON: `{"code":5,"message":"…","details":[]}`.
    package var statusJSON: String {
        var json = JSONWriter()
        json.object { json in
            json.member("code", Int64(code.rawValue))
            json.member("message", message)
            json.member("details") { $0.array([String]()) { $0.string($1) } }
        }
        return json.text
    }
}

extension RPCFault: CustomStringConvertible {
    package var description: String { message }
}
