import Foundation

/// Ports for servers that tests start.
package enum LoopbackPort {
    package struct NoneFree: Error {}

    /// A port that was free a moment ago.
    package static func free() throws -> Int {
        let (descriptor, port) = try bound()
        close(descriptor)
        return port
    }

    /// Something listens there.
    package static func isTaken(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return call(connect, descriptor, port: port) == 0
    }

    /// A socket with a port of its own; whoever asks for it closes it.
    package static func bound() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound =
            call(bind, descriptor, port: 0) == 0
            && withUnsafeMutableBytes(of: &address) { bytes in
                let generic = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
                return generic.map { getsockname(descriptor, $0, &length) } == 0
            }
        guard isBound else {
            close(descriptor)
            throw NoneFree()
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    private typealias AddressCall = (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32

    private static func call(_ call: AddressCall, _ descriptor: Int32, port: Int) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
