package import Contracts
package import Market
import Ports

extension ServiceMethod {
    /// The same method, answered only to who may call it: the door's `CallContext` has the token,
    /// the request the user, and the method then finds the principal in its own `CallContext`.
    ///
    /// A stream is asked about when it begins; it may outlive the token.
    ///
    /// - Parameter now: what tokens' ends are measured by.
    package func guarded(
        by control: AccessControl, now: @escaping @Sendable () -> Timestamp = { WallClock.now }
    ) -> ServiceMethod {
        var guarded = self
        let method = fullName
        guarded.admit = {
            do {
                _ = try await control.caller(
                    of: method, authorization: CallContext.current.authorizations, at: now())
            } catch let refusal as AccessRefusal {
                throw refusal.fault
            }
        }
        guarded.call =
            switch call {
            case .unary(let answer):
                .unary { asked in
                    let context = try await control.admit(
                        to: method, userID: (asked as? any UserRequest)?.userID, at: now())
                    return try await CallContext.$current.withValue(context) {
                        try await answer(asked)
                    }
                }
            case .stream(let open):
                .stream { asked in
                    let context = try await control.admit(
                        to: method, userID: (asked as? any UserRequest)?.userID, at: now())
                    return try await CallContext.$current.withValue(context) {
                        try await open(asked)
                    }
                }
            }
        return guarded
    }
}

extension AccessControl {
    /// The context of the call that is under way, with who makes it.
    fileprivate func admit(
        to method: String, userID: String?, at now: Timestamp
    ) async throws(RPCFault) -> CallContext {
        var context = CallContext.current
        do {
            let caller = try await caller(
                of: method, authorization: context.authorizations, at: now)
            try check(caller, calling: method, userID: userID)
            if case .verified(let principal) = caller { context.principal = principal }
        } catch {
            throw error.fault
        }
        return context
    }
}

extension CallContext {
    fileprivate var authorizations: [String] { authorization.map { [$0] } ?? [] }
}

extension AccessRefusal {
    fileprivate var fault: RPCFault {
        switch self {
        case .unauthenticated(let message): RPCFault(.unauthenticated, message)
        case .denied(let message): RPCFault(.permissionDenied, message)
        case .unavailable(let message): .unavailable(message)
        }
    }
}
