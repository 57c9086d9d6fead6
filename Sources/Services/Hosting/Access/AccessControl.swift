package import Market
package import Ports

/// Who calls, as far as it is known before the request is read.
package enum Caller: Sendable, Equatable {
    /// Nobody is asked.
    case unasked
    /// No token was shown.
    case anonymous
    case verified(Principal)
}

/// The one question that every door asks: may this caller make this call?
///
/// A door asks who calls before it reads the request, and again once it knows whose data that is
/// about.
package struct AccessControl: Sendable {
    private let verifier: (any TokenVerifier)?
    private let policy: AccessPolicy

    /// Nobody is asked; everybody may do everything.
    package static let off = AccessControl(verifier: nil, policy: AccessPolicy([:]))

    package init(verifier: any TokenVerifier, policy: AccessPolicy = .standard) {
        self.init(verifier: Optional(verifier), policy: policy)
    }

    var isOff: Bool { verifier == nil }

    private init(verifier: (any TokenVerifier)?, policy: AccessPolicy) {
        self.verifier = verifier
        self.policy = policy
    }

    /// Who calls a method. A token shown to an open method is not looked at.
    ///
    /// - Parameter authorization: the values of all `Authorization` headers.
    /// - Throws: for a token that stands for nobody, when a method that is not open is called
    ///   without one, and to whoever may not call the method on any data.
    package func caller(
        of method: String, authorization: [String], at now: Timestamp
    ) async throws(AccessRefusal) -> Caller {
        guard let verifier else { return .unasked }
        if policy.rule(of: method) == .open { return .anonymous }
        guard let token = try BearerToken.parse(authorization) else {
            try Self.check(policy.decide(method: method, principal: nil, userID: nil))
            return .anonymous
        }
        let principal = try await principal(of: token, by: verifier, at: now)
        let own = principal.subject
        try Self.check(policy.decide(method: method, principal: principal, userID: own))
        return .verified(principal)
    }

    private func principal(
        of token: BearerToken, by verifier: any TokenVerifier, at now: Timestamp
    ) async throws(AccessRefusal) -> Principal {
        do {
            return try await verifier.principal(of: token.exposed, at: now)
        } catch .keysUnavailable {
            throw .unavailable("\(TokenRefusal.keysUnavailable)")
        } catch {
            throw .unauthenticated("\(error)")
        }
    }

    /// Throws when the caller may not make the call.
    ///
    /// - Parameter userID: what the request holds in the field that the method's rule names.
    package func check(
        _ caller: Caller, calling method: String, userID: String? = nil
    ) throws(AccessRefusal) {
        switch caller {
        case .unasked: break
        case .anonymous:
            try Self.check(policy.decide(method: method, principal: nil, userID: nil))
        case .verified(let principal):
            try Self.check(policy.decide(method: method, principal: principal, userID: userID))
        }
    }

    private static func check(_ decision: AccessDecision) throws(AccessRefusal) {
        if case .refused(let refusal) = decision { throw refusal }
    }
}
