package import Accounts
import Foundation
package import Ports
import Synchronization

/// Hashes passwords with scrypt (RFC 7914), a few at a time on threads of its own: each takes
/// `ScryptCost.memoryBytes`, and would keep others waiting for theirs.
package final class ScryptHasher: PasswordHasher {
    package struct Limits: Sendable {
        /// Hashes made at a time.
        package var atOnce = 2
        /// Callers that wait or are served; one more is refused at once.
        package var callers = 32

        package init() {}
    }

    private let cost: ScryptCost
    private let limits: Limits
    private let queue = OperationQueue()
    private let callers = Mutex(0)
    private let salt: @Sendable () -> [UInt8]

    /// - Parameters:
    ///   - cost: of hashes made from now on; those that are weaker are told to be.
    ///   - salt: `ScryptHasher.saltBytes` bytes by chance.
    package init(
        _ cost: ScryptCost = .standard, _ limits: Limits = Limits(),
        salt: @escaping @Sendable () -> [UInt8]
    ) {
        (self.cost, self.limits, self.salt) = (cost, limits, salt)
        queue.maxConcurrentOperationCount = limits.atOnce
    }

    package static let saltBytes = ScryptHash.saltBytes

    package func hash(_ password: Password) async throws -> PasswordHash {
        let (salt, cost) = (salt(), cost)
        return try await aside {
            PasswordHash(try ScryptHash(password, salt: salt, cost: cost).text)
        }
    }

    package func check(
        _ password: Password, against hash: PasswordHash
    ) async throws -> PasswordCheck {
        guard let known = ScryptHash(hash.exposed) else {
            throw PasswordHashingError.unreadableHash
        }
        let cost = cost
        return try await aside {
            let shown = try ScryptHash(
                password, salt: known.salt, cost: known.cost, keyBytes: known.key.count)
            guard shown.isSame(as: known) else { return .wrong }
            let isWeak =
                known.cost.isWeaker(than: cost) || known.salt.count < ScryptHash.saltBytes
                || known.key.count < ScryptHash.keyBytes
            return isWeak ? .rightButWeak : .right
        }
    }

    package func pretend() async throws { _ = try await hash(Password("")) }

    /// Away from the threads that everybody else's work is done on.
    private func aside<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let isCrowded = callers.withLock { callers in
            guard callers < limits.callers else { return true }
            callers += 1
            return false
        }
        guard !isCrowded else { throw PasswordHashingError.crowded }
        defer { callers.withLock { $0 -= 1 } }
        return try await withCheckedThrowingContinuation { continuation in
            queue.addOperation { continuation.resume(with: Result(catching: body)) }
        }
    }
}
