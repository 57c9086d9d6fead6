package import Contracts
package import Market
package import Ports

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
        if control.isOff { return self }
        var guarded = self
        let method = fullName
        guarded.admit = { try await control.admit($0, to: method, at: now()) }
        guarded.call =
            switch call {
            case .unary(let answer):
                .unary { asked in
                    let context = try await control.context(
                        ofCalling: method, about: (asked as? any UserRequest)?.userID, at: now())
                    return try await CallContext.$current.withValue(context) {
                        try await answer(asked)
                    }
                }
            case .stream(let open):
                .stream { asked in
                    let context = try await control.context(
                        ofCalling: method, about: (asked as? any UserRequest)?.userID, at: now())
                    return try await CallContext.$current.withValue(context) {
                        try await open(asked)
                    }
                }
            }
        return guarded
    }
}

extension AccessControl {
    /// The context of a call with who makes it, as far as that is asked.
    fileprivate func admit(
        _ context: CallContext, to method: String, at now: Timestamp
    ) async throws(RPCFault) -> CallContext {
        do {
            return context.made(
                by: try await caller(of: method, authorization: context.authorizations, at: now))
        } catch {
            throw error.fault
        }
    }

    /// The context of the call that is under way, with who makes it: whom the door has admitted is
    /// not asked for the token again.
    fileprivate func context(
        ofCalling method: String, about userID: String?, at now: Timestamp
    ) async throws(RPCFault) -> CallContext {
        let context = CallContext.current
        do {
            let caller: Caller
            if let known = context.principal {
                caller = .verified(known)
            } else {
                caller = try await self.caller(
                    of: method, authorization: context.authorizations, at: now)
            }
            try check(caller, calling: method, userID: userID)
            return context.made(by: caller)
        } catch {
            throw error.fault
        }
    }
}

extension CallContext {
    /// As `AccessControl` takes them.
    package var authorizations: [String] { authorization.map { [$0] } ?? [] }

    fileprivate func made(by caller: Caller) -> CallContext {
        guard case .verified(let principal) = caller else { return self }
        var context = self
        context.principal = principal
        return context
    }
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
