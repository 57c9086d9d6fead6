import Foundation
import Testing

/// Tokens of PyJWT's.
enum SignedToken {
    /// Of HS256.
    static let secret = "a secret of thirty-two bytes, or more"

    /// - Parameter claims: JSON; good for ten minutes where they do not say.
    static func made(_ claims: String, algorithm: String = "HS256") async throws -> String {
        let code = """
            import jwt, json, sys, time
            claims = json.loads(sys.argv[1])
            claims.setdefault("exp", int(time.time()) + 600)
            key = None if sys.argv[3] == "none" else sys.argv[2]
            print(jwt.encode(claims, key, algorithm=sys.argv[3]))
            """
        let made = try await IndependentClient.python(["-c", code, claims, secret, algorithm])
        #expect(made.status == 0, "\(made.errors)")
        return made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
