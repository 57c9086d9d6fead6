import Ports
import TestSupport
import Testing

@testable import Tokens

@Suite("Fetching a key set over HTTP")
struct KeySetFetcherTests {
    private func fetch(
        _ server: KeyServer, path: String = "/keys", limit: Duration = .seconds(30)
    ) async throws(KeySourceError) -> String {
        guard let url = KeySetURL(server.url(path)) else { throw ScriptedFetcher.failure }
        let document = try await HTTPKeySetFetcher(limit: limit).document(at: url)
        return String(decoding: document, as: UTF8.self)
    }

    /// What is wrong with an answer.
    private func problem(
        _ server: KeyServer, path: String = "/keys", limit: Duration = .seconds(30)
    ) async -> String {
        do {
            return try await fetch(server, path: path, limit: limit)
        } catch {
            #expect(error.location == server.url("/keys"))
            return error.problem
        }
    }

    @Test("the body of a 200, asked for by path and query")
    func document() async throws {
        let server = try KeyServer { request in
            [KeyServer.response(String(request.prefix { $0 != "\r\n" }))]
        }
        #expect(try await fetch(server, path: "/keys?p=1") == "GET /keys?p=1 HTTP/1.1")
    }

    @Test("a redirect is not followed, any other status is no answer")
    func status() async throws {
        let server = try KeyServer { request in
            if request.hasPrefix("GET /elsewhere") { return [KeyServer.response("keys")] }
            return [
                KeyServer.response("", status: "302 Found", "location: /elsewhere\r\n")
            ]
        }
        #expect(try await fetch(server, path: "/elsewhere") == "keys")
        #expect(await problem(server).contains("302"))
        let missing = try KeyServer { _ in [KeyServer.response("x", status: "404 Not Found")] }
        #expect(await problem(missing, path: "/keys?secret").contains("404"))
    }

    @Test("a body as large as may be, and one byte more")
    func size() async throws {
        for extra in [0, 1] {
            let body = String(repeating: " ", count: KeySetDocument.bytesLimit + extra)
            let server = try KeyServer { _ in [KeyServer.response(body)] }
            let answer = await problem(server)
            #expect(extra == 0 ? answer == body : answer.contains("more than"))
            let chunks = try KeyServer { _ in
                [
                    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                        + "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
                ]
            }
            let chunked = await problem(chunks)
            #expect(extra == 0 ? chunked == body : chunked.contains("more than"))
        }
    }

    @Test(
        "an answer that never ends is given up, wherever it stops",
        arguments: [[], ["HTTP/1.1 200"], ["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", "x"]])
    func silence(pieces: [String]) async throws {
        let server = try KeyServer { _ in pieces }
        #expect(await problem(server, limit: .milliseconds(200)).contains("no whole answer"))
    }

    @Test("nobody listens, and something that is not HTTP")
    func noServer() async throws {
        let server = try KeyServer { _ in ["-ERR unknown command\r\n"] }
        #expect(await problem(server).contains("no answer"))
        try await LoopbackPort.withNobody { port in
            let url = try #require(KeySetURL("http://127.0.0.1:\(port)/"))
            let fetcher = HTTPKeySetFetcher(limit: .seconds(2))
            await #expect(throws: KeySourceError.self) { try await fetcher.document(at: url) }
        }
    }

    @Test("keys from a server verify tokens")
    func wholeWay() async throws {
        let workshop = try Workshop()
        let document = workshop.keySet
        let server = try KeyServer { _ in [KeyServer.response(document)] }
        let verifier = try await JWTVerifier(
            [try Workshop.url(server.url())], expecting: TokenExpectations(), at: workshop.now,
            failed: { Issue.record($0) })
        let token = try workshop.golden.token("ES256, a list of scopes")
        let principal = try await verifier.principal(of: token, at: workshop.now)
        #expect(principal == Principal(subject: "alice", scopes: [.ingest, .user]))
    }
}
