import Contracts
import Gateway
import HTTPServing
import Hosting
import Logging
import Ports
import ServiceLifecycle
import TestSupport
import Testing

@Suite("Notifications on a WebSocket", .timeLimit(.minutes(5)))
struct NotificationSocketTests {
    private let inbox = FakeInbox()

    /// Runs a gateway over an inbox while a test talks to its port.
    private func serving(
        endless: Bool = false, access: AccessControl = .off,
        _ change: (inout HTTPConfiguration) -> Void = { _ in },
        _ body: (Int, ServiceGroup) async throws -> Void
    ) async throws {
        var configuration = HTTPConfiguration(host: "127.0.0.1", port: 0, serviceName: "test")
        configuration.heartbeatInterval = .seconds(60)
        configuration.socketCloseLimit = .milliseconds(50)
        change(&configuration)
        let descriptors = try ServiceDescriptors()
        let routes = try MethodRoutes(
            inbox.methods(endless: endless).map { $0.guarded(by: access) }, descriptors,
            configuration: configuration,
            answers: ContentAnswers(thresholdBytes: 1_024, compressing: nil))
        let (ports, port) = AsyncStream<Int>.makeStream()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let listener = HTTPListener(
            configuration,
            operations: OperationRoutes(serviceName: "test", readiness: { [] }, metrics: { "" }),
            logger: logger, onRunning: { port.yield($0) }, routes: { routes.add(to: $0) })
        let group = ServiceGroup(services: [listener], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body(try #require(await ports.first { _ in true }), group)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// The status line's code, of a request that is not answered 101.
    private func refusal(_ port: Int, _ path: String, _ fields: String = "") async throws -> String
    {
        let connection = try RawConnection(to: port)
        connection.send(WebSocketBytes.request(path, fields))
        return String(decoding: await connection.rest(), as: UTF8.self)
    }

    @Test("what is told comes as messages, in its order")
    func messages() async throws {
        try await serving { port, _ in
            let socket = try await RawSocket(
                to: port, "/ws?user_id=ada&after=3", "Sec-WebSocket-Protocol: bloasis.v1\r\n")
            #expect(socket.head.contains("Sec-WebSocket-Protocol: bloasis.v1\r\n"))
            let source = try await inbox.nextSource()
            source.yield(FakeInbox.resumed())
            source.yield(FakeInbox.notification(4))
            source.yield(FakeInbox.notification(5))
            for text in [
                #"{"type":"resumed","data":{"answer":"from_now"}}"#,
                #"{"type":"notification","data":{"notificationId":"4"}}"#,
                #"{"type":"notification","data":{"notificationId":"5"}}"#,
            ] {
                #expect(await socket.next() == .text(text))
            }
            #expect(inbox.asked.map(\.userID) == ["ada"])
            #expect(inbox.asked.map(\.after) == ["3"])
            source.finish()
            #expect(await socket.next() == .close(1_000))
        }
    }

    @Test("it resumes behind the parameter that stands for the header, before the field")
    func resuming() async throws {
        try await serving { port, _ in
            _ = try await RawSocket(to: port, "/ws?after=3&lastEventId=4")
            _ = try await RawSocket(to: port, "/ws?after=3", "Last-Event-ID: 5\r\n")
            try await eventually { inbox.asked.count == 2 }
            #expect(inbox.asked.map(\.after).sorted() == ["4", "5"])
        }
    }

    @Test("an acknowledgement is answered; whatever else is said is an error, and it goes on")
    func acknowledging() async throws {
        try await serving { port, _ in
            let socket = try await RawSocket(to: port, "/ws?user_id=ada")
            let source = try await inbox.nextSource()
            socket.send(#"{"type":"acknowledge","data":{"notificationId":"7"}}"#)
            #expect(
                await socket.next()
                    == .text(#"{"type":"acknowledged","data":{"notificationId":"7"}}"#))
            #expect(inbox.acknowledged.map(\.userID) == ["ada"])
            for (text, words) in [
                ("", "is not JSON"), ("[]", "has no type"), (#"{"type":1}"#, "has no type"),
                (#"{"type":"subscribe","data":{}}"#, "'subscribe'"),
                (#"{"type":"acknowledge"}"#, "has no data"),
                (#"{"type":"acknowledge","data":[]}"#, "has no data"),
                (#"{"type":"acknowledge","data":{"id":"7"}}"#, "unknown field 'id'"),
                (
                    #"{"type":"acknowledge","data":{"notificationId":"8"}}"#,
                    "no such notification"
                ),
            ] {
                socket.send(text)
                guard case .text(let told) = await socket.next() else {
                    Issue.record("no answer to \(text)")
                    return
                }
                #expect(told.hasPrefix(#"{"type":"error","data":{"code":"#), "\(told)")
                #expect(told.contains(words), "\(told)")
            }
            source.yield(FakeInbox.notification(9))
            #expect(
                await socket.next()
                    == .text(#"{"type":"notification","data":{"notificationId":"9"}}"#))
        }
    }

    @Test("a source that fails says so, and the socket ends")
    func failing() async throws {
        try await serving { port, _ in
            for (fault, code) in [
                (RPCFault(.unavailable, "the store is away"), 1_011),
                (RPCFault(.permissionDenied, "no more"), 1_008),
            ] as [(RPCFault, UInt16)] {
                let socket = try await RawSocket(to: port, "/ws")
                try await inbox.nextSource().finish(throwing: fault)
                #expect(
                    await socket.next() == .text(#"{"type":"error","data":\#(fault.statusJSON)}"#))
                #expect(await socket.next() == .close(code))
                #expect(await socket.next() == .over)
            }
        }
    }

    @Test("a client that goes away ends its stream at the source, and its place is free again")
    func leaving() async throws {
        try await serving {
            $0.streamsLimit = 1
        } _: { port, _ in
            for isOrderly in [true, false] {
                let socket = try await opened(port)
                _ = try await inbox.nextSource()
                let told = try await refusal(port, "/ws")
                #expect(told.hasPrefix("HTTP/1.1 503 "), "\(told)")
                #expect(told.contains("\r\nRetry-After: 5\r\n"), "\(told)")
                if isOrderly {
                    socket.send(WebSocketBytes.close(1_000))
                    #expect(await socket.next() == .close(1_000))
                } else {
                    socket.connection.end()
                }
                await inbox.streamEnded()
            }
            _ = try await opened(port)
        }
    }

    /// A socket, as soon as there is a place for it.
    private func opened(_ port: Int) async throws -> RawSocket {
        while true {
            let socket = try await RawSocket(to: port, "/ws")
            if socket.head.hasPrefix("HTTP/1.1 101 ") { return socket }
        }
    }

    @Test("in a shutdown it ends with 1001")
    func shutdown() async throws {
        try await serving { port, group in
            let socket = try await RawSocket(to: port, "/ws")
            _ = try await inbox.nextSource()
            await group.triggerGracefulShutdown()
            #expect(await socket.next() == .close(1_001))
        }
    }

    @Test(
        "a source is asked for the next only when there is room, and who reads nothing is dropped")
    func backPressure() async throws {
        try await serving(endless: true) {
            $0.socketStallLimit = .milliseconds(200)
            $0.streamsLimit = 2
        } _: { port, _ in
            let slow = try await RawSocket(to: port, "/ws")
            let other = try await RawSocket(to: port, "/ws")
            // One that reads is delayed by nobody.
            for _ in 0..<100 {
                guard case .text = await other.next() else {
                    Issue.record("no message")
                    return
                }
            }
            // The place of one that is dropped.
            _ = try await opened(port)
            withExtendedLifetime(slow) {}
            // What the system takes for who does not read, and no more.
            #expect(inbox.taken < 1_000)
        }
    }

    @Test("messages count as requests do where those are limited")
    func rate() async throws {
        try await serving {
            $0.rate = RateLimit(perSecond: 1)
        } _: { port, _ in
            let socket = try await RawSocket(to: port, "/ws")
            let message = #"{"type":"acknowledge","data":{"notificationId":"7"}}"#
            var refused = 0
            for _ in 0..<10 {
                socket.send(message)
                guard case .text(let told) = await socket.next() else { break }
                if told.contains("too many messages") { refused += 1 }
            }
            #expect(refused > 0 && refused < 10)
        }
    }

    // MARK: Who may listen

    @Test("a token comes in the header or as a subprotocol, never selected, and never twice")
    func tokens() async throws {
        let token = "ada-token"
        let access = AccessControl(
            verifier: InMemoryTokenVerifier([token: Principal(subject: "ada", scopes: [.user])]))
        try await serving(access: access) { port, _ in
            let path = "/ws?user_id=ada"
            let protocols = "Sec-WebSocket-Protocol: bloasis.v1, bearer.\(token)\r\n"
            let header = "Authorization: Bearer \(token)\r\n"
            for fields in [protocols, header] {
                let socket = try await RawSocket(to: port, path, fields)
                #expect(socket.head.hasPrefix("HTTP/1.1 101 "))
                #expect(!socket.head.contains(token))
                socket.send(#"{"type":"acknowledge","data":{"notificationId":"7"}}"#)
                #expect(
                    await socket.next()
                        == .text(#"{"type":"acknowledged","data":{"notificationId":"7"}}"#))
                // Whose it is not.
                socket.send(
                    #"{"type":"acknowledge","data":{"notificationId":"7","userId":"eve"}}"#)
                guard case .text(let told) = await socket.next() else {
                    Issue.record("no answer")
                    return
                }
                #expect(told.hasPrefix(#"{"type":"error","data":{"code":7,"#), "\(told)")
            }
            for (path, fields, status) in [
                (path, "", 401), ("/ws?user_id=eve", header, 403),
                (path, "Sec-WebSocket-Protocol: bloasis.v1, bearer.other\r\n", 401),
                (path, protocols + header, 400),
                (path, "Sec-WebSocket-Protocol: chat\r\n", 400),
                (path, "Sec-WebSocket-Protocol: bearer.\(token)\r\n", 400),
                ("/ws?user_id=ada&token=\(token)", "", 401),
            ] {
                let told = try await refusal(port, path, fields)
                #expect(told.hasPrefix("HTTP/1.1 \(status) "), "\(told)")
                #expect(!told.contains(token), "\(told)")
            }
        }
    }

    @Test("what comes as the body of a request is not taken for what a client says")
    func body() async throws {
        try await serving { port, _ in
            for field in ["Content-Length: 51", "Transfer-Encoding: chunked"] {
                let told = try await refusal(port, "/ws?user_id=ada", "\(field)\r\n")
                #expect(told.hasPrefix("HTTP/1.1 400 "), "\(told)")
            }
        }
    }
}
