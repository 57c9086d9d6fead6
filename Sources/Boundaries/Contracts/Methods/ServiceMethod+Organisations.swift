package import Accounts
import Ports

extension ServiceMethod {
    /// The same method, answered to whoever belongs to an organisation by the organisation's own.
    ///
    /// - Parameter own: an organisation's method of the same name.
    package func routed(
        to own: @escaping @Sendable (OrganisationName) async throws -> ServiceMethod
    ) -> ServiceMethod {
        var routed = self
        switch call {
        case .unary(let central):
            routed.call = .unary { asked in
                guard let organisation = CallContext.current.principal?.organisation else {
                    return try await central(asked)
                }
                guard case .unary(let answer) = try await own(organisation).call else {
                    throw differs
                }
                return try await answer(asked)
            }
        case .stream(let central):
            routed.call = .stream { asked in
                guard let organisation = CallContext.current.principal?.organisation else {
                    return try await central(asked)
                }
                guard case .stream(let answer) = try await own(organisation).call else {
                    throw differs
                }
                return try await answer(asked)
            }
        }
        return routed
    }

    private var differs: RPCFault {
        RPCFault(.internalError, "\(fullName) is another kind of method for an organisation")
    }
}
