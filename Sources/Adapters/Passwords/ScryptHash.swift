import Accounts
import Crypto
import CryptoExtras
import Foundation
import Ports

/// What scrypt is told (RFC 7914, section 2).
package struct ScryptCost: Hashable, Sendable {
    /// log₂ of N.
    package let logRounds: Int
    /// r, in units of 128 bytes.
    package let blockSize: Int
    /// p.
    package let parallelism: Int

    /// `nil` where a hash would demand more than a server has to give, or is none at all: hashes
    /// are read from a store.
    package init?(logRounds: Int, blockSize: Int, parallelism: Int) {
        guard (1...20).contains(logRounds), (1...32).contains(blockSize),
            (1...16).contains(parallelism)
        else { return nil }
        self.logRounds = logRounds
        self.blockSize = blockSize
        self.parallelism = parallelism
        guard memoryBytes <= ScryptCost.memoryLimitBytes else { return nil }
    }

    private init(strong: Void) { (logRounds, blockSize, parallelism) = (17, 8, 1) }

    private static let memoryLimitBytes = 1 << 28

    /// 128 MiB: what OWASP's cheat sheet on password storage asks of scrypt.
    package static let standard = ScryptCost(strong: ())

    /// What one hash needs.
    package var memoryBytes: Int { 128 * blockSize << logRounds }

    /// What guessing costs, in blocks that are mixed.
    private var work: Int { (blockSize << logRounds) * parallelism }

    func isWeaker(than other: ScryptCost) -> Bool {
        memoryBytes < other.memoryBytes || work < other.work
    }
}

/// A scrypt hash in PHC's string format: `$scrypt$ln=17,r=8,p=1$<salt>$<hash>`, with base64
/// without padding.
struct ScryptHash: Equatable {
    let cost: ScryptCost
    let salt: [UInt8]
    let key: [UInt8]

    static let saltBytes = 16
    static let keyBytes = 32

    /// `nil`: it was made by something else.
    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt",
            let cost = ScryptHash.cost(parts[2]),
            let salt = ScryptHash.bytes(parts[3]), (8...64).contains(salt.count),
            let key = ScryptHash.bytes(parts[4]), (16...64).contains(key.count)
        else { return nil }
        (self.cost, self.salt, self.key) = (cost, salt, key)
    }

    /// Takes long and much memory, on purpose.
    init(_ password: Password, salt: [UInt8], cost: ScryptCost, keyBytes: Int = keyBytes) throws {
        (self.cost, self.salt) = (cost, salt)
        let derived = try KDF.Scrypt.deriveKey(
            from: Array(password.exposed.utf8), salt: salt, outputByteCount: keyBytes,
            rounds: 1 << cost.logRounds, blockSize: cost.blockSize,
            parallelism: cost.parallelism)
        key = derived.withUnsafeBytes { Array($0) }
    }

    var text: String {
        "$scrypt$ln=\(cost.logRounds),r=\(cost.blockSize),p=\(cost.parallelism)"
            + "$\(ScryptHash.text(salt))$\(ScryptHash.text(key))"
    }

    /// Takes as long for every key of this length.
    func isSame(as other: ScryptHash) -> Bool {
        guard key.count == other.key.count else { return false }
        return zip(key, other.key).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func cost(_ text: Substring) -> ScryptCost? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let values = zip(["ln=", "r=", "p="], parts).compactMap { name, part in
            part.hasPrefix(name) ? Int(part.dropFirst(name.count)) : nil
        }
        guard parts.count == 3, values.count == 3 else { return nil }
        return ScryptCost(logRounds: values[0], blockSize: values[1], parallelism: values[2])
    }

    private static func text(_ bytes: [UInt8]) -> String {
        String(Data(bytes).base64EncodedString().prefix { $0 != "=" })
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        guard !text.contains("=") else { return nil }
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return Data(base64Encoded: text + padding).map { Array($0) }
    }
}
