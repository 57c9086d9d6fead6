import Synchronization

/// A Lua script that servers keep by its SHA-1, so that it travels once.
package final class RedisScript: Sendable {
    package let source: String
    /// As the first server named it; the same for all.
    private let digest = Mutex<String?>(nil)

    package init(_ source: String) {
        self.source = source
    }

    /// Runs the script as one step of the server.
    ///
    /// - Parameters:
    ///   - keys: `KEYS`: every key that the script touches.
    ///   - arguments: `ARGV`.
    /// - Throws: as `RedisClient.send`.
    package func run(
        on client: RedisClient, keys: [String], _ arguments: [RedisArgument],
        within limit: Duration? = nil
    ) async throws -> RedisReply {
        let operands =
            [.integer(Int64(keys.count))] + keys.map { RedisArgument.text($0) } + arguments
        let whole = RedisCommand("EVAL", [.text(source)] + operands)
        guard let digest = digest.withLock({ $0 }) else {
            return try await introduce(whole, to: client, within: limit)
        }
        do {
            return try await client.send(
                RedisCommand("EVALSHA", [.text(digest)] + operands), within: limit)
        } catch RedisError.refused(_, let fault) where fault.code == "NOSCRIPT" {
            // Nothing was done; the server keeps the script from here on.
            return try await client.send(whole, within: limit)
        }
    }

    private func introduce(
        _ whole: RedisCommand, to client: RedisClient, within limit: Duration?
    ) async throws -> RedisReply {
        let load = RedisCommand("SCRIPT", .text("LOAD"), .text(source))
        let replies = try await client.pipeline([load, whole], within: limit)
        if let name = replies.first?.text { digest.withLock { $0 = name } }
        guard let reply = replies.last else {
            throw RedisError.unexpectedReply(wanted: "a reply", got: "none")
        }
        if case .error(let fault) = reply {
            throw RedisError.refused(server: client.target.description, fault)
        }
        return reply
    }
}
