/// Reads a JSON Web Key Set (RFC 7517, 5).
///
/// Keys for other uses and of other kinds are passed over, as the standard has it. So are
/// symmetric keys: a document that others may read holds none. Of a private key the public half is
/// taken.
enum KeySetDocument {
    /// Largest document that is read.
    static let bytesLimit = 1 << 20
    static let keyLimit = 100

    struct Flaw: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    /// At least one key.
    static func keys(in document: [UInt8]) async throws(Flaw) -> [VerificationKey] {
        let members: [JSONValue]
        do {
            members = try JSONReader.value(of: document).object?["keys"]?.list ?? []
        } catch {
            throw Flaw(description: "this is not JSON: \(error)")
        }
        guard members.count <= keyLimit else {
            throw Flaw(description: "\(members.count) keys: \(keyLimit) at the most")
        }
        var keys: [VerificationKey] = []
        for member in members {
            if let key = await key(member) { keys.append(key) }
        }
        guard !keys.isEmpty else {
            throw Flaw(
                description: "no RSA key of 2,048 bits or more and no P-256 key to verify with "
                    + #"among {"keys":[…]}: put the issuer's public keys there"#)
        }
        return keys
    }

    /// `nil` for a key that verifies none of our tokens.
    private static func key(_ value: JSONValue) async -> VerificationKey? {
        guard let members = value.object, isForVerifying(members) else { return nil }
        func text(_ name: String) -> String? { members[name]?.text }
        let algorithm = text("alg")
        switch text("kty") {
        case "RSA" where algorithm ?? "RS256" == "RS256":
            guard let modulus = text("n"), let exponent = text("e") else { return nil }
            return try? await .rsa(id: text("kid"), modulus: modulus, exponent: exponent)
        case "EC" where algorithm ?? "ES256" == "ES256" && text("crv") == "P-256":
            guard let x = text("x"), let y = text("y") else { return nil }
            return try? await .p256(id: text("kid"), x: x, y: y)
        default: return nil
        }
    }

    private static func isForVerifying(_ members: [String: JSONValue]) -> Bool {
        (members["use"]?.text ?? "sig") == "sig"
            && (members["key_ops"]?.texts?.contains("verify") ?? true)
    }
}
