package import Market

/// The twin of the verifier of signed tokens: a table of what stands for whom.
package struct InMemoryTokenVerifier: TokenVerifier {
    private let principals: [String: Principal]
    private let refusals: [String: TokenRefusal]

    /// - Parameter refusals: why tokens that are no principal's are refused; any other token has a
    ///   bad signature.
    package init(_ principals: [String: Principal], refusing refusals: [String: TokenRefusal] = [:])
    {
        self.principals = principals
        self.refusals = refusals
    }

    package func principal(
        of token: String, at now: Timestamp
    ) async throws(TokenRefusal) -> Principal {
        guard let principal = principals[token] else {
            throw refusals[token] ?? .badSignature
        }
        return principal
    }
}
