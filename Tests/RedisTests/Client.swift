import Foundation
import Redis
import TestSupport

/// Far longer than anything takes that is not meant to.
let patience = Duration.seconds(60)

extension RedisLimits {
    static var patient: RedisLimits {
        var limits = RedisLimits()
        limits.call = patience
        limits.connect = patience
        limits.silence = patience
        limits.reconnect = ReconnectSchedule(
            base: .milliseconds(5), limit: .milliseconds(50))
        return limits
    }
}

extension RedisClient {
    convenience init(
        _ url: String, _ limits: RedisLimits = .patient,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) throws {
        self.init(
            try RedisTarget(url: url), limits, RedisEnvironment(now: now, chance: { 0.5 }))
    }

    convenience init(port: Int, _ limits: RedisLimits = .patient) throws {
        try self.init("redis://127.0.0.1:\(port)", limits)
    }

    func get(_ key: String) async throws -> [UInt8]? {
        try await send(RedisCommand("GET", .text(key))).bytes
    }

    func set(_ key: String, _ value: String) async throws {
        try await send(RedisCommand("SET", .text(key), .text(value)))
    }

    func echo(_ text: String, within limit: Duration? = nil) async throws -> String? {
        try await send(RedisCommand("ECHO", .text(text)), within: limit).text
    }
}

/// What `body` throws.
func failure(_ body: () async throws -> some Any) async -> RedisError? {
    do {
        _ = try await body()
        return nil
    } catch { return error as? RedisError }
}
