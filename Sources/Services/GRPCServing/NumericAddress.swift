import Hosting
import NIOCore

/// What NIO knows of addresses; apart, because its names are the transport's too.
enum NumericAddress {
    /// The address of a host in numbers, as the transport wants it.
    ///
    /// - Throws: `ListeningError`.
    static func of(_ host: String, port: Int) throws -> String {
        do {
            let address = try SocketAddress.makeAddressResolvingHost(host, port: port)
            return address.ipAddress ?? host
        } catch {
            throw ListeningError(unknownHost: host, port: port, reason: "\(error)")
        }
    }

    static func errno(of error: (any Error)?) -> Int32? { (error as? IOError)?.errnoCode }
}
