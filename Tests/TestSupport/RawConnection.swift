import Foundation

/// A connection on the loopback whose bytes a test writes and reads itself.
package final class RawConnection: Sendable {
    package struct Refused: Error {}

    private let descriptor: Int32

    package init(to port: Int) throws {
        guard let descriptor = LoopbackPort.connect(to: port) else { throw Refused() }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    package func send(_ text: String) { send(Array(text.utf8)) }

    /// - Returns: whether all of it was taken.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// Sends the same again and again until nobody takes it: the other side has closed, or has not
    /// read for a while.
    ///
    /// - Returns: how many bytes were taken; not many more than the limit.
    package func flood(_ bytes: [UInt8], limit: Int) async -> Int {
        var patience = timeval(tv_sec: 0, tv_usec: 300_000)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        return await onThread {
            var taken = 0
            while taken < limit, self.send(bytes) { taken += bytes.count }
            return taken
        }
    }

    /// Ends it in both directions; who reads from it is told the end.
    package func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Says that nothing more will be sent.
    package func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Whether something lies here to be read, if only the end.
    package var hasMore: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) >= 0
    }

    /// What comes next; nothing at the end.
    package func receive() async -> [UInt8] {
        await onThread {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = recv(self.descriptor, &bytes, bytes.count, 0)
            return Array(bytes.prefix(max(count, 0)))
        }
    }

    /// Everything until the end.
    package func rest() async -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let more = await receive()
            if more.isEmpty { return all }
            all += more
        }
    }

    /// On a thread of its own: the cooperative pool must not block.
    private func onThread<Answer: Sendable>(
        _ body: @escaping @Sendable () -> Answer
    ) async -> Answer {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }
}
