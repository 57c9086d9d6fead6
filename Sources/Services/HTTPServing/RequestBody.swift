import HTTPTypes
package import Hummingbird
package import NIOCore

extension HTTPConfiguration {
    /// A request's body, whole.
    ///
    /// - Parameter limitBytes: what its route reads at the most; the door's limit holds besides.
    /// - Throws: `NIOTooManyBytesError`, before anything is read where the request announces it;
    ///   `BodyTooSlow` when it drips.
    package func collect(_ request: Request, upTo limitBytes: Int) async throws -> ByteBuffer {
        try await request.collectBody(
            upTo: min(limitBytes, bodyLimitBytes), within: bodyTimeout)
    }
}

extension Request {
    /// The body, whole.
    ///
    /// - Throws: `NIOTooManyBytesError`, before anything is read where the request announces it;
    ///   `BodyTooSlow` when it drips.
    package func collectBody(upTo limitBytes: Int, within time: Duration) async throws -> ByteBuffer
    {
        try checkAnnouncedBytes(limitBytes)
        let body = body
        return try await withThrowingTaskGroup(of: ByteBuffer.self) { group in
            group.addTask { try await body.collect(upTo: limitBytes) }
            group.addTask {
                try await Task.sleep(for: time)
                throw BodyTooSlow(timeout: time)
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }

    /// - Throws: `NIOTooManyBytesError` for a body that is announced as larger.
    func checkAnnouncedBytes(_ limitBytes: Int) throws {
        guard let announced = headers[.contentLength].flatMap({ Int($0) }) else { return }
        if announced > limitBytes { throw NIOTooManyBytesError(maxBytes: limitBytes) }
    }
}

/// A body that did not come whole in time.
package struct BodyTooSlow: Error {
    package let timeout: Duration
}

/// The process is ending, and a body has not come whole.
struct EndingFirst: Error {}

/// A body of a kind that nobody reads here.
package struct UnsupportedContent: Error {
    package let type: String
}

extension Request {
    /// Refuses a body that says that it is something else than JSON. One that says nothing is taken
    /// for it, and so is what `curl -d` says when nobody tells it better.
    package func requireJSON() throws(UnsupportedContent) {
        guard let type = headers[.contentType] else { return }
        let media = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        guard
            media == "application/json" || media.hasSuffix("+json")
                || media == "application/x-www-form-urlencoded"
        else { throw UnsupportedContent(type: type) }
    }
}
