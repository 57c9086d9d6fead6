import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix
import NIOSSL

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
        // Its full description may repeat headers, a key among them.
        case let error as HTTPClientError: return error.shortDescription
        case is NIOSSLExtraError: return "TLS: its certificate is another's"
        case is NIOSSLError, is BoringSSLError: return tlsReason(of: "\(error)")
        default: return "\(error)"
        }
    }

    /// The library's own words name places in its source.
    private static func tlsReason(of text: String) -> String {
        text.contains("CERTIFICATE_VERIFY_FAILED")
            ? "TLS: nobody who is trusted vouches for its certificate"
            : "TLS: it was not agreed on"
    }

    /// Whether nothing of a request can have arrived.
    static func isBeforeRequest(_ error: any Error) -> Bool {
        switch error {
        case let error as IOError:
            [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL].contains(error.errnoCode)
        case let error as HTTPClientError: error == .connectTimeout
        default: error is NIOConnectionError
        }
    }
}
