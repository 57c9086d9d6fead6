import Foundation
import Synchronization

/// A server on loopback that answers as servers of language models do: whatever a test says, one
/// reply for each request.
package final class ModelServer: Sendable {
    package enum Reply: Sendable {
        case answer(status: Int = 200, headers: [String: String] = [:], body: String)
        /// Server-Sent Events; then the connection is closed.
        case events([String], status: Int = 200)
        /// Events, then nothing until the other side closes.
        case eventsThenSilence([String])
        /// Nothing until the other side closes.
        case silence
        /// A body without end.
        case flood
        /// Closed without an answer.
        case hangUp
    }

    package struct Request: Sendable {
        /// `POST /v1/messages`
        package let target: String
        /// By name in lower case.
        package let headers: [String: String]
        package let body: String
    }

    private struct State {
        var requests: [Request] = []
        var replies: [Reply] = []
    }

    private final class Journal: Sendable {
        let state = Mutex(State())
    }

    private let journal: Journal
    private let server: RawServer

    /// - Parameter replies: the last one stays.
    package init(_ replies: Reply...) throws {
        let journal = Journal()
        journal.state.withLock { $0.replies = replies }
        self.journal = journal
        server = try RawServer { peer in ModelServer.serve(peer, journal) }
    }

    package var url: String { "http://127.0.0.1:\(server.port)" }

    package var requests: [Request] { journal.state.withLock { $0.requests } }

    /// What the next requests are answered with; the last one stays.
    package func reply(_ replies: Reply...) {
        journal.state.withLock { $0.replies = replies }
    }

    private static func serve(_ peer: RawServer.Peer, _ journal: Journal) {
        guard let request = read(peer) else { return }
        let reply = journal.state.withLock { state in
            state.requests.append(request)
            return state.replies.count > 1 ? state.replies.removeFirst() : state.replies.first
        }
        switch reply {
        case nil, .hangUp?: return
        case .answer(let status, let headers, let body)?:
            let lines = headers.map { "\($0): \($1)\r\n" }.joined()
            peer.send(
                ("HTTP/1.1 \(status) Status\r\nContent-Type: application/json\r\n\(lines)"
                    + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)").utf8
            )
        case .events(let events, let status)?: send(events, status, to: peer)
        case .eventsThenSilence(let events)?:
            send(events, 200, to: peer)
            peer.ignore()
        case .silence?: peer.ignore()
        case .flood?:
            peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8)
            while peer.send(repeatElement(0x20, count: 1 << 14)) {}
        }
    }

    private static func send(_ events: [String], _ status: Int, to peer: RawServer.Peer) {
        peer.send(
            ("HTTP/1.1 \(status) OK\r\nContent-Type: text/event-stream\r\n"
                + "Connection: close\r\n\r\n").utf8)
        for event in events { peer.send((event + "\n\n").utf8) }
    }

    private static func read(_ peer: RawServer.Peer) -> Request? {
        var text = ""
        while true {
            guard let bytes = peer.receive() else { return nil }
            text += String(decoding: bytes, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                let sides = line.split(separator: ":", maxSplits: 1)
                headers[sides[0].lowercased()] = sides[1].trimmingCharacters(in: .whitespaces)
            }
            let body = String(text[end.upperBound...])
            guard body.utf8.count >= Int(headers["content-length"] ?? "0") ?? 0 else { continue }
            let words = lines[0].split(separator: " ")
            return Request(
                target: words.prefix(2).joined(separator: " "), headers: headers, body: body)
        }
    }
}
