package import Accounts
package import Market
import Synchronization
package import Trading

package final class InMemoryAccountStore: AccountStore {
    private struct State {
        var organisations: [OrganisationName: Organisation] = [:]
        var accounts: [UserID: Account] = [:]
        var sessions: [SessionID: LoginSession] = [:]
        var tokens: [TokenDigest: SessionID] = [:]

        func stored(_ account: Account, revision: Int64) throws -> Account {
            guard let stored = accounts[account.userID] else {
                throw AccountStoreError.unknownAccount(account.userID)
            }
            guard stored.revision == revision else {
                throw AccountStoreError.changedMeanwhile(account.userID)
            }
            return stored
        }

        mutating func forget(_ id: SessionID) {
            sessions[id] = nil
            for token in tokens.filter({ $0.value == id }).keys { tokens[token] = nil }
        }
    }

    private let state = Mutex(State())

    package init() {}

    package func add(_ organisation: Organisation) async throws {
        try state.withLock { state in
            guard state.organisations[organisation.name] == nil else {
                throw AccountStoreError.organisationExists(organisation.name)
            }
            state.organisations[organisation.name] = organisation
        }
    }

    package func organisation(_ name: OrganisationName) async throws -> Organisation? {
        state.withLock { $0.organisations[name] }
    }

    package func organisations() async throws -> [Organisation] {
        state.withLock { $0.organisations.values.sorted { $0.name < $1.name } }
    }

    package func add(_ account: Account) async throws {
        try state.withLock { state in
            if let name = account.organisation, state.organisations[name] == nil {
                throw AccountStoreError.unknownOrganisation(name)
            }
            guard state.accounts[account.userID] == nil else {
                throw AccountStoreError.accountExists(account.userID)
            }
            state.accounts[account.userID] = account
        }
    }

    package func account(_ id: UserID) async throws -> Account? {
        state.withLock { $0.accounts[id] }
    }

    package func accounts(
        _ selection: AccountSelection, after last: UserID?, limit: Int
    ) async throws -> [Account] {
        state.withLock { state in
            let found = state.accounts.values.filter {
                selection.contains($0) && $0.userID.text > last?.text ?? ""
            }
            return Array(found.sorted { $0.userID.text < $1.userID.text }.prefix(limit))
        }
    }

    package func update(
        _ account: Account, endingSessions reason: SessionEnding?, at now: Timestamp
    ) async throws {
        try state.withLock { state in
            _ = try state.stored(account, revision: account.revision - 1)
            state.accounts[account.userID] = account
            guard let reason else { return }
            let own = state.sessions.values.filter { $0.userID == account.userID }
            for ended in own.ended(at: now, because: reason) { state.sessions[ended.id] = ended }
        }
    }

    package func begin(_ session: LoginSession, of account: Account) async throws {
        try state.withLock { state in
            _ = try state.stored(account, revision: account.revision)
            let plan = SessionPlan(
                state.sessions.values.filter { $0.userID == account.userID },
                at: session.startedAt)
            for id in plan.forgotten { state.forget(id) }
            for ended in plan.ended { state.sessions[ended.id] = ended }
            state.sessions[session.id] = session
            state.tokens[session.current] = session.id
        }
    }

    package func renew(
        _ token: TokenDigest, as next: TokenDigest, at now: Timestamp
    ) async throws -> (renewal: Renewal, account: Account?) {
        state.withLock { state in
            guard let session = state.tokens[token].flatMap({ state.sessions[$0] }),
                let account = state.accounts[session.userID]
            else { return (.refused(.unknown), nil) }
            let renewal = Renewal(
                of: session, by: token, next: next, isDisabled: account.isDisabled, at: now)
            if let changed = renewal.changed { state.sessions[changed.id] = changed }
            guard case .renewed = renewal else { return (renewal, nil) }
            state.tokens[next] = session.id
            return (renewal, account)
        }
    }

    package func endSession(
        of token: TokenDigest, because reason: SessionEnding, at now: Timestamp
    ) async throws -> LoginSession? {
        state.withLock { state in
            guard var session = state.tokens[token].flatMap({ state.sessions[$0] }) else {
                return nil
            }
            session.end(at: now, because: reason)
            state.sessions[session.id] = session
            return session
        }
    }

    package func sessions(of user: UserID) async throws -> [LoginSession] {
        state.withLock { state in
            state.sessions.values.filter { $0.userID == user }.sorted {
                ($0.startedAt, $0.id.text) > ($1.startedAt, $1.id.text)
            }
        }
    }
}

extension Renewal {
    /// What is to be written.
    package var changed: LoginSession? {
        switch self {
        case .renewed(let session), .reused(let session): session
        case .refused: nil
        }
    }
}
