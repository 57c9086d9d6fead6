import Market
package import Ports
package import Redis

/// The shared cache in Redis.
///
/// Under the contract's key lie exactly the value's bytes, so that whoever reads it sees JSON. Its
/// version lies under a companion key of the same lifetime, with a checksum of the value: a value
/// that a stranger wrote, or that was cut, does not match it and counts as absent. The version is
/// not read from the value's own JSON, because absences and fallbacks have none there, and because
/// a server's script cannot compare instants in nanoseconds, which do not fit its numbers.
///
/// The companion is asked alone whether a write is too old: so even after the value was evicted or
/// overwritten by a stranger, an older one does not come back. A companion that is itself not ours
/// is ignored and overwritten. Both keys are read, and written, in one step.
package struct RedisCache: SharedCache {
    /// Of one call, whatever the server does.
    package static let standardLimit = Duration.milliseconds(50)
    package static let channel = "bloasis:cache:invalidations"

    private let client: RedisClient
    /// Tells this instance's messages from others'.
    private let instance: String
    private let limit: Duration

    /// - Parameter instance: another one for each process, without spaces.
    package init(_ client: RedisClient, instance: String, limit: Duration = standardLimit) {
        self.client = client
        self.instance = instance
        self.limit = limit
    }

    // MARK: - Reading

    package func get(_ key: CacheKey) async throws -> CacheEntry? {
        let keys = [key.name, Companion.key(of: key)].map { RedisArgument.text($0) }
        let found = try await client.send(RedisCommand("MGET", keys), within: limit).elements
        guard found.count == 2, let value = try found[0].bytes,
            let companion = try found[1].bytes.flatMap(Companion.init),
            companion.checksum == Checksum.of(value)
        else { return nil }
        return CacheEntry(value: value, version: companion.version)
    }

    // MARK: - Writing

    /// `KEYS`: the value's and the companion's. `ARGV`: value, companion, lifetime in milliseconds,
    /// channel, message, and `1` for a write unless what is there is newer.
    ///
    /// Versions are digits of one width: the order of the texts is theirs.
    private static let write = RedisScript(
        """
        local isNews = true
        local held = redis.pcall('GET', KEYS[2])
        if ARGV[6] == '1' and type(held) == 'string' and #held == #ARGV[2]
            and string.match(held, '^%d+ %x+$') then
          local digits = \(Companion.versionDigits)
          local known, new = string.sub(held, 1, digits), string.sub(ARGV[2], 1, digits)
          if new < known then return 0 end
          isNews = new ~= known
        end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
        redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
        if isNews then redis.call('PUBLISH', ARGV[4], ARGV[5]) end
        return 1
        """)

    package func set(_ key: CacheKey, _ entry: CacheEntry, lifetime: Duration) async throws {
        try await write(key, entry, lifetime, ifNewer: false)
    }

    @discardableResult
    package func setIfNewer(
        _ key: CacheKey, _ entry: CacheEntry, lifetime: Duration
    ) async throws -> Bool {
        try await write(key, entry, lifetime, ifNewer: true)
    }

    @discardableResult
    private func write(
        _ key: CacheKey, _ entry: CacheEntry, _ lifetime: Duration, ifNewer: Bool
    ) async throws -> Bool {
        let companion = Companion(
            version: entry.version, checksum: Checksum.of(entry.value))
        let milliseconds = max(1, Int64(lifetime / .milliseconds(1)))
        let reply = try await Self.write.run(
            on: client, keys: [key.name, Companion.key(of: key)],
            [
                .bytes(entry.value), .text(companion.text), .integer(milliseconds),
                .text(Self.channel), .text(message(of: key)), .integer(ifNewer ? 1 : 0),
            ], within: limit)
        return try reply.int64 == 1
    }

    package func remove(_ key: CacheKey) async throws {
        let replies = try await client.pipeline(
            [
                RedisCommand("DEL", .text(key.name), .text(Companion.key(of: key))),
                RedisCommand("PUBLISH", .text(Self.channel), .text(message(of: key))),
            ], within: limit)
        for reply in replies { _ = try reply.int64 }
    }

    // MARK: - Invalidations

    private func message(of key: CacheKey) -> String { "\(instance) \(key.name)" }

    package func invalidations() -> AsyncStream<CacheInvalidation> {
        let subscription = client.subscribe(to: Self.channel)
        return AsyncStream {
            for await event in subscription {
                guard let news = heard(event) else { continue }
                return news
            }
            return nil
        }
    }

    /// `nil` for what this instance did itself.
    private func heard(_ event: RedisEvent) -> CacheInvalidation? {
        guard case .message(let payload) = event else { return .interrupted }
        let parts = payload.split(separator: UInt8(ascii: " "), maxSplits: 1)
        // A stranger's message tells at least that something was done.
        guard parts.count == 2, let name = String(validating: parts[1], as: UTF8.self) else {
            return .interrupted
        }
        return parts[0].elementsEqual(instance.utf8) ? nil : .key(CacheKey(name))
    }
}

/// What lies beside a value: its version and its checksum, as text of one width.
struct Companion: Equatable {
    /// Each of a version's three numbers, moved to where none is negative.
    static let numberDigits = 20
    static let versionDigits = 3 * numberDigits

    let version: CacheVersion
    let checksum: UInt64

    init(version: CacheVersion, checksum: UInt64) {
        self.version = version
        self.checksum = checksum
    }

    /// Neither a key of the contract nor a part of one has a `#` in it.
    static func key(of key: CacheKey) -> String { key.name + "#version" }

    var text: String {
        let numbers = [version.asOf.nanoseconds, version.revision, version.sequence]
        let digits = numbers.map { number in
            FixedDigits.text(
                UInt64(bitPattern: number) ^ (1 << 63), radix: 10, width: Companion.numberDigits)
        }
        return digits.joined() + " " + Checksum.text(checksum)
    }

    /// `nil` for what is not a companion's text.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Companion.versionDigits + 1 + Checksum.digits,
            bytes[Companion.versionDigits] == UInt8(ascii: " "),
            let asOf = Companion.number(0, of: bytes),
            let revision = Companion.number(1, of: bytes),
            let sequence = Companion.number(2, of: bytes),
            let checksum = FixedDigits.read(bytes.suffix(Checksum.digits), radix: 16)
        else { return nil }
        let version = CacheVersion(
            asOf: Timestamp(nanoseconds: asOf), revision: revision, sequence: sequence)
        self.init(version: version, checksum: checksum)
    }

    private static func number(_ index: Int, of bytes: [UInt8]) -> Int64? {
        let digits = bytes.dropFirst(index * numberDigits).prefix(numberDigits)
        return FixedDigits.read(digits, radix: 10).map { Int64(bitPattern: $0 ^ (1 << 63)) }
    }
}
