import Redis
import TestSupport
import Testing

@Suite("Scripts of Redis")
struct ScriptTests {
    private let script = RedisScript(
        "redis.call('SET', KEYS[1], ARGV[1]); return redis.call('STRLEN', KEYS[1])")

    private func length(_ text: String, on client: RedisClient) async throws -> Int64 {
        try await script.run(on: client, keys: ["script"], [.text(text)]).int64
    }

    @Test func aScriptTravelsOnce() async throws {
        let server = try await RedisServer()
        let client = try RedisClient(server.url)
        for text in ["a", "ab", "\r\n\0"] {
            #expect(try await length(text, on: client) == Int64(text.utf8.count))
        }
        #expect(try await server.cli("info", "commandstats").contains("cmdstat_eval:calls=1"))
        #expect(try await server.cli("info", "commandstats").contains("cmdstat_evalsha:calls=2"))
        try await server.stop()
    }

    @Test func aServerThatForgotItIsGivenItAgain() async throws {
        let server = try await RedisServer()
        let client = try RedisClient(server.url)
        #expect(try await length("a", on: client) == 1)
        _ = try await server.cli("script", "flush")
        #expect(try await length("ab", on: client) == 2)
        #expect(try await length("abc", on: client) == 3)
        try await server.stop()
    }

    @Test func itsErrorsAreErrors() async throws {
        let client = try RedisClient(await RedisServer.shared.value.url)
        for source in ["return redis.error_reply('MINE not so')", "return redis.call('NONSENSE')"] {
            let script = RedisScript(source)
            for _ in 0..<2 {
                let error = await failure { try await script.run(on: client, keys: [], []) }
                guard case .refused? = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
            }
        }
        let broken = RedisScript("return return")
        #expect(await failure { try await broken.run(on: client, keys: [], []) } != nil)
    }
}
