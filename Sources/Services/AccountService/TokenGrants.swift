import Accounts
package import Contracts
import Crypto
import Foundation
package import Logging
package import Market
import Metrics
package import Ports
import Synchronization
import Trading

/// What making tokens depends on besides the store.
package struct GrantEnvironment: Sendable {
    let now: @Sendable () -> Timestamp
    let randomBytes: @Sendable (_ count: Int) -> [UInt8]
    let logger: Logger

    /// - Parameters:
    ///   - now: stamps sessions, by the millisecond.
    ///   - randomBytes: that nobody can guess.
    package init(
        now: @escaping @Sendable () -> Timestamp,
        randomBytes: @escaping @Sendable (_ count: Int) -> [UInt8], logger: Logger
    ) {
        self.now = now
        self.randomBytes = randomBytes
        self.logger = logger
    }

    var present: Timestamp {
        let millisecond = Timestamp.nanosecondsPerSecond / 1_000
        return Timestamp(nanoseconds: now().nanoseconds / millisecond * millisecond)
    }

    func token(bytes: Int) -> String {
        Data(randomBytes(bytes)).base64EncodedString().replacing("+", with: "-")
            .replacing("/", with: "_").replacing("=", with: "")
    }
}

/// Makes tokens for those who know a password, and for those who have the last refresh token.
package final class TokenGrants: TokenAPI {
    /// How long an access token lasts: so long a session that was ended may go on at most.
    package static let accessSecondsDefault: Int64 = 600
    private static let secretBytes = 32
    private static let tokenLengthLimit = 256

    private let store: any AccountStore
    private let hasher: any PasswordHasher
    private let issuer: (any TokenIssuer)?
    private let accessSeconds: Int64
    private let environment: GrantEnvironment
    private let pace = Mutex(LoginPace())

    /// - Parameters:
    ///   - issuer: `nil` where no secret is configured to sign tokens with.
    ///   - accessSeconds: how long an access token lasts.
    package init(
        _ store: any AccountStore, hasher: any PasswordHasher, issuer: (any TokenIssuer)?,
        accessSeconds: Int64 = TokenGrants.accessSecondsDefault, _ environment: GrantEnvironment
    ) {
        self.store = store
        self.hasher = hasher
        self.issuer = issuer
        self.accessSeconds = accessSeconds
        self.environment = environment
    }

    package func logIn(
        _ request: Bloasis_Accounts_LogInRequest
    ) async throws -> Bloasis_Accounts_TokenPair {
        let issuer = try requireIssuer()
        let account = try await account(request.userID, Password(request.password))
        let now = environment.present
        let refresh = environment.token(bytes: TokenGrants.secretBytes)
        let session = LoginSession(
            id: SessionID(environment.token(bytes: 16)), userID: account.userID, startedAt: now,
            token: TokenGrants.digest(refresh))
        do {
            try await store.begin(session, of: account)
        } catch is AccountStoreError {
            throw RPCFault(.aborted, "the account was changed meanwhile: log in again")
        }
        TokenGrants.count("began")
        environment.logger.info(
            "Logged in",
            metadata: ["user_id": "\(account.userID)", "session": "\(session.id.text)"])
        return try await pair(account, session, refresh, issuer)
    }

    package func renewTokens(
        _ request: Bloasis_Accounts_RenewTokensRequest
    ) async throws -> Bloasis_Accounts_TokenPair {
        let issuer = try requireIssuer()
        let shown = try TokenGrants.shown(request.refreshToken)
        let refresh = environment.token(bytes: TokenGrants.secretBytes)
        let (renewal, account) = try await store.renew(
            TokenGrants.digest(shown), as: TokenGrants.digest(refresh), at: environment.present)
        switch renewal {
        case .renewed(let session):
            guard let account else { throw TokenGrants.refusal(.unknown) }
            TokenGrants.count("renewed")
            return try await pair(account, session, refresh, issuer)
        case .reused(let session):
            TokenGrants.count("reused")
            environment.logger.warning(
                "A refresh token came a second time: its session is ended",
                metadata: ["user_id": "\(session.userID)", "session": "\(session.id.text)"])
            throw TokenGrants.refusal(.ended(.reused))
        case .refused(let reason):
            TokenGrants.count("refused")
            throw TokenGrants.refusal(reason)
        }
    }

    package func logOut(
        _ request: Bloasis_Accounts_LogOutRequest
    ) async throws -> Bloasis_Accounts_LogOutResponse {
        let shown = try TokenGrants.shown(request.refreshToken)
        let ended = try await store.endSession(
            of: TokenGrants.digest(shown), because: .loggedOut, at: environment.present)
        if let ended {
            environment.logger.info(
                "Logged out",
                metadata: ["user_id": "\(ended.userID)", "session": "\(ended.id.text)"])
        }
        return Bloasis_Accounts_LogOutResponse()
    }

    package func changePassword(
        _ request: Bloasis_Accounts_ChangePasswordRequest
    ) async throws -> Bloasis_Accounts_Account {
        let account = try await account(request.userID, Password(request.password))
        let hash = try await hasher.newHash(of: request.newPassword, for: account.userID)
        let changed = account.changed { $0.passwordHash = hash }
        try await RPCFault.translating {
            try await store.update(
                changed, endingSessions: .passwordChanged, at: environment.present)
        }
        environment.logger.notice(
            "Password changed", metadata: ["user_id": "\(account.userID)"])
        return Bloasis_Accounts_Account(changed, openSessions: 0)
    }

    // MARK: - Passwords

    /// The account whose password was shown.
    private func account(_ name: String, _ password: Password) async throws -> Account {
        // No account has such a name or such a password, as everybody may know: that need not take
        // as long as what only some know.
        guard let user = AccountRule.userID(name), password.canBeOne else {
            throw refused(nil)
        }
        try begin(user)
        var known: Account?
        do {
            known = try await store.account(user)
            let account = try await checked(known, password)
            guard !account.isDisabled else {
                throw RPCFault(
                    .permissionDenied, "the account is disabled: ask an administrator")
            }
            pace.withLock { $0.succeeded(account.userID) }
            return account
        } catch let fault as RPCFault where fault == TokenGrants.wrong {
            throw refused(known)
        } catch {
            pace.withLock { $0.withdrew(user) }
            throw (error as? PasswordHashingError).map { RPCFault($0) } ?? error
        }
    }

    private func refused(_ account: Account?) -> RPCFault {
        TokenGrants.count("wrong")
        // What is no account's name may be somebody's password, typed into the wrong field.
        environment.logger.notice(
            "Login refused", metadata: ["user_id": "\(account?.userID.text ?? "(nobody's)")"])
        return TokenGrants.wrong
    }

    private static let wrong = RPCFault(
        .unauthenticated, "no account has this name and this password: try again")

    private func begin(_ user: UserID) throws {
        let now = environment.present
        let wait = pace.withLock { pace in
            let wait = pace.wait(of: user, at: now)
            if wait == nil { pace.began(user, at: now) }
            return wait
        }
        guard let wait else { return }
        TokenGrants.count("paced")
        throw RPCFault(
            .resourceExhausted,
            "too many attempts to log in as this user: try again in \(wait) s",
            retryAfterSeconds: Int(wait))
    }

    /// Throws `wrong`; hashes anew what was hashed weakly.
    private func checked(_ account: Account?, _ password: Password) async throws -> Account {
        guard let account else {
            try await hasher.pretend()
            throw TokenGrants.wrong
        }
        let check: PasswordCheck
        do {
            check = try await hasher.check(password, against: account.passwordHash)
        } catch PasswordHashingError.unreadableHash {
            // Said to whoever can mend it, and to nobody who only knows the name.
            environment.logger.error(
                "\(PasswordHashingError.unreadableHash)",
                metadata: ["user_id": "\(account.userID)"])
            try await hasher.pretend()
            throw TokenGrants.wrong
        }
        switch check {
        case .wrong: throw TokenGrants.wrong
        case .right: return account
        case .rightButWeak:
            let hash = try await hasher.hash(password)
            let upgraded = account.changed { $0.passwordHash = hash }
            do {
                try await store.update(upgraded, endingSessions: nil, at: environment.present)
                return upgraded
            } catch is AccountStoreError {
                // Somebody else did, or changed the password: then no session begins.
                return try await store.account(account.userID).flatMap {
                    $0.passwordHash == account.passwordHash ? $0 : nil
                } ?? account
            }
        }
    }

    // MARK: - Tokens

    private func requireIssuer() throws -> any TokenIssuer {
        guard let issuer else {
            throw RPCFault(
                .failedPrecondition,
                "no tokens are made here: set BLOASIS_JWT_SECRET, which all services share")
        }
        return issuer
    }

    private func pair(
        _ account: Account, _ session: LoginSession, _ refresh: String, _ issuer: any TokenIssuer
    ) async throws -> Bloasis_Accounts_TokenPair {
        let now = environment.present
        var pair = Bloasis_Accounts_TokenPair()
        pair.accessToken = try await issuer.accessToken(
            for: account.principal, session: session.id, from: now,
            lifetimeSeconds: accessSeconds)
        pair.tokenType = "Bearer"
        pair.expiresIn = accessSeconds
        pair.refreshToken = refresh
        pair.refreshExpiresIn =
            (session.lastInstant.nanoseconds - now.nanoseconds) / Timestamp.nanosecondsPerSecond
        pair.userID = account.userID.text
        pair.organisation = account.organisation?.text ?? ""
        pair.role = account.role.rawValue
        return pair
    }

    private static func shown(_ token: String) throws -> String {
        guard (1...tokenLengthLimit).contains(token.utf8.count) else {
            throw refusal(.unknown)
        }
        return token
    }

    private static func refusal(_ reason: Renewal.Refusal) -> RPCFault {
        let text =
            switch reason {
            case .unknown: "no session has this refresh token: log in again"
            case .expired: "the session has expired: log in again"
            case .ended(.reused):
                "the refresh token was used before: the session is ended; log in again, and change "
                    + "the password if it was not you"
            case .ended: "the session was ended: log in again"
            }
        return RPCFault(.unauthenticated, text)
    }

    static func digest(_ token: String) -> TokenDigest {
        TokenDigest(Hexadecimal.text(SHA256.hash(data: Array(token.utf8))))
    }

    private static func count(_ outcome: String) {
        Counter(label: "logins_total", dimensions: [("outcome", outcome)]).increment()
    }
}

extension PasswordHasher {
    /// - Throws: INVALID_ARGUMENT for a password that cannot be chosen.
    func newHash(of text: String, for user: UserID) async throws -> PasswordHash {
        let password = Password(text)
        if let problem = password.problem(for: user) { throw RPCFault.invalidArgument(problem) }
        do {
            return try await hash(password)
        } catch let error as PasswordHashingError {
            throw RPCFault(error)
        }
    }
}

extension Account {
    /// Whom its tokens stand for.
    var principal: Principal {
        let scopes: Set<Scope> =
            switch role {
            case .admin: [.admin]
            case .manager: [.manager, .user]
            case .member: [.user]
            case .ingest: [.ingest]
            case .service: [.service]
            }
        return Principal(subject: userID.text, scopes: scopes, organisation: organisation)
    }
}

extension RPCFault {
    init(_ error: PasswordHashingError) {
        switch error {
        case .crowded: self.init(.resourceExhausted, "\(error)", retryAfterSeconds: 1)
        case .unreadableHash: self.init(.failedPrecondition, "\(error)")
        }
    }

    static func translating<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as AccountStoreError {
            throw RPCFault(error)
        }
    }

    init(_ error: AccountStoreError) {
        let code: Code =
            switch error {
            case .accountExists, .organisationExists: .alreadyExists
            case .unknownOrganisation: .invalidArgument
            case .unknownAccount: .notFound
            case .changedMeanwhile: .aborted
            }
        self.init(code, "\(error)")
    }
}
