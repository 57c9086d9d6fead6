import Redis
import TestSupport
import Testing

@Suite("A client of Redis")
struct ClientTests {
    private func client(_ limits: RedisLimits = .patient) async throws -> RedisClient {
        try RedisClient(await RedisServer.shared.value.url, limits)
    }

    @Test func valuesArriveByteForByte() async throws {
        let client = try await client()
        var generator = SplitMix64(seed: 5)
        let large = (0..<1 << 20).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        let values: [[UInt8]] = [
            [], [0], Array("\r\n$-1\r\n%s %b\0".utf8), Array(0...255), large,
        ]
        for value in values {
            let key = RedisArgument.bytes(Array("values\r\n\0".utf8))
            try await client.send(RedisCommand("SET", key, .bytes(value)))
            #expect(try await client.send(RedisCommand("GET", key)).bytes == value)
            #expect(
                try await client.send(RedisCommand("STRLEN", key)).int64 == Int64(value.count))
        }
        #expect(try await client.get("values: none") == nil)
    }

    @Test func everyKindOfReplyIsRead() async throws {
        let client = try await client()
        #expect(try await client.send(RedisCommand("PING")) == .simple("PONG"))
        let numbers = RedisCommand(
            "EVAL", .text("return {1, -2, 'x', {}, {false, 'y'}, redis.status_reply('OK')}"),
            .integer(0))
        #expect(
            try await client.send(numbers)
                == .array([
                    .integer(1), .integer(-2), .bulk(Array("x".utf8)), .array([]),
                    .array([.null, .bulk(Array("y".utf8))]), .simple("OK"),
                ]))
        let extremes = try await client.pipeline(
            [Int64.min, .max].map {
                RedisCommand("INCRBY", .text("extremes \($0)"), .integer($0))
            })
        #expect(try extremes.map { try $0.int64 } == [.min, .max])
    }

    @Test func aReplyOfAnotherKindIsNotMisread() async throws {
        let client = try await client()
        let reply = try await client.send(RedisCommand("ECHO", .text("s3cret")))
        let error = #expect(throws: RedisError.self) { try reply.int64 }
        #expect(
            "\(try #require(error))" == "Redis answered a string of 6 bytes instead of an integer")
        #expect(throws: RedisError.self) { try reply.elements }
        #expect(throws: RedisError.self) { try RedisReply.integer(1).bytes }
    }

    @Test func tenThousandCallersGetTheirOwnReplies() async throws {
        let client = try await client()
        let wrong = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<10_000 {
                group.addTask { (try? await client.echo("\(number)")) != "\(number)" }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wrong == 0)
    }

    @Test func commandsOfOneCallKeepTogether() async throws {
        let client = try await client()
        try await withThrowingTaskGroup { group in
            for caller in 0..<50 {
                group.addTask {
                    let key = RedisArgument.text("together")
                    let replies = try await client.pipeline([
                        RedisCommand("SET", key, .integer(Int64(caller))),
                        RedisCommand("INCR", key), RedisCommand("INCRBY", key, .text("x")),
                        RedisCommand("GET", key),
                    ])
                    #expect(replies.count == 4)
                    #expect(replies[1] == .integer(Int64(caller) + 1))
                    guard case .error(let fault) = replies[2] else {
                        Issue.record("\(replies[2])")
                        return
                    }
                    #expect(fault.code == "ERR")
                    #expect(replies[3].text == "\(caller + 1)")
                }
            }
            try await group.waitForAll()
        }
        #expect(try await client.pipeline([]).isEmpty)
    }

    @Test func anErrorHasItsCodeAndMessage() async throws {
        let client = try await client()
        let error = await failure { try await client.send(RedisCommand("NONSENSE", .text("x"))) }
        guard case .refused(let server, let fault)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(server == client.target.description && fault.code == "ERR")
        #expect(fault.message.hasPrefix("unknown command") && !fault.isRetriable)
        try await client.send(RedisCommand("LPUSH", .text("list"), .text("x")))
        let kind = await failure { try await client.get("list") }
        guard case .refused(_, let fault)? = kind else {
            Issue.record("\(String(describing: kind))")
            return
        }
        #expect(fault.code == "WRONGTYPE")
        #expect(try await client.echo("still here") == "still here")
    }

    @Test(arguments: [
        ("LOADING Redis is loading", "LOADING", "Redis is loading", true),
        ("OOM command not allowed", "OOM", "command not allowed", false),
        ("READONLY You can't write", "READONLY", "You can't write", false),
        ("BUSY", "BUSY", "", true), ("max clients reached", "ERR", "max clients reached", false),
        ("", "ERR", "", false),
    ])
    func faultsAreReadFromTheirLines(
        line: String, code: String, message: String, isRetriable: Bool
    ) {
        let fault = RedisFault(line: line)
        #expect(fault.code == code && fault.message == message)
        #expect(fault.isRetriable == isRetriable)
        #expect(RedisError.refused(server: "s", fault).isRetriable == isRetriable)
    }

    @Test func anotherClientSeesWhatWasWritten() async throws {
        let server = try await RedisServer.shared.value
        let client = try await client()
        try await client.set("seen", #"{"regime": "crisis"}"#)
        #expect(try await server.cli("get", "seen") == #"{"regime": "crisis"}"#)
        _ = try await server.cli("set", "seen", "ünï")
        #expect(try await client.get("seen") == Array("ünï".utf8))
        #expect(try await server.cli("client", "list").contains("name=bloasis"))
    }

    @Test func aDatabaseIsChosenByTheAddress() async throws {
        let server = try await RedisServer.shared.value
        let (zero, three) = (try RedisClient(server.url), try RedisClient(server.url + "/3"))
        try await three.set("which", "three")
        #expect(try await zero.get("which") == nil)
        #expect(try await server.cli("-n", "3", "get", "which") == "three")
        let error = await failure { try await RedisClient(server.url + "/999").echo("x") }
        guard case .refused(_, let fault)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(fault.message.contains("out of range"))
    }

    @Test func passwordsAreGivenAndNeverShown() async throws {
        let server = try await RedisServer(password: "s3cret")
        #expect(try await RedisClient(server.url).echo("x") == "x")
        _ = try await server.cli("acl", "setuser", "ann", "on", ">s3same:/@", "~*", "+@all")
        let ann = try RedisClient("redis://ann:s3same%3A%2F%40@127.0.0.1:\(server.port)")
        #expect(try await ann.send(RedisCommand("ACL", .text("WHOAMI"))).text == "ann")
        for (login, code) in [
            (":s3wrong@", "WRONGPASS"), ("ann:s3wrong@", "WRONGPASS"), ("", "NOAUTH"),
        ] {
            let client = try RedisClient("redis://\(login)127.0.0.1:\(server.port)")
            let error = await failure { try await client.echo("x") }
            guard case .refused(_, let fault)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(fault.code == code)
            var dumped = ""
            dump(client, to: &dumped)
            #expect(!"\(try #require(error))\(dumped)".contains("s3"))
        }
        try await server.stop()
    }

    @Test func aClosedClientSaysSo() async throws {
        let client = try await client()
        #expect(try await client.echo("x") == "x")
        async let waiting = failure {
            try await client.send(
                RedisCommand("BLPOP", .text("nothing comes"), .integer(0)))
        }
        try await eventually { try await blocked("nothing comes") }
        client.close()
        let closed = RedisError.closed(server: client.target.description)
        #expect(await waiting == closed)
        #expect(await failure { try await client.echo("x") } == closed)
        client.close()
    }

    private func blocked(_ key: String) async throws -> Bool {
        let server = try await RedisServer.shared.value
        return try await server.cli("client", "list").contains("cmd=blpop")
    }
}
