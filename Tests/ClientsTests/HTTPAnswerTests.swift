import Contracts
import Ports
import TestSupport
import Testing
import WebCalls

@testable import Clients

@Suite("Answers over HTTP that are none", .timeLimit(.minutes(2)))
struct HTTPAnswerTests {
    private typealias Asked = Bloasis_MarketRegime_RegimeRequest

    /// Answers each request with a text, and hangs up.
    private static func server(_ text: String) throws -> RawServer {
        try RawServer { peer in
            _ = peer.receive()
            peer.send(text.utf8)
        }
    }

    private static func answer(
        _ status: String, _ type: String, _ body: String, headers: String = ""
    ) -> String {
        "HTTP/1.1 \(status)\r\nconnection: close\r\ncontent-type: \(type)\r\n\(headers)"
            + "content-length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// What a call is told that is answered with a text; `HOST` for the server's address.
    private func told(_ text: String) async throws -> RPCFault? {
        let server = try Self.server(text)
        let told = try await World.withCalls(.http, to: server.port) { calls in
            await fault { try await RemoteMarketRegime(calls).getCurrentRegime(Asked()) }
        }
        return told.map {
            let words = $0.message.replacing("127.0.0.1:\(server.port)", with: "HOST")
            return RPCFault($0.code, words)
        }
    }

    @Test(
        "a status without a fault is told as one, and nothing of the body with it",
        arguments: [
            ("502 Bad Gateway", RPCFault.Code.unavailable), ("503 Busy", .unavailable),
            ("504 Gateway Timeout", .unavailable), ("500 Internal Server Error", .unknown),
            ("404 Not Found", .notFound), ("401 Unauthorized", .unauthenticated),
            ("403 Forbidden", .permissionDenied), ("429 Too Many Requests", .resourceExhausted),
            ("418 I'm a teapot", .invalidArgument), ("204 No Content", .unknown),
            ("304 Not Modified", .invalidArgument),
        ])
    func status(_ status: String, code: RPCFault.Code) async throws {
        let body = status.hasPrefix("204") || status.hasPrefix("304") ? "" : "<html>no</html>"
        let told = try await told(Self.answer(status, "text/html", body))
        #expect(told?.code == code)
        #expect(told?.message.hasPrefix("HOST answered \(status.prefix(3))") == true)
        #expect(told?.message.contains("html") == false)
    }

    @Test("a fault is told in the service's words, whatever the status")
    func saidFault() async throws {
        let said = RPCFault(.failedPrecondition, "é \"not\" yet")
        let json = "application/json"
        let other = try await told(Self.answer("400 Bad Request", json, said.statusJSON))
        #expect(other == said)
        for body in [
            #"{"code":0,"message":"fine"}"#, #"{"code":99,"message":"?"}"#, #"{"code":5}"#,
            #"{"message":"no"}"#, "[]", "null", "{", "",
        ] {
            let told = try await told(Self.answer("400 Bad Request", json, body))
            #expect(told?.code == .invalidArgument, "\(body)")
            #expect(told?.message.hasPrefix("HOST answered 400 ") == true, "\(body)")
        }
    }

    @Test("a redirect is not followed: it is said where it leads")
    func redirect() async throws {
        let told = try await told(
            Self.answer(
                "301 Moved Permanently", "text/plain", "",
                headers: "location: https://elsewhere.example/v1\r\n"))
        #expect(told?.code == .invalidArgument)
        #expect(
            told?.message
                == "HOST answered 301 Moved Permanently: use https://elsewhere.example/v1")
    }

