import Foundation

/// Ports for servers that tests start.
package enum LoopbackPort {
    package struct NoneFree: Error {}

    /// A port that was free a moment ago.
    package static func free() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return try bound(descriptor)
    }

    /// Another one.
    package static func free(besides taken: Int) throws -> Int {
        while true {
            let port = try free()
            if port != taken { return port }
        }
    }

    /// A socket with a port of its own; whoever asks for it closes it.
    package static func bound() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        do {
            return (descriptor, try bound(descriptor))
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Gives a port on which nobody listens, nor can begin to meanwhile.
    package static func withNobody<Outcome>(
        _ body: (Int) async throws -> Outcome
    ) async throws -> Outcome {
        let (descriptor, port) = try bound()
        defer { close(descriptor) }
        return try await body(port)
    }

    /// Something listens there.
    package static func isTaken(_ port: Int) -> Bool {
        connect(to: port).map { close($0) } != nil
    }

    /// A socket that listens, and its port.
    package static func listen() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        do {
            let port = try bound(descriptor)
            guard Foundation.listen(descriptor, 64) == 0 else { throw NoneFree() }
            return (descriptor, port)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// A socket that is connected; `nil` when nobody listens.
    package static func connect(to port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let isConnected = withAddress(of: port) {
            Foundation.connect(descriptor, $0, $1.pointee) == 0
        }
        guard !isConnected else { return descriptor }
        close(descriptor)
        return nil
    }

    private static func bound(_ descriptor: Int32) throws -> Int {
        var port = 0
        let isBound = withAddress(of: 0) { address, length in
            guard bind(descriptor, address, length.pointee) == 0,
                getsockname(descriptor, address, length) == 0
            else { return false }
            port = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                Int(UInt16(bigEndian: $0.pointee.sin_port))
            }
            return true
        }
        guard isBound else { throw NoneFree() }
        return port
    }

    private static func withAddress(
        of port: Int,
        _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Bool
    ) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
        }
    }
}
