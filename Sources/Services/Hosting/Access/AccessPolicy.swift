package import Ports

/// Who may call a method.
package enum AccessRule: Sendable, Equatable {
    /// Everybody, with a token or without.
    case open
    /// Whoever a token stands for.
    case anyone
    /// Who has one of these scopes.
    case scopes(Set<Scope>)
    /// Who has one of these scopes and belongs to no organisation: it is about what all share.
    case central(Set<Scope>)
    /// The user whom a field of the request names; and who has one of these scopes.
    case ownData(field: String, or: Set<Scope>)
}

/// Why a call is refused: what to do is in the text, nothing of a token is.
package enum AccessRefusal: Error, Equatable, Sendable {
    /// Nobody vouches for the caller.
    case unauthenticated(String)
    /// The caller is known and may not.
    case denied(String)
    /// Whether the caller may cannot be found out at present.
    case unavailable(String)
}

package enum AccessDecision: Equatable, Sendable {
    case allowed
    case refused(AccessRefusal)
}

/// Which rule each method has. A method without a rule is refused to everybody.
package struct AccessPolicy: Sendable {
    /// By full name, `package.Service/Method`.
    private let rules: [String: AccessRule]

    package init(_ rules: [String: AccessRule]) {
        self.rules = rules
    }

    package func rule(of method: String) -> AccessRule? { rules[method] }

    /// Whether a caller may make a call.
    ///
    /// - Parameters:
    ///   - principal: `nil`: the caller showed no token.
    ///   - userID: what the request holds in the field that the method's rule names; `nil` where
    ///     it names none, and while the request is not read yet: then nothing is anybody's own.
    package func decide(
        method: String, principal: Principal?, userID: String?
    ) -> AccessDecision {
        let rule = rules[method]
        if rule == .open { return .allowed }
        guard let principal else {
            return .refused(
                .unauthenticated("\(method) needs a token: send «Authorization: Bearer <token>»"))
        }
        switch rule {
        case nil: return .refused(.denied("\(method) is open to nobody: no rule names it"))
        case .open, .anyone: return .allowed
        case .scopes(let scopes):
            return principal.hasOne(of: scopes) ? .allowed : .refused(Self.missing(scopes, method))
        case .central(let scopes):
            guard principal.organisation == nil else {
                return .refused(
                    .denied("\(method) is about what all share: it is not for organisations"))
            }
            return principal.hasOne(of: scopes) ? .allowed : .refused(Self.missing(scopes, method))
        case .ownData(let field, let scopes):
            if principal.hasOne(of: scopes) { return .allowed }
            guard principal.scopes.contains(.user) else {
                return .refused(Self.missing(scopes.union([.user]), method))
            }
            // Bytes: `==` holds texts alike that the store keeps apart.
            guard let userID, userID.utf8.elementsEqual(principal.subject.utf8) else {
                return .refused(
                    .denied("\(method): \(field) is not you: ask for what is your own"))
            }
            return .allowed
        }
    }

    private static func missing(_ scopes: Set<Scope>, _ method: String) -> AccessRefusal {
        let names = scopes.union([.admin]).map(\.rawValue).sorted()
        return .denied(
            "\(method) needs one of the scopes \(names.joined(separator: ", ")): get a token that "
                + "has it")
    }
}

extension Principal {
    fileprivate func hasOne(of wanted: Set<Scope>) -> Bool {
        isAdministrator || !scopes.subtracting([.admin]).isDisjoint(with: wanted)
    }
}
