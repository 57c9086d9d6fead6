package import Accounts
package import Market
package import Trading

/// Why an account or an organisation is not kept.
package enum AccountStoreError: Error, Equatable, Sendable {
    case accountExists(UserID)
    case organisationExists(OrganisationName)
    case unknownOrganisation(OrganisationName)
    case unknownAccount(UserID)
    /// Somebody else changed it first.
    case changedMeanwhile(UserID)
}

extension AccountStoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .accountExists(let id): "there is an account \(id) already: choose another name"
        case .organisationExists(let name): "there is an organisation \(name) already"
        case .unknownOrganisation(let name):
            "there is no organisation \(name): add it first"
        case .unknownAccount(let id): "there is no account \(id)"
        case .changedMeanwhile(let id):
            "the account \(id) was changed meanwhile: look at it and try again"
        }
    }
}

/// Which accounts are listed.
package enum AccountSelection: Equatable, Sendable {
    case all
    case organisation(OrganisationName)

    func contains(_ account: Account) -> Bool {
        switch self {
        case .all: true
        case .organisation(let name): account.organisation == name
        }
    }
}

/// Keeps organisations, accounts and their sessions.
///
/// Implementations: `InMemoryAccountStore`, `SQLiteAccountStore`, `PostgresAccountStore`. All pass
/// the same conformance suite.
package protocol AccountStore: Sendable {
    /// - Throws: `AccountStoreError.organisationExists`.
    func add(_ organisation: Organisation) async throws

    func organisation(_ name: OrganisationName) async throws -> Organisation?

    /// All, by name.
    func organisations() async throws -> [Organisation]

    /// - Throws: `AccountStoreError.accountExists`, `unknownOrganisation`.
    func add(_ account: Account) async throws

    func account(_ id: UserID) async throws -> Account?

    /// By name, from the first one after `last`.
    func accounts(
        _ selection: AccountSelection, after last: UserID?, limit: Int
    ) async throws -> [Account]

    /// Writes an account's next state, and ends its sessions where a reason is given.
    ///
    /// - Parameter account: its revision is one more than that of the stored state.
    /// - Throws: `AccountStoreError.unknownAccount`, `changedMeanwhile`.
    func update(
        _ account: Account, endingSessions reason: SessionEnding?, at now: Timestamp
    ) async throws

    /// Begins a session of an account as it was read: one that was changed meanwhile, for another
    /// password among it, begins none. The oldest session beyond `LoginSession.countLimit` ends;
    /// those that are over, and their tokens, are forgotten once none could be renewed any more.
    ///
    /// - Throws: `AccountStoreError.unknownAccount`, `changedMeanwhile`.
    func begin(_ session: LoginSession, of account: Account) async throws

    /// Decides on a refresh token and writes what follows, as one.
    ///
    /// - Returns: what `Renewal` says, and the session's account where it goes on.
    func renew(
        _ token: TokenDigest, as next: TokenDigest, at now: Timestamp
    ) async throws -> (renewal: Renewal, account: Account?)

    /// Ends the session that a token, an earlier one too, belongs to.
    ///
    /// - Returns: the session as it is then; `nil`: the token belongs to none.
    func endSession(
        of token: TokenDigest, because reason: SessionEnding, at now: Timestamp
    ) async throws -> LoginSession?

    /// The sessions of an account that are kept, over or not: latest first.
    func sessions(of user: UserID) async throws -> [LoginSession]
}

/// What beginning a session does to those there are.
package struct SessionPlan: Equatable, Sendable {
    /// Over so long that nothing of them can matter.
    package let forgotten: [SessionID]
    /// Ended to make room.
    package let ended: [LoginSession]

    /// - Parameter sessions: of the account.
    package init(_ sessions: [LoginSession], at now: Timestamp) {
        // A token of a session that was ended says so until it would have ended by itself, or many
        // others were.
        let over = sessions.filter { $0.ended != nil && now < $0.lastInstant }.sorted {
            ($0.ended?.at ?? now, $0.id.text) > ($1.ended?.at ?? now, $1.id.text)
        }
        forgotten =
            sessions.filter { now >= $0.lastInstant }.map(\.id)
            + over.dropFirst(LoginSession.endedLimit).map(\.id)
        let open = sessions.filter { !$0.isOver(at: now) }.sorted {
            ($0.renewedAt, $0.id.text) < ($1.renewedAt, $1.id.text)
        }
        ended = Array(open.prefix(max(0, open.count + 1 - LoginSession.countLimit)))
            .ended(at: now, because: .crowdedOut)
    }
}
