import HTTPTypes
import Hummingbird
import NIOCore

/// Who announces a body and asks first whether it is wanted (RFC 9110, section 10.1.1) is told so
/// when somebody begins to read it; a refusal before that spares the body.
extension Request {
    /// The same request, whose body asks for itself to be sent where its client waits for that.
    func inviting(on channel: any Channel) -> Request {
        guard let expectation = headers[.expect], expectation.lowercased() == "100-continue" else {
            return self
        }
        var request = self
        request.body = RequestBody(asyncSequence: InvitedBody(body: body, channel: channel))
        return request
    }
}

/// Somebody reads a body for which its client waits to be asked.
struct BodyInvitation: Sendable {}

/// A body of which the first reading says `100 Continue`.
private struct InvitedBody: AsyncSequence, Sendable {
    let body: RequestBody
    let channel: any Channel

    struct Iterator: AsyncIteratorProtocol {
        var body: RequestBody.AsyncIterator
        var channel: (any Channel)?

        @concurrent
        mutating func next() async throws -> ByteBuffer? {
            if let channel {
                self.channel = nil
                channel.triggerUserOutboundEvent(BodyInvitation(), promise: nil)
            }
            return try await body.next()
        }
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(body: body.makeAsyncIterator(), channel: channel)
    }
}
