import Foundation
import TestSupport

/// Answers HTTP on a loopback port as a test says, on a thread for each connection.
final class KeyServer: Sendable {
    let port: Int
    private let descriptor: Int32

    /// - Parameter answer: what is sent for a request, head and all, piece by piece; the
    ///   connection stays open until the client closes it.
    init(_ answer: @escaping @Sendable (_ request: String) -> [String]) throws {
        let (descriptor, port) = try LoopbackPort.listen()
        (self.descriptor, self.port) = (descriptor, port)
        Thread.detachNewThread {
            while true {
                let peer = accept(descriptor, nil, nil)
                guard peer >= 0 else { break }
                Thread.detachNewThread {
                    KeyServer.serve(peer, answer)
                    close(peer)
                }
            }
            close(descriptor)
        }
    }

    /// Wakes the thread that accepts, which closes the socket.
    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    func url(_ path: String = "/keys") -> String { "http://127.0.0.1:\(port)\(path)" }

    static func response(
        _ body: String, status: String = "200 OK", _ headers: String = ""
    ) -> String {
        "HTTP/1.1 \(status)\r\ncontent-length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
    }

    private static func serve(_ peer: Int32, _ answer: (String) -> [String]) {
        var request = ""
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(peer, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            request += String(decoding: buffer.prefix(count), as: UTF8.self)
            guard request.contains("\r\n\r\n") else { continue }
            for piece in answer(request) {
                let bytes = Array(piece.utf8)
                var sent = 0
                while sent < bytes.count {
                    let rest = Array(bytes[sent...])
                    let count = send(peer, rest, rest.count, Int32(MSG_NOSIGNAL))
                    guard count > 0 else { return }
                    sent += count
                }
            }
            request = ""
        }
    }
}
