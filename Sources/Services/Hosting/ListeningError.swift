import Glibc

/// A door of the process cannot listen where it should.
package struct ListeningError: Error, Equatable, Sendable, CustomStringConvertible {
    /// `host:port`, an IPv6 address in brackets.
    package let address: String
    /// What is wrong and what to do.
    package let problem: String

    package var description: String { "\(address) \(problem)" }

    /// - Parameters:
    ///   - variable: sets the port.
    ///   - reason: said when the number of the error says nothing better.
    package init(host: String, port: Int, errno: Int32?, variable: String, reason: String) {
        address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        problem =
            switch errno {
            case EADDRINUSE:
                "is in use by another program: stop it, or choose another port with \(variable)"
            case EACCES:
                "may not be listened on by this user: choose a port of 1024 or above with "
                    + variable
            case EADDRNOTAVAIL: "is no address of this machine: set BIND_ADDRESS"
            default: "cannot be listened on: \(reason)"
            }
    }

    /// The host is no name or address that can be looked up.
    package init(unknownHost host: String, port: Int, reason: String) {
        address = "\(host):\(port)"
        problem = "is no address of this machine (\(reason)): set BIND_ADDRESS"
    }
}
