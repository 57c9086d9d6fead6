package import Accounts
package import Market
package import Ports
import Postgres
package import Trading

/// Accounts in the central database.
package struct PostgresAccountStore: AccountStore {
    let database: SharedDatabase

    package func add(_ organisation: Organisation) async throws {
        let values = try StoredOrganisation.values(organisation).map { try $0.inPostgres() }
        let insertion = AccountQueries.organisations.insert(values)
        let added = try await transaction(isNews: true, [insertion]) {
            Ending(value: !$0[0].isEmpty, queries: [], wroteBefore: !$0[0].isEmpty)
        }
        guard added else { throw AccountStoreError.organisationExists(organisation.name) }
    }

    package func organisation(_ name: OrganisationName) async throws -> Organisation? {
        try await database.values(
            "SELECT name, created_at FROM organisations WHERE name = \(name.text)"
        ) { try StoredOrganisation.organisation($0) }.first
    }

    package func organisations() async throws -> [Organisation] {
        try await database.values("SELECT name, created_at FROM organisations ORDER BY name") {
            try StoredOrganisation.organisation($0)
        }
    }

    package func add(_ account: Account) async throws {
        let values = try StoredAccount.values(account).map { try $0.inPostgres() }
        // No organisation is ever taken away.
        if let name = account.organisation, try await organisation(name) == nil {
            throw AccountStoreError.unknownOrganisation(name)
        }
        let added: Bool = try await transaction([AccountQueries.accounts.insert(values)]) {
            Ending(value: !$0[0].isEmpty, queries: [])
        }
        guard added else { throw AccountStoreError.accountExists(account.userID) }
    }

    package func account(_ id: UserID) async throws -> Account? {
        try await database.values(AccountQueries.account(id)) {
            try StoredAccount.account($0)
        }.first
    }

    package func accounts(
        _ selection: AccountSelection, after last: UserID?, limit: Int
    ) async throws -> [Account] {
        let (last, limit) = (last?.text ?? "", Int64(limit))
        let query: PostgresQuery =
            switch selection {
            case .all:
                """
                SELECT \(sql: AccountQueries.accountColumns) FROM accounts
                WHERE user_id > \(last) ORDER BY user_id LIMIT \(limit)
                """
            case .organisation(let name):
                """
                SELECT \(sql: AccountQueries.accountColumns) FROM accounts
                WHERE organisation = \(name.text) AND user_id > \(last)
                ORDER BY user_id LIMIT \(limit)
                """
            }
        return try await database.values(query) { try StoredAccount.account($0) }
    }

    package func update(
        _ account: Account, endingSessions reason: SessionEnding?, at now: Timestamp
    ) async throws {
        try await transaction(AccountQueries.locking(account.userID)) { rows in
            try AccountQueries.requireRevision(account.revision - 1, rows[0], account.userID)
            let sessions = try rows[1].map { try StoredSession.session($0) }
            let ended = reason.map { sessions.ended(at: now, because: $0) } ?? []
            let update: PostgresQuery = """
                UPDATE accounts SET role = \(account.role.rawValue),
                    status = \(StoredAccount.status(account)),
                    password_hash = \(account.passwordHash.exposed),
                    revision = \(account.revision)
                WHERE user_id = \(account.userID.text)
                """
            return Ending(
                value: (), queries: [update] + (try ended.map(AccountQueries.update)))
        }
    }

    package func begin(_ session: LoginSession, of account: Account) async throws {
        try await transaction(AccountQueries.locking(account.userID)) { rows in
            try AccountQueries.requireRevision(account.revision, rows[0], account.userID)
            let plan = SessionPlan(
                try rows[1].map { try StoredSession.session($0) }, at: session.startedAt)
            let deletions = plan.forgotten.map { id -> PostgresQuery in
                "DELETE FROM sessions WHERE session_id = \(id.text)"
            }
            let values = try StoredSession.values(session).map { try $0.inPostgres() }
            return Ending(
                value: (),
                queries: deletions + (try plan.ended.map(AccountQueries.update)) + [
                    AccountQueries.sessions.insert(values),
                    try AccountQueries.tokenInsertion(of: session),
                ])
        }
    }

    package func renew(
        _ token: TokenDigest, as next: TokenDigest, at now: Timestamp
    ) async throws -> (renewal: Renewal, account: Account?) {
        try await transaction(AccountQueries.lockedSession(of: token)) { rows in
            guard let session = try rows[1].first.map({ try StoredSession.session($0) }),
                let account = try rows[0].first.map({ try StoredAccount.account($0) })
            else { return Ending(value: (.refused(.unknown), nil), queries: []) }
            let renewal = Renewal(
                of: session, by: token, next: next, isDisabled: account.isDisabled, at: now)
            var queries = try renewal.changed.map { [try AccountQueries.update($0)] } ?? []
            guard case .renewed(let renewed) = renewal else {
                return Ending(value: (renewal, nil), queries: queries)
            }
            queries.append(try AccountQueries.tokenInsertion(of: renewed))
            return Ending(value: (renewal, account), queries: queries)
        }
    }

    package func endSession(
        of token: TokenDigest, because reason: SessionEnding, at now: Timestamp
    ) async throws -> LoginSession? {
        try await transaction(AccountQueries.lockedSession(of: token)) { rows in
            guard var session = try rows[1].first.map({ try StoredSession.session($0) }) else {
                return Ending(value: nil, queries: [])
            }
            session.end(at: now, because: reason)
            return Ending(value: session, queries: [try AccountQueries.update(session)])
        }
    }

    package func sessions(of user: UserID) async throws -> [LoginSession] {
        try await database.values(AccountQueries.sessions(of: user)) {
            try StoredSession.session($0)
        }
    }

    /// - Parameter isNews: no answer of the other ports depends on accounts.
    private func transaction<Value: Sendable>(
        isNews: Bool = false, _ opening: [PostgresQuery],
        _ body: @escaping @Sendable ([PostgresRows]) throws -> Ending<Value>
    ) async throws -> Value {
        try await database.transaction(isNews: isNews, opening) { _, rows in try body(rows) }
    }
}

