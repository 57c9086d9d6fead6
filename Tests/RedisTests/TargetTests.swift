import Redis
import Testing

@Suite("Addresses of Redis")
struct TargetTests {
    @Test(arguments: [
        ("redis://ann:s3cret@cache.example:6380/3", "cache.example:6380/3"),
        ("redis://cache.example", "cache.example:6379/0"),
        ("REDIS://cache.example/", "cache.example:6379/0"),
        ("redis://:s3cr%2Fet@cache.example/1", "cache.example:6379/1"),
        ("redis://s3cret@cache.example", "cache.example:6379/0"),
        ("redis://ann:s3@cret@[::1]:7000/2", "[::1]:7000/2"),
        ("redis://[fe80::1]", "[fe80::1]:6379/0"),
    ])
    func aTargetIsNamedWithoutItsSecrets(url: String, name: String) throws {
        let target = try RedisTarget(url: url)
        #expect(target.description == name && "\(target)" == name)
        var dumped = ""
        dump(target, to: &dumped)
        #expect(!dumped.contains("s3") && !String(reflecting: target).contains("s3"))
    }

    @Test(arguments: [
        "http://ann:s3cret@cache", "cache.example:6379", "redis://ann:s3cret@[::1", "", "redis://",
        "redis://ann:s3cret@cache:65536", "redis://ann:s3cret@cache:0", "redis://cache:",
        "redis://ann:s3%zzcret@cache", "redis://ann:s3%fFcret@cache", "redis://ann:s3cret@:6379",
        "redis://ann:s3cret@cache/x", "redis://ann:s3cret@cache/1/2", "redis://cache/-1",
        "redis://cache/?db=s3", "redis://cache:6379999999999999999999", "redis://[::1]s3",
        "redis://ann:s3#cret@cache", "redis://ca\nche", "redis://ann:\u{301}s3%zz@h",
    ])
    func anUnreadableAddressIsRefusedAndNotRepeated(url: String) {
        let error = #expect(throws: RedisError.self) { try RedisTarget(url: url) }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("redis://user:password@host:6379/0"))
        #expect(!text.contains("s3"), "\(text)")
    }

    @Test func encryptionIsRefusedInWords() {
        let error = #expect(throws: RedisError.self) {
            try RedisTarget(url: "rediss://ann:s3cret@cache")
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("TLS") && !text.contains("s3cret"))
    }

    @Test func hostAndPortAreAnAddress() throws {
        #expect("\(try RedisTarget(host: "cache", port: 1))" == "cache:1/0")
        #expect(throws: RedisError.self) { try RedisTarget(host: "", port: 1) }
        #expect(throws: RedisError.self) { try RedisTarget(host: "cache", port: 65_536) }
    }

    @Test func aCommandIsNamedWithoutItsOperands() {
        let command = RedisCommand("AUTH", .text("s3cret"), .bytes([1]), .integer(2))
        var dumped = ""
        dump(command, to: &dumped)
        #expect("\(command)" == "AUTH" && !dumped.contains("s3cret"))
    }
}