    @Test(
        "an answer that is not the method's is INTERNAL",
        arguments: ["<html></html>", "", "[]", "null", #"{"confidence":"high"}"#, #"{"regime":"#])
    func otherAnswer(body: String) async throws {
        let told = try await told(Self.answer("200 OK", "application/json", body))
        #expect(told?.code == .internalError)
        #expect(told?.message == "HOST answered what is no bloasis.market_regime.RegimeResponse")
    }

    @Test("what a newer server adds is passed over")
    func newer() async throws {
        let body = #"{"regime":"crisis","mood":{"of":["the",1,"day"]}}"#
        let server = try Self.server(Self.answer("200 OK", "application/json", body))
        try await World.withCalls(.http, to: server.port) { calls in
            let answer = try await RemoteMarketRegime(calls).getCurrentRegime(Asked())
            #expect(answer.regime == "crisis")
        }
    }

    @Test("an answer above the limit is refused, one at the limit is read")
    func tooMuch() async throws {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: "
        let announced = try await told("\(head)\(CallLimits.messageBytes + 1)\r\n\r\n{}")
        #expect(announced?.code == .resourceExhausted)
        let body = "{}" + String(repeating: " ", count: CallLimits.messageBytes - 2)
        let server = try Self.server("\(head)\(body.utf8.count)\r\n\r\n\(body)")
        try await World.withCalls(.http, to: server.port) { calls in
            let answer = try await RemoteMarketRegime(calls).getCurrentRegime(Asked())
            #expect(answer == .init())
        }
    }

    @Test(
        "an answer that breaks off is no answer",
        arguments: [
            "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"regime\":",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"reg",
            "HTTP/1.1 200 OK\r\ncontent-le", "HTTP/1.1 2",
        ])
    func brokenOff(text: String) async throws {
        let told = try await told(text)
        #expect(told == .nobody(at: "HOST"))
    }

    @Test("a body that stalls is waited for until the caller's deadline")
    func stalled() async throws {
        let server = try RawServer { peer in
            _ = peer.receive()
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".utf8)
            peer.ignore()
        }
        try await World.withCalls(.http, to: server.port) { calls in
            let soon = CallContext(deadline: .now + .milliseconds(200))
            let told = await CallContext.$current.withValue(soon) {
                await fault {
                    try await RemoteMarketRegime(calls).getCurrentRegime(Asked())
                }
            }
            #expect(told == .overdue)
        }
    }

    @Test(
        "a stream of something else does not begin",
        arguments: [("text/html", "<html></html>"), ("application/json", "{}")])
    func otherStream(type: String, body: String) async throws {
        let server = try Self.server(Self.answer("200 OK", type, body))
        try await World.withCalls(.http, to: server.port) { calls in
            let told = await fault {
                try await RemoteMarketRegime(calls).streamRegimeChanges(.init())
            }
            #expect(told?.code == .internalError)
            #expect(told?.message.hasSuffix("answered what is no event stream") == true)
        }
    }

    @Test(
        "events that are none end the stream with a fault",
        arguments: [
            ("data: {}\n\ndata: <html>\n\n", RPCFault.Code.internalError),
            ("data: {}\n\nevent: error\ndata: oops\n\n", .unknown),
            (
                "data: {}\n\n:" + String(repeating: "x", count: EventLines.eventLimitBytes),
                .resourceExhausted
            ),
        ])
    func otherEvents(events: String, code: RPCFault.Code) async throws {
        let server = try Self.server(Self.answer("200 OK", "text/event-stream", events))
        try await World.withCalls(.http, to: server.port) { calls in
            let stream = try await RemoteMarketRegime(calls).streamRegimeChanges(.init())
            var iterator = stream.makeAsyncIterator()
            let first = try await iterator.next()
            #expect(first == FakeService.Change())
            let told = await fault { try await iterator.next(isolation: #isolation) }
            #expect(told?.code == code)
        }
    }

    @Test("events of notifications are read by their names; others are passed over")
    func notifications() async throws {
        let events = """
            retry: 2000

            event: resumed
            data: {"answer":"replaying","after":"3","last":"9","more":1}

            event: later
            data: [1]

            id: 5
            event: notification
            data: {"notificationId":"5","title":"SPX: Bull → Crisis"}

            event: notification
            data: [1]


            """
        let server = try Self.server(Self.answer("200 OK", "text/event-stream", events))
        try await World.withCalls(.http, to: server.port) { calls in
            let stream = try await RemoteNotification(calls).streamNotifications(.init())
            var iterator = stream.makeAsyncIterator()
            let first = try await iterator.next()
            #expect(first?.type == "resumed" && first?.resumed.answer == "replaying")
            #expect(first?.resumed.last == "9" && first?.hasNotification == false)
            let second = try await iterator.next()
            #expect(second?.type == "notification" && second?.hasResumed == false)
            #expect(second?.notification.title == "SPX: Bull → Crisis")
            let told = await fault { try await iterator.next(isolation: #isolation) }
            #expect(told?.code == .internalError)
        }
    }
}
