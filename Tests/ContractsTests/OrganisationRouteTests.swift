import Accounts
import Contracts
import Ports
import Synchronization
import Testing

@Suite("Methods of organisations")
struct OrganisationRouteTests {
    private func method(answering user: String) -> ServiceMethod {
        .unary("s", "M") { (_: Bloasis_Trading_GetPortfolioRequest) in
            var portfolio = Bloasis_Trading_Portfolio()
            portfolio.userID = user
            return portfolio
        }
    }

    private func answer(_ method: ServiceMethod, to principal: Principal?) async throws -> String {
        var context = CallContext.current
        context.principal = principal
        return try await CallContext.$current.withValue(context) {
            guard case .unary(let call) = method.call else { return "a stream" }
            let answer = try await call(Bloasis_Trading_GetPortfolioRequest())
            return (answer.message as? Bloasis_Trading_Portfolio)?.userID ?? "another message"
        }
    }

    @Test("whoever belongs to an organisation is answered by its own, and nobody else is")
    func routes() async throws {
        let asked = Mutex<[String]>([])
        let routed = method(answering: "central").routed { organisation in
            asked.withLock { $0.append(organisation.text) }
            return method(answering: "of \(organisation)")
        }
        let acme = try #require(OrganisationName("acme"))
        for (principal, answered) in [
            (nil, "central"), (Principal(subject: "ann", scopes: [.user]), "central"),
            (Principal(subject: "ann", scopes: [.admin]), "central"),
            (Principal(subject: "ann", scopes: [.user], organisation: acme), "of acme"),
            (Principal(subject: "ann", scopes: [.admin], organisation: acme), "of acme"),
        ] { #expect(try await answer(routed, to: principal) == answered) }
        #expect(asked.withLock { $0 } == ["acme", "acme"])
    }

    @Test("where an organisation's cannot be had, the central one does not answer instead")
    func fails() async throws {
        let routed = method(answering: "central").routed { _ in throw RPCFault(.unavailable, "x") }
        let acme = Principal(
            subject: "ann", scopes: [.user], organisation: OrganisationName("acme"))
        await #expect(throws: RPCFault(.unavailable, "x")) {
            try await answer(routed, to: acme)
        }
    }
}