private enum AccountQueries {
    static let organisations = PostgresTable(
        StoredOrganisation.table, StoredOrganisation.columns,
        conflict: "ON CONFLICT DO NOTHING RETURNING name")
    static let accounts = PostgresTable(
        StoredAccount.table, StoredAccount.columns,
        conflict: "ON CONFLICT DO NOTHING RETURNING user_id")
    static let sessions = PostgresTable(StoredSession.table, StoredSession.columns)
    private static let tokens = PostgresTable(StoredSession.tokens, StoredSession.tokenColumns)

    /// As in `StoredAccount.columns`.
    static let accountColumns: StaticString = """
        user_id, organisation, role, status, password_hash, created_at, revision
        """
    /// As in `StoredSession.columns`.
    private static let sessionColumns: StaticString = """
        session_id, user_id, started_at, expires_at, renewed_at, current_token, ended_at, ending
        """

    static func account(_ id: UserID) -> PostgresQuery {
        "SELECT \(sql: accountColumns) FROM accounts WHERE user_id = \(id.text)"
    }

    /// Whatever changes an account or its sessions queues up for the account's row.
    private static func locked(_ id: UserID) -> PostgresQuery {
        """
        SELECT \(sql: accountColumns) FROM accounts WHERE user_id = \(id.text) FOR UPDATE
        """
    }

    /// The account, locked, and then its sessions.
    static func locking(_ id: UserID) -> [PostgresQuery] { [locked(id), sessions(of: id)] }

    static func sessions(of user: UserID) -> PostgresQuery {
        """
        SELECT \(sql: sessionColumns) FROM sessions WHERE user_id = \(user.text)
        ORDER BY started_at DESC, session_id DESC
        """
    }

    /// The account that a token's session belongs to, locked, and then the session.
    static func lockedSession(of token: TokenDigest) -> [PostgresQuery] {
        [
            """
            SELECT \(sql: accountColumns) FROM accounts WHERE user_id =
                (SELECT user_id FROM sessions WHERE session_id =
                    (SELECT session_id FROM refresh_tokens WHERE token = \(token.text)))
            FOR UPDATE
            """,
            """
            SELECT \(sql: sessionColumns) FROM sessions WHERE session_id =
                (SELECT session_id FROM refresh_tokens WHERE token = \(token.text))
            """,
        ]
    }

    static func requireRevision(_ revision: Int64, _ rows: PostgresRows, _ id: UserID) throws {
        guard let stored = try rows.first.map({ try StoredAccount.account($0) }) else {
            throw AccountStoreError.unknownAccount(id)
        }
        guard stored.revision == revision else { throw AccountStoreError.changedMeanwhile(id) }
    }

    static func update(_ session: LoginSession) throws -> PostgresQuery {
        let ended = try session.ended?.at.stored() ?? .null
        return PostgresQuery(
            text: """
                UPDATE sessions SET renewed_at = $1, current_token = $2, ended_at = $3,
                    ending = $4
                WHERE session_id = $5
                """,
            values: [
                try session.renewedAt.stored(), .text(session.current.text), ended,
                .text(session.ended?.because.rawValue), .text(session.id.text),
            ])
    }

    static func tokenInsertion(of session: LoginSession) throws -> PostgresQuery {
        tokens.insert(try StoredSession.tokenValues(session).map { try $0.inPostgres() })
    }
}
