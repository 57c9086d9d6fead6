import Accounts
import Contracts
import Foundation
import Hosting
import Ports
import TestSupport
import Testing

@Suite("Who may call what")
struct AccessPolicyTests {
    private let policy = AccessPolicy.standard
    private static let regimes = "bloasis.market_regime.MarketRegimeService"
    private static let trading = "bloasis.trading.TradingService"
    private static let accounts = "bloasis.accounts.AccountService"

    private func decide(
        _ method: String, _ scopes: Set<Scope>?, userID: String? = nil
    ) -> AccessDecision {
        policy.decide(
            method: method, principal: scopes.map { Principal(subject: "alice", scopes: $0) },
            userID: userID)
    }

    private func isDenied(_ decision: AccessDecision, naming text: String? = nil) -> Bool {
        guard case .refused(.denied(let message)) = decision else { return false }
        return text.map { message.contains($0) } ?? true
    }

    /// All sets of scopes.
    private static let sets: [Set<Scope>] = (0..<1 << Scope.allCases.count).map { bits in
        Set(Scope.allCases.enumerated().filter { bits >> $0.offset & 1 == 1 }.map(\.element))
    }

    @Test(
        "what says nothing of any user is open",
        arguments: [
            "grpc.health.v1.Health/Check", "grpc.health.v1.Health/Watch",
            "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        ])
    func open(method: String) {
        #expect(decide(method, nil) == .allowed)
        #expect(decide(method, []) == .allowed)
    }

    @Test(
        "regimes are read by users, sources of data and administrators",
        arguments: [
            "GetCurrentRegime", "GetRegimeHistory", "ListRegimeChanges", "StreamRegimeChanges",
            "AnalyzeCurrentRegime", "ListModels", "ListDisagreements", "GetModel",
            "ListSeries", "GetRegimeColumns", "GetScorecard",
        ])
    func reading(name: String) {
        let method = "\(Self.regimes)/\(name)"
        for scopes in Self.sets {
            let decision = decide(method, scopes)
            #expect(
                scopes.isDisjoint(with: [.user, .ingest, .admin])
                    ? isDenied(decision, naming: "bloasis:user") : decision == .allowed)
        }
    }

    @Test("what only administrators and only sources of data may")
    func narrow() {
        for scopes in Self.sets {
            let override = decide("\(Self.regimes)/SaveRegime", scopes)
            #expect(
                scopes.contains(.admin)
                    ? override == .allowed : isDenied(override, naming: "bloasis:admin"))
            let bars = decide("\(Self.trading)/RecordBars", scopes)
            #expect(
                scopes.isDisjoint(with: [.admin, .ingest])
                    ? isDenied(bars, naming: "bloasis:ingest") : bars == .allowed)
        }
    }

    @Test("what all share is changed by nobody of an organisation, whatever the token says")
    func central() {
        let principal = Principal(
            subject: "alice", scopes: Set(Scope.allCases),
            organisation: OrganisationName("acme"))
        for method in [
            "\(Self.trading)/RecordBars", RegistryCall.change.rawValue,
            "\(Self.regimes)/SaveRegime",
        ] {
            let decision = policy.decide(method: method, principal: principal, userID: nil)
            #expect(isDenied(decision), "\(method)")
        }
        #expect(
            policy.decide(
                method: "\(Self.trading)/RecordFill", principal: principal, userID: "bob")
                == .allowed)
    }

    @Test("whoever has a token reads the registry; only services and administrators change it")
    func registry() {
        let (read, change) = (RegistryCall.read.rawValue, RegistryCall.change.rawValue)
        for scopes in Self.sets {
            #expect(decide(read, scopes) == .allowed)
            let decision = decide(change, scopes)
            #expect(
                scopes.isDisjoint(with: [.service, .admin])
                    ? isDenied(decision, naming: "bloasis:service") : decision == .allowed)
        }
        for call in RegistryCall.allCases { #expect(decide(call.rawValue, nil) != .allowed) }
    }

    @Test("a user has their own portfolio and fills, an administrator everybody's")
    func ownData() {
        for scopes in Self.sets {
            for userID in ["alice", "Alice", "alice ", "bob", "", nil] {
                let isOwn = userID == "alice" && scopes.contains(.user)
                let portfolio = decide("\(Self.trading)/GetPortfolio", scopes, userID: userID)
                #expect((portfolio == .allowed) == (isOwn || scopes.contains(.admin)))
                let fill = decide("\(Self.trading)/RecordFill", scopes, userID: userID)
                #expect(
                    (fill == .allowed)
                        == (isOwn || !scopes.isDisjoint(with: [.admin, .ingest])))
            }
        }
        #expect(
            isDenied(
                decide("\(Self.trading)/RecordFill", [.user], userID: "bob"),
                naming: "fill.user_id"))
    }

    @Test("one's own is compared byte for byte")
    func bytes() {
        let principal = Principal(subject: "caf\u{E9}", scopes: [.user])
        func decide(_ userID: String) -> AccessDecision {
            policy.decide(
                method: "\(Self.trading)/GetPortfolio", principal: principal, userID: userID)
        }
        #expect(decide("caf\u{E9}") == .allowed)
        #expect(isDenied(decide("cafe\u{301}")))
    }

    @Test("without a token everything else is unauthenticated, and says what to send")
    func anonymous() {
        for method in ["SaveRegime", "GetCurrentRegime", "Unheard"] {
            guard
                case .refused(.unauthenticated(let message)) = decide(
                    "\(Self.regimes)/\(method)", nil)
            else {
                Issue.record("\(method)")
                continue
            }
            #expect(message.contains("Authorization: Bearer"))
        }
    }

    @Test(
        "a method without a rule is refused to everybody",
        arguments: ["", "GET /", "bloasis.trading.TradingService", "GetPortfolio", "/GetModel"])
    func unknown(method: String) {
        #expect(policy.rule(of: method) == nil)
        for scopes in Self.sets {
            #expect(isDenied(decide(method, scopes, userID: "alice"), naming: "no rule"))
        }
    }

    /// Who calls these shows a password, or a token of another kind.
    private static let open = ["LogIn", "RenewTokens", "LogOut", "ChangePassword"].map {
        "bloasis.accounts.AccountService/\($0)"
    }

    @Test("every method that a .proto file declares has a rule, and asks for a token")
    func everyMethod() throws {
        let protos = repositoryRoot.appending(path: "Protos/bloasis")
        let files = try FileManager.default.contentsOfDirectory(
            at: protos, includingPropertiesForKeys: nil
        ).filter { $0.pathExtension == "proto" }
        #expect(files.count >= 4)
        for file in files {
            let text = try String(contentsOf: file, encoding: .utf8)
            let package = try #require(text.firstMatch(of: /package ([\w.]+);/)).1
            let service = try #require(text.firstMatch(of: /service (\w+) \{/)).1
            for match in text.matches(of: /rpc (\w+)\(/) {
                let method = "\(package).\(service)/\(match.1)"
                #expect(policy.rule(of: method) != nil, "\(method)")
                let isOpen = AccessPolicyTests.open.contains(method)
                #expect((decide(method, nil) == .allowed) == isOpen, "\(method)")
                #expect(decide(method, [.admin], userID: "bob") == .allowed, "\(method)")
            }
        }
    }

    @Test("a member of an organisation administers nothing, whatever the token says besides")
    func organisations() throws {
        let acme = try #require(OrganisationName("acme"))
        let stray = Principal(subject: "alice", scopes: [.admin, .user], organisation: acme)
        func decide(_ method: String, userID: String?) -> AccessDecision {
            policy.decide(method: method, principal: stray, userID: userID)
        }
        #expect(isDenied(decide("\(Self.regimes)/SaveRegime", userID: nil)))
        #expect(isDenied(decide("\(Self.trading)/GetPortfolio", userID: "bob")))
        #expect(isDenied(decide("\(Self.accounts)/CreateOrganisation", userID: nil)))
        #expect(decide("\(Self.trading)/GetPortfolio", userID: "alice") == .allowed)
        #expect(decide("\(Self.regimes)/GetCurrentRegime", userID: nil) == .allowed)
    }

    @Test("accounts are kept by managers and administrators, one's own is seen by oneself")
    func accounts() {
        for scopes in Self.sets {
            let keeps = !scopes.isDisjoint(with: [.manager, .admin])
            for name in ["CreateAccount", "ListAccounts", "UpdateAccount"] {
                #expect((decide("\(Self.accounts)/\(name)", scopes) == .allowed) == keeps)
            }
            let method = "\(Self.accounts)/GetAccount"
            #expect((decide(method, scopes, userID: "bob") == .allowed) == keeps)
            #expect(
                (decide(method, scopes, userID: "alice") == .allowed)
                    == (keeps || scopes.contains(.user)))
            #expect(
                (decide("\(Self.accounts)/ListOrganisations", scopes) == .allowed)
                    == scopes.contains(.admin))
        }
    }

    @Test("anyone is whoever a token stands for")
    func anyone() {
        let policy = AccessPolicy(["x": .anyone])
        let nobody = Principal(subject: "a", scopes: [])
        #expect(policy.decide(method: "x", principal: nobody, userID: nil) == .allowed)
        guard
            case .refused(.unauthenticated) = policy.decide(
                method: "x", principal: nil, userID: nil)
        else {
            Issue.record("nobody is anyone")
            return
        }
    }
}
