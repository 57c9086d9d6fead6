import Contracts
import Hosting
import Market
import Ports
import Synchronization
import Testing

@Suite("Methods that ask who calls")
struct GuardedMethodTests {
    private let control = AccessControl(
        verifier: InMemoryTokenVerifier([
            "user": Principal(subject: "ann", scopes: [.user])
        ]))

    /// Who the method finds to be calling; `nobody` when nobody is asked.
    private func caller(
        _ control: AccessControl, authorization: String?, portfolioOf userID: String
    ) async throws -> String {
        let method = ServiceMethod.unary(ServiceMethod.tradingService, "GetPortfolio") {
            (asked: Bloasis_Trading_GetPortfolioRequest) in
            var answer = asked
            answer.userID = CallContext.current.principal?.subject ?? "nobody"
            return answer
        }
        guard case .unary(let answer) = method.guarded(by: control).call else { return "" }
        var asked = Bloasis_Trading_GetPortfolioRequest()
        asked.userID = userID
        return try await CallContext.$current.withValue(
            CallContext(authorization: authorization)
        ) {
            let answered = try await answer(asked)
            return (answered.message as? Bloasis_Trading_GetPortfolioRequest)?.userID ?? ""
        }
    }

    private func code(
        authorization: String?, portfolioOf userID: String
    ) async -> RPCFault.Code? {
        do {
            _ = try await caller(control, authorization: authorization, portfolioOf: userID)
            return nil
        } catch {
            return (error as? RPCFault)?.code
        }
    }

    @Test("tell the method who calls")
    func principal() async throws {
        let ann = try await caller(control, authorization: "Bearer user", portfolioOf: "ann")
        #expect(ann == "ann")
        let open = try await caller(.off, authorization: nil, portfolioOf: "bob")
        #expect(open == "nobody")
    }

    @Test("whom a door has admitted is not asked for the token again, but for whose data it is")
    func admitted() async throws {
        let verifier = CountingVerifier()
        let method = ServiceMethod.unary(ServiceMethod.tradingService, "GetPortfolio") {
            (asked: Bloasis_Trading_GetPortfolioRequest) in asked
        }.guarded(by: AccessControl(verifier: verifier))
        guard case .unary(let answer) = method.call else { return }
        let context = try await method.admit(CallContext(authorization: "Bearer t"))
        #expect(context.principal?.subject == "ann")
        var asked = Bloasis_Trading_GetPortfolioRequest()
        asked.userID = "ann"
        for (user, code) in [("ann", nil), ("bob", .permissionDenied)]
            as [(String, RPCFault.Code?)]
        {
            asked.userID = user
            var told: RPCFault.Code?
            do {
                _ = try await CallContext.$current.withValue(context) { [asked] in
                    try await answer(asked)
                }
            } catch let fault as RPCFault {
                told = fault.code
            }
            #expect(told == code, "\(user)")
        }
        #expect(verifier.asked == 1)
    }

    @Test("refuse everybody else with the code for it")
    func codes() async {
        #expect(await code(authorization: nil, portfolioOf: "ann") == .unauthenticated)
        #expect(await code(authorization: "Bearer x", portfolioOf: "ann") == .unauthenticated)
        #expect(await code(authorization: "Bearer user", portfolioOf: "bob") == .permissionDenied)
    }

    @Test("streams are asked about when they begin")
    func stream() async throws {
        let method = ServiceMethod.stream(ServiceMethod.marketRegimeService, "Unheard") {
            (_: Bloasis_MarketRegime_StreamRegimeChangesRequest) in
            AsyncThrowingStream<Bloasis_MarketRegime_RegimeChange, any Error> { $0.finish() }
        }
        guard case .stream(let open) = method.guarded(by: control).call else {
            Issue.record("no stream")
            return
        }
        await #expect(throws: RPCFault.self) {
            _ = try await open(Bloasis_MarketRegime_StreamRegimeChangesRequest())
        }
    }
}

/// Takes every token for one user's.
private final class CountingVerifier: TokenVerifier {
    private let count = Mutex(0)
    var asked: Int { count.withLock { $0 } }

    func principal(
        of token: String, at now: Timestamp
    ) async throws(TokenRefusal) -> Principal {
        count.withLock { $0 += 1 }
        return Principal(subject: "ann", scopes: [.user])
    }
}
