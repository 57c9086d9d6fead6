import Foundation
import Synchronization

/// A server on loopback that answers as the vendors of market data do, from the fixtures, or as a
/// test says. It knows one share, ACME, and two indices, VIX and VVIX.
package final class VendorServer: Sendable {
    /// What a test has it answer, once.
    package enum Reply: Sendable {
        case answer(status: Int = 200, headers: [String: String] = [:], body: String)
        /// Nothing until the other side closes.
        case silence
        /// A head and half a body, then nothing.
        case halfAnAnswer
        /// A head and half a body, then the connection is closed.
        case brokenOff
        /// A body without end.
        case flood
    }

    private struct State {
        var targets: [String] = []
        var replies: [Reply] = []
    }

    /// What a key must be to be let in where one is asked for.
    package static let key = "S3cret Key/42"

    private final class Journal: Sendable {
        let state = Mutex(State())
    }

    private let journal: Journal
    private let server: RawServer

    package init() throws {
        let journal = Journal()
        self.journal = journal
        server = try RawServer { peer in VendorServer.serve(peer, journal) }
    }

    package var url: String { "http://127.0.0.1:\(server.port)" }

    /// Paths and queries of the requests so far.
    package var targets: [String] { journal.state.withLock { $0.targets } }

    /// What the next requests are answered with, one each.
    package func reply(_ replies: Reply...) {
        journal.state.withLock { $0.replies += replies }
    }

    /// - Parameter name: a file of `Fixtures/vendors`.
    package static func fixture(_ name: String) -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "../../Fixtures/vendors/\(name)").standardizedFileURL
        return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }

    // MARK: - Connections

    private static func serve(_ peer: RawServer.Peer, _ journal: Journal) {
        var head = ""
        while !head.contains("\r\n\r\n") {
            guard let bytes = peer.receive() else { return }
            head += String(decoding: bytes, as: UTF8.self)
        }
        let target = head.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        let reply = journal.state.withLock { state in
            state.targets.append(target)
            return state.replies.isEmpty ? nil : state.replies.removeFirst()
        }
        send(reply ?? answer(to: target), to: peer)
    }

    private static func send(_ reply: Reply, to peer: RawServer.Peer) {
        switch reply {
        case .answer(let status, let headers, let body):
            let lines = headers.map { "\($0): \($1)\r\n" }.joined()
            peer.send(
                ("HTTP/1.1 \(status) Status\r\n\(lines)Content-Length: \(body.utf8.count)\r\n"
                    + "Connection: close\r\n\r\n\(body)").utf8)
        case .silence: peer.ignore()
        case .halfAnAnswer:
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nDate,Open".utf8)
            peer.ignore()
        case .brokenOff: peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nDate,Open".utf8)
        case .flood:
            peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8)
            while peer.send(repeatElement(0x20, count: 1 << 14)) {}
        }
    }

    // MARK: - The vendors

    private static func answer(to target: String) -> Reply {
        let parts = target.split(separator: "?", maxSplits: 1)
        let path = parts.first.map(String.init) ?? ""
        var query: [String: String] = [:]
        for pair in parts.dropFirst().first?.split(separator: "&") ?? [] {
            let words = pair.split(separator: "=", maxSplits: 1).map(String.init)
            query[words[0]] = words.last?.removingPercentEncoding
        }
        if path == "/query" { return alphaVantage(query) }
        if path == "/q/d/l/" { return stooq(query) }
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        return path.hasPrefix("/v8/finance/chart/") ? yahoo(name, query) : cboe(name)
    }

    private static func alphaVantage(_ query: [String: String]) -> Reply {
        func object(_ member: String, _ text: String) -> Reply {
            .answer(body: "{\n    \"\(member)\": \"\(text)\"\n}")
        }
        guard query["apikey"] == key else {
            return object(
                "Error Message",
                "the parameter apikey is invalid or missing: \(query["apikey"] ?? "")")
        }
        let name =
            query["function"] == "TIME_SERIES_DAILY_ADJUSTED"
            ? "daily" : "\(query["interval"] ?? "")_\(query["month"] ?? "")"
        let body = fixture("alpha_vantage_\(name).json")
        guard query["symbol"] == "ACME", !body.isEmpty else {
            return object(
                "Error Message",
                "Invalid API call. Please retry or visit the documentation for "
                    + (query["function"] ?? "") + ".")
        }
        return .answer(body: body)
    }

    private static func stooq(_ query: [String: String]) -> Reply {
        guard query["apikey"] == key else {
            return .answer(body: "<!DOCTYPE html><html><body>Get your apikey</body></html>")
        }
        return .answer(body: query["s"] == "acme" ? fixture("stooq_daily.csv") : "No data")
    }

    private static func cboe(_ file: String) -> Reply {
        let body =
            switch file {
            case "VIX_History.csv": fixture("cboe_vix.csv")
            case "VVIX_History.csv": fixture("cboe_vvix.csv")
            default: ""
            }
        guard body.isEmpty else { return .answer(body: body) }
        return .answer(status: 403, body: "<Error><Code>AccessDenied</Code></Error>")
    }

    private static func yahoo(_ symbol: String, _ query: [String: String]) -> Reply {
        guard symbol == "ACME" else {
            return .answer(
                status: 404,
                body: #"{"chart":{"result":null,"error":{"code":"Not Found","description":"#
                    + #""No data found, symbol may be delisted"}}}"#)
        }
        switch query["interval"] {
        case "1d": return .answer(body: fixture("yahoo_daily.json"))
        case "1h": return .answer(body: fixture("yahoo_1h.json"))
        default: return .answer(body: fixture("yahoo_1m.json"))
        }
    }
}
