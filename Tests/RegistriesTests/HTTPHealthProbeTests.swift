import HTTPTypes
import Hummingbird
import Ports
import Synchronization
import TestSupport
import Testing

@testable import Registries

@Suite("The probe over HTTP", .timeLimit(.minutes(2)))
struct HTTPHealthProbeTests {
    private static let limit = Duration.seconds(60)
    private let probe = HTTPHealthProbe { _ in nil }

    /// Why a URL is not healthy; `nil` when it is.
    private func problem(
        _ url: String, within limit: Duration = limit, _ probe: HTTPHealthProbe? = nil
    ) async -> String? {
        do {
            try await (probe ?? self.probe).check(url, within: limit)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "200 to 299 is healthy, nothing else",
        arguments: [
            (200, nil), (204, nil), (299, nil), (300, "it answers 300"), (301, "it answers 301"),
            (404, "it answers 404"), (500, "it answers 500"), (503, "it answers 503"),
        ] as [(Int, String?)])
    func statuses(code: Int, problem: String?) async throws {
        try await StubServer.answering(.init(code: code), "") { server in
            #expect(await self.problem(server.url + "/health?a=b") == problem)
            #expect(server.asked.map(\.uri) == ["/health?a=b"])
            #expect(server.asked.map(\.method) == ["GET"])
        }
    }

    @Test("a redirect is not followed, wherever it leads")
    func redirect() async throws {
        try await StubServer.answering(.found, "", headers: [.location: "/elsewhere"]) { server in
            #expect(await problem(server.url + "/health") == "it answers 302")
            #expect(server.asked.count == 1)
        }
    }

    @Test("the addresses of a name are checked, and one that passed is connected to")
    func names() async throws {
        try await StubServer.answering(.ok, "{}") { server in
            let seen = Notes()
            let probe = HTTPHealthProbe { address in
                seen.note(address)
                return nil
            }
            for host in ["localhost", "127.0.0.1", "2130706433"] {
                let url = "http://\(host):\(server.port)/health"
                #expect(await problem(url, probe) == nil, "\(host)")
            }
            #expect(seen.all.contains("127.0.0.1"))
            #expect(seen.all.allSatisfy { ["127.0.0.1", "::1"].contains($0) })
            // The name is the server's to know.
            #expect(
                server.asked.map(\.authority) == [
                    "localhost:\(server.port)", "127.0.0.1:\(server.port)",
                    "2130706433:\(server.port)",
                ])
        }
    }

    @Test("an address that may not be connected to is not, whatever its name said before")
    func forbidden() async throws {
        try await StubServer.answering(.ok, "{}") { server in
            let probe = HTTPHealthProbe { _ in "it points at loopback" }
            for host in ["localhost", "127.0.0.1", "0x7f000001"] {
                let url = "http://\(host):\(server.port)/"
                #expect(await problem(url, probe) == "it points at loopback")
            }
            #expect(server.asked.isEmpty)
        }
    }

    @Test("an answer that does not come, or not to its end, is not waited for")
    func slow() async throws {
        for answer in [StubServer.silent, StubServer.stalling] {
            try await StubServer.serving(answer) { server in
                let reason = await problem(server.url, within: .milliseconds(200))
                #expect(reason == "no answer within 0.2 seconds")
            }
        }
    }

    @Test("a healthy answer without an end is healthy, and is not read on")
    func endless() async throws {
        try await StubServer.serving(StubServer.endless) { server in
            #expect(await problem(server.url) == nil)
        }
    }

    @Test("nobody there, or nobody of that name, is told in a few words")
    func nobody() async throws {
        try await LoopbackPort.withNobody { port in
            for host in ["127.0.0.1", "localhost"] {
                let reason = await problem("http://\(host):\(port)/?token=hunter2")
                #expect(reason?.lowercased().contains("refused") == true, "\(reason ?? "")")
                #expect(reason?.contains("hunter2") == false)
            }
        }
        let unknown = await problem("http://nobody.invalid/")
        #expect(unknown == "its name has no address")
    }

    @Test("a probe that is cancelled finds nothing out")
    func cancelled() async throws {
        try await StubServer.serving(StubServer.silent) { server in
            let url = server.url
            let call = Task { try await probe.check(url, within: .seconds(60)) }
            try await eventually { server.asked.count == 1 }
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
        }
    }
}

/// What was said, in order.
private final class Notes: Sendable {
    private let entries = Mutex<[String]>([])
    var all: [String] { entries.withLock { $0 } }
    func note(_ entry: String) { entries.withLock { $0.append(entry) } }
}
