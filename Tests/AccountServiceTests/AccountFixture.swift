import AccountService
import Accounts
import Contracts
import Logging
import Market
import Ports
import Synchronization
import TestSupport
import Testing
import Trading

/// A hasher that is fast: what it writes down is the password, and how well it was hashed.
final class PlainHasher: PasswordHasher {
    let strength: Int
    private let pretences = Mutex(0)
    private let crowd = Mutex(false)

    init(strength: Int = 2) { self.strength = strength }

    func setCrowded(_ isCrowded: Bool) { crowd.withLock { $0 = isCrowded } }

    var pretended: Int { pretences.withLock { $0 } }

    func hash(_ password: Password) async throws -> PasswordHash {
        PasswordHash("\(strength):\(password.exposed)")
    }

    func check(
        _ password: Password, against hash: PasswordHash
    ) async throws -> PasswordCheck {
        if crowd.withLock({ $0 }) { throw PasswordHashingError.crowded }
        let parts = hash.exposed.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let found = Int(parts[0]) else {
            throw PasswordHashingError.unreadableHash
        }
        guard parts[1] == password.exposed else { return .wrong }
        return found < strength ? .rightButWeak : .right
    }

    func pretend() async throws { pretences.withLock { $0 += 1 } }
}

/// Writes down in plain words what a token would say.
struct PlainIssuer: TokenIssuer {
    func accessToken(
        for principal: Principal, session: SessionID, from start: Timestamp,
        lifetimeSeconds: Int64
    ) async throws -> String {
        let scopes = principal.scopes.map(\.rawValue).sorted().joined(separator: ",")
        return "\(principal.subject)|\(principal.organisation?.text ?? "-")|\(scopes)"
            + "|\(lifetimeSeconds)"
    }
}

/// The service in memory, with a clock that stands still until it is told otherwise.
final class AccountFixture: Sendable {
    static let password = "correct horse battery"

    let store = InMemoryAccountStore()
    let hasher: PlainHasher
    let tokens: TokenGrants
    let accounts: AccountAdministration
    private let seconds: Shelf<Int64>

    /// Shared by the clock.
    private final class Shelf<Value: Sendable>: Sendable {
        let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
    }

    init(strength: Int = 2, hasIssuer: Bool = true) {
        let (seconds, drawn) = (Shelf<Int64>(0), Shelf<UInt8>(0))
        self.seconds = seconds
        hasher = PlainHasher(strength: strength)
        let environment = GrantEnvironment(
            now: { Samples.instant(1_600_000_000 + seconds.value.withLock { $0 }) },
            randomBytes: { count in
                let number = drawn.value.withLock { number in
                    number += 1
                    return number
                }
                return Array(repeating: number, count: count)
            }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        tokens = TokenGrants(
            store, hasher: hasher, issuer: hasIssuer ? PlainIssuer() : nil, environment)
        accounts = AccountAdministration(store, hasher: hasher, environment) { organisation in
            guard organisation.text != "roomless" else {
                throw StoreError(
                    .failed, location: "here", detail: "may not", advice: "Grant CREATEDB")
            }
        }
    }

    func pass(seconds passed: Int64) { seconds.value.withLock { $0 += passed } }

    func signUp(
        _ name: String, role: String = "", organisation: String = "",
        password: String = AccountFixture.password
    ) async throws -> Bloasis_Accounts_Account {
        var request = Bloasis_Accounts_CreateAccountRequest()
        request.userID = name
        request.password = password
        request.role = role
        request.organisation = organisation
        return try await accounts.createAccount(request)
    }

    func organisation(_ name: String) async throws {
        var request = Bloasis_Accounts_CreateOrganisationRequest()
        request.name = name
        _ = try await accounts.createOrganisation(request)
    }

    func logIn(
        _ name: String, _ password: String = AccountFixture.password
    ) async throws -> Bloasis_Accounts_TokenPair {
        var request = Bloasis_Accounts_LogInRequest()
        request.userID = name
        request.password = password
        return try await tokens.logIn(request)
    }

    func renew(_ token: String) async throws -> Bloasis_Accounts_TokenPair {
        var request = Bloasis_Accounts_RenewTokensRequest()
        request.refreshToken = token
        return try await tokens.renewTokens(request)
    }

    func update(
        _ name: String, _ change: (inout Bloasis_Accounts_UpdateAccountRequest) -> Void
    ) async throws -> Bloasis_Accounts_Account {
        var request = Bloasis_Accounts_UpdateAccountRequest()
        request.userID = name
        change(&request)
        return try await accounts.updateAccount(request)
    }

    /// Runs something as a caller with a verified token.
    static func calling<Value>(
        as name: String, _ scopes: Set<Scope>, of organisation: String? = nil,
        _ body: () async throws -> Value
    ) async rethrows -> Value {
        var context = CallContext()
        context.principal = Principal(
            subject: name, scopes: scopes,
            organisation: organisation.flatMap(OrganisationName.init))
        return try await CallContext.$current.withValue(context) { try await body() }
    }
}

/// The code of the fault that something throws; `nil`: it throws none.
func code(of body: () async throws -> Void) async -> RPCFault.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? RPCFault)?.code
    }
}
