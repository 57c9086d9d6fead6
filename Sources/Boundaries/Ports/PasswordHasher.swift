package import Accounts
package import Market

/// What a password is, held against a hash.
package enum PasswordCheck: Equatable, Sendable {
    case wrong
    case right
    /// Right, and the hash is weaker than those made now: hash it anew.
    case rightButWeak
}

/// Why a password cannot be hashed or looked at.
package enum PasswordHashingError: Error, Equatable, Sendable {
    /// The hash was made by a function, or with parameters, that are not known here.
    case unreadableHash
    /// Too many wait: hashing costs memory and time, on purpose.
    case crowded
}

extension PasswordHashingError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadableHash:
            "the account's password hash cannot be read: have the password set anew"
        case .crowded: "too many are logging in at once: try again in a moment"
        }
    }
}

/// Hashes passwords so that whoever has the hashes cannot guess them.
package protocol PasswordHasher: Sendable {
    /// - Throws: `PasswordHashingError.crowded`.
    func hash(_ password: Password) async throws -> PasswordHash

    /// - Throws: `PasswordHashingError`.
    func check(_ password: Password, against hash: PasswordHash) async throws -> PasswordCheck

    /// Takes as long as a check: so whoever tries names cannot tell which there are.
    func pretend() async throws
}

/// A pair of tokens' first half is signed, so that every service can verify it by itself.
package protocol TokenIssuer: Sendable {
    /// An access token, with what `TokenVerifier` reads from it.
    func accessToken(
        for principal: Principal, session: SessionID, from start: Timestamp,
        lifetimeSeconds: Int64
    ) async throws -> String
}
