import HTTPTypes
package import Hummingbird
package import NIOCore

extension HTTPConfiguration {
    /// A request's body, whole.
    ///
    /// - Throws: `NIOTooManyBytesError`; `BodyTooSlow` when it drips.
    package func collect(_ body: RequestBody) async throws -> ByteBuffer {
        let (limit, timeout) = (bodyLimitBytes, bodyTimeout)
        return try await withThrowingTaskGroup(of: ByteBuffer.self) { group in
            group.addTask { try await body.collect(upTo: limit) }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw BodyTooSlow(timeout: timeout)
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }
}

/// A body that did not come whole in time.
struct BodyTooSlow: Error {
    let timeout: Duration
}

/// The process is ending, and a body has not come whole.
struct EndingFirst: Error {}

/// A body of a kind that nobody reads here.
package struct UnsupportedContent: Error {
    let type: String

    package init(type: String) {
        self.type = type
    }
}
