import AsyncHTTPClient
import NIOCore
import NIOPosix

package enum ConnectionProblem {
    /// Why no answer came, in a few words.
    package static func reason(of error: any Error) -> String {
        switch error {
        case let error as IOError: return "\(error)"
        case let error as HTTPClientError where error == .connectTimeout:
            return "the connection was not made in time"
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            return "the connection was closed"
        case let error as NIOConnectionError:
            let cause = error.connectionErrors.first?.error ?? error.dnsAError ?? error.dnsAAAAError
            return cause.map { "\($0)" } ?? "no connection"
        default: return "\(error)"
        }
    }
}
