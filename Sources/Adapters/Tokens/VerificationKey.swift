import JWTKit
import Ports

/// A key, and the one algorithm that it verifies: a public key is never a secret of HMAC, nor the
/// other way round.
struct VerificationKey: Sendable {
    /// The key's name, where its owner gave it one.
    let id: String?
    let algorithm: TokenAlgorithm
    private let verifier: any JWTAlgorithm

    private init(id: String?, algorithm: TokenAlgorithm, verifier: any JWTAlgorithm) {
        self.id = id
        self.algorithm = algorithm
        self.verifier = verifier
    }

    /// For HS256.
    static func shared(_ secret: SharedSecret) async throws -> VerificationKey {
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: secret.exposed), digestAlgorithm: .sha256)
        return VerificationKey(id: nil, algorithm: .hs256, verifier: try await keys.getKey())
    }

    /// For RS256. Throws when the modulus has fewer than 2,048 bits.
    static func rsa(id: String?, modulus: String, exponent: String) async throws -> VerificationKey
    {
        let keys = JWTKeyCollection()
        await keys.add(
            rsa: try Insecure.RSA.PublicKey(modulus: modulus, exponent: exponent),
            digestAlgorithm: .sha256)
        return VerificationKey(id: id, algorithm: .rs256, verifier: try await keys.getKey())
    }

    /// For ES256. Throws when the point does not lie on P-256.
    static func p256(id: String?, x: String, y: String) async throws -> VerificationKey {
        let keys = JWTKeyCollection()
        await keys.add(ecdsa: try ES256PublicKey(parameters: (x, y)))
        return VerificationKey(id: id, algorithm: .es256, verifier: try await keys.getKey())
    }

    /// A signature that has no such form is wrong, not an error.
    func verifies(_ token: CompactToken) -> Bool {
        token.header.algorithm == algorithm
            && ((try? verifier.verify(token.signature, signs: token.signed)) ?? false)
    }

    /// Whether a token with this header may be signed with it. A key without a name stands for any.
    func fits(_ header: TokenHeader) -> Bool {
        algorithm == header.algorithm
            && (id == nil || header.keyID == nil || id == header.keyID)
    }
}
