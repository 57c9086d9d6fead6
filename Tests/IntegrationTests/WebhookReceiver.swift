import Foundation
import Synchronization
import TestSupport

/// Takes what is posted to it, and says that it has.
final class WebhookReceiver: Sendable {
    struct Post: Sendable {
        /// The same at each attempt.
        let id: String
        let eventIDs: [String]
    }

    private final class Take: Sendable {
        let posts = Mutex<[Post]>([])
    }

    private let server: RawServer
    private let take: Take

    var port: Int { server.port }

    /// What was posted and answered, in order.
    var posts: [Post] { take.posts.withLock { $0 } }

    init() throws {
        let take = Take()
        server = try RawServer { peer in
            var bytes: [UInt8] = []
            while let more = peer.receive() {
                bytes += more
                guard let post = WebhookReceiver.post(bytes) else { continue }
                take.posts.withLock { $0.append(post) }
                peer.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n".utf8)
                return
            }
        }
        self.take = take
    }

    /// Once the body is as long as its head says.
    private static func post(_ bytes: [UInt8]) -> Post? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let length =
            text.lowercased().firstMatch(of: /content-length: (\d+)/).flatMap { Int($0.output.1) }
            ?? 0
        guard text[end.upperBound...].utf8.count >= length else { return nil }
        let id = text.firstMatch(of: /(?i)webhook-id: (\S+)/).map { String($0.output.1) }
        return Post(id: id ?? "", eventIDs: Told.eventIDs(text))
    }

    /// What a program needs to send anything here.
    static let allowed = ["WEBHOOK_ALLOW_INSIDE": "true", "WEBHOOK_ALLOW_HTTP": "true"]

    /// Has a server post here what everybody is told.
    func register(at server: Server) async throws -> (status: Int, body: String) {
        try await server.post(
            "/v1/notifications/webhooks", #"{"url":"http://127.0.0.1:\#(port)/told"}"#)
    }
}
