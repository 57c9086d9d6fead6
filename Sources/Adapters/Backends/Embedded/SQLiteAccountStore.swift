package import Accounts
import GRDB
package import Market
package import Ports
package import Trading

/// Accounts in the file of the regime store.
package struct SQLiteAccountStore: AccountStore {
    let file: EmbeddedFile

    package func add(_ organisation: Organisation) async throws {
        try await write(isNews: true) { rows in
            guard try rows.organisation(organisation.name) == nil else {
                throw AccountStoreError.organisationExists(organisation.name)
            }
            try rows.database.insert(
                StoredOrganisation.values(organisation), StoredOrganisation.columns,
                into: StoredOrganisation.table)
        }
    }

    package func organisation(_ name: OrganisationName) async throws -> Organisation? {
        try await file.read { try AccountRows(database: $0).organisation(name) }
    }

    package func organisations() async throws -> [Organisation] {
        try await file.read { try AccountRows(database: $0).organisations("ORDER BY name", []) }
    }

    package func add(_ account: Account) async throws {
        try await write { rows in
            if let name = account.organisation, try rows.organisation(name) == nil {
                throw AccountStoreError.unknownOrganisation(name)
            }
            guard try rows.account(account.userID) == nil else {
                throw AccountStoreError.accountExists(account.userID)
            }
            try rows.database.insert(
                StoredAccount.values(account), StoredAccount.columns, into: StoredAccount.table)
        }
    }

    package func account(_ id: UserID) async throws -> Account? {
        try await file.read { try AccountRows(database: $0).account(id) }
    }

    package func accounts(
        _ selection: AccountSelection, after last: UserID?, limit: Int
    ) async throws -> [Account] {
        let order = "AND user_id > ? ORDER BY user_id LIMIT ?"
        let last = last?.text ?? ""
        return try await file.read { database in
            let rows = AccountRows(database: database)
            return switch selection {
            case .all: try rows.accounts("WHERE 1 \(order)", [last, limit])
            case .organisation(let name):
                try rows.accounts("WHERE organisation = ? \(order)", [name.text, last, limit])
            }
        }
    }

    package func update(
        _ account: Account, endingSessions reason: SessionEnding?, at now: Timestamp
    ) async throws {
        try await write { rows in
            try rows.requireRevision(account.revision - 1, of: account.userID)
            try rows.database.execute(
                """
                UPDATE accounts SET role = ?, status = ?, password_hash = ?, revision = ?
                WHERE user_id = ?
                """,
                [
                    account.role.rawValue, StoredAccount.status(account),
                    account.passwordHash.exposed, account.revision, account.userID.text,
                ])
            guard let reason else { return }
            let sessions = try rows.sessions(of: account.userID)
            for ended in sessions.ended(at: now, because: reason) { try rows.update(ended) }
        }
    }

    package func begin(_ session: LoginSession, of account: Account) async throws {
        try await write { rows in
            try rows.requireRevision(account.revision, of: account.userID)
            let plan = SessionPlan(
                try rows.sessions(of: account.userID), at: session.startedAt)
            for id in plan.forgotten {
                try rows.database.execute("DELETE FROM sessions WHERE session_id = ?", [id.text])
            }
            for ended in plan.ended { try rows.update(ended) }
            try rows.database.insert(
                StoredSession.values(session), StoredSession.columns, into: StoredSession.table)
            try rows.insertToken(of: session)
        }
    }

    package func renew(
        _ token: TokenDigest, as next: TokenDigest, at now: Timestamp
    ) async throws -> (renewal: Renewal, account: Account?) {
        try await write { rows in
            guard let session = try rows.session(of: token),
                let account = try rows.account(session.userID)
            else { return (.refused(.unknown), nil) }
            let renewal = Renewal(
                of: session, by: token, next: next, isDisabled: account.isDisabled, at: now)
            if let changed = renewal.changed { try rows.update(changed) }
            guard case .renewed(let renewed) = renewal else { return (renewal, nil) }
            try rows.insertToken(of: renewed)
            return (renewal, account)
        }
    }

    package func endSession(
        of token: TokenDigest, because reason: SessionEnding, at now: Timestamp
    ) async throws -> LoginSession? {
        try await write { rows in
            guard var session = try rows.session(of: token) else { return nil }
            session.end(at: now, because: reason)
            try rows.update(session)
            return session
        }
    }

    package func sessions(of user: UserID) async throws -> [LoginSession] {
        try await file.read { try AccountRows(database: $0).sessions(of: user) }
    }

    /// - Parameter isNews: no answer of the other ports depends on accounts.
    private func write<Value: Sendable>(
        isNews: Bool = false, _ body: @escaping @Sendable (AccountRows) throws -> Value
    ) async throws -> Value {
        try await file.write(isNews: isNews) { try body(AccountRows(database: $0)) }
    }
}

/// Accounts' rows in one transaction.
private struct AccountRows {
    let database: Database

    func organisation(_ name: OrganisationName) throws -> Organisation? {
        try organisations("WHERE name = ?", [name.text]).first
    }

    func organisations(
        _ condition: String, _ arguments: StatementArguments
    ) throws -> [Organisation] {
        try database.rows(
            of: StoredOrganisation.columns, from: StoredOrganisation.table, condition, arguments
        ) { try StoredOrganisation.organisation($0) }
    }

    func account(_ id: UserID) throws -> Account? {
        try accounts("WHERE user_id = ?", [id.text]).first
    }

    func accounts(_ condition: String, _ arguments: StatementArguments) throws -> [Account] {
        try database.rows(
            of: StoredAccount.columns, from: StoredAccount.table, condition, arguments
        ) { try StoredAccount.account($0) }
    }

    func requireRevision(_ revision: Int64, of id: UserID) throws {
        guard let stored = try account(id) else { throw AccountStoreError.unknownAccount(id) }
        guard stored.revision == revision else { throw AccountStoreError.changedMeanwhile(id) }
    }

    func sessions(of user: UserID) throws -> [LoginSession] {
        try sessions("WHERE user_id = ? ORDER BY started_at DESC, session_id DESC", [user.text])
    }

    func session(of token: TokenDigest) throws -> LoginSession? {
        try sessions(
            "WHERE session_id = (SELECT session_id FROM refresh_tokens WHERE token = ?)",
            [token.text]
        ).first
    }

    private func sessions(
        _ condition: String, _ arguments: StatementArguments
    ) throws -> [LoginSession] {
        try database.rows(
            of: StoredSession.columns, from: StoredSession.table, condition, arguments
        ) { try StoredSession.session($0) }
    }

    func update(_ session: LoginSession) throws {
        try database.execute(
            """
            UPDATE sessions SET renewed_at = ?, current_token = ?, ended_at = ?, ending = ?
            WHERE session_id = ?
            """,
            [
                session.renewedAt.nanoseconds, session.current.text,
                session.ended?.at.nanoseconds, session.ended?.because.rawValue, session.id.text,
            ])
    }

    func insertToken(of session: LoginSession) throws {
        try database.insert(
            StoredSession.tokenValues(session), StoredSession.tokenColumns,
            into: StoredSession.tokens)
    }
}
