import Accounts
import Market
import Ports
import Trading

/// Accounts as both stores keep them.
enum StoredAccount {
    static let table = "accounts"
    static let columns = [
        "user_id", "organisation", "role", "status", "password_hash", "created_at", "revision",
    ]

    static func values(_ account: Account) -> [StoredValue] {
        [
            .text(account.userID.text), .text(orMissing: account.organisation?.text),
            .text(account.role.rawValue), .text(status(account)),
            .text(account.passwordHash.exposed), .instant(account.createdAt),
            .number(account.revision),
        ]
    }

    static func status(_ account: Account) -> String { account.isDisabled ? "disabled" : "active" }

    static func account(_ row: some StoredRow) throws -> Account {
        let row = StoredColumns(names: columns, row: row)
        let organisation = try row.row.optionalText(1)
        return Account(
            userID: try row.read(0) { UserID($0) },
            organisation: try organisation.map { _ in try row.read(1, OrganisationName.init) },
            role: try row.read(2) { Role(rawValue: $0) },
            isDisabled: try row.read(3) { ["active": false, "disabled": true][$0] },
            passwordHash: try row.read(4) { PasswordHash($0) }, createdAt: try row.instant(5),
            revision: try row.row.number(6))
    }
}

/// Organisations as both stores keep them.
enum StoredOrganisation {
    static let table = "organisations"
    static let columns = ["name", "created_at"]

    static func values(_ organisation: Organisation) -> [StoredValue] {
        [.text(organisation.name.text), .instant(organisation.createdAt)]
    }

    static func organisation(_ row: some StoredRow) throws -> Organisation {
        let row = StoredColumns(names: columns, row: row)
        return Organisation(
            name: try row.read(0, OrganisationName.init), createdAt: try row.instant(1))
    }
}

/// Sessions as both stores keep them.
enum StoredSession {
    static let table = "sessions"
    static let columns = [
        "session_id", "user_id", "started_at", "expires_at", "renewed_at", "current_token",
        "ended_at", "ending",
    ]
    static let tokens = "refresh_tokens"
    static let tokenColumns = ["token", "session_id"]

    static func values(_ session: LoginSession) -> [StoredValue] {
        [
            .text(session.id.text), .text(session.userID.text), .instant(session.startedAt),
            .instant(session.expiresAt), .instant(session.renewedAt), .text(session.current.text),
            session.ended.map { .instant($0.at) } ?? .missing,
            .text(orMissing: session.ended?.because.rawValue),
        ]
    }

    static func tokenValues(_ session: LoginSession) -> [StoredValue] {
        [.text(session.current.text), .text(session.id.text)]
    }

    static func session(_ row: some StoredRow) throws -> LoginSession {
        let row = StoredColumns(names: columns, row: row)
        let endedAt = try row.row.optionalInstant(6)
        return LoginSession(
            id: try row.read(0) { SessionID($0) }, userID: try row.read(1) { UserID($0) },
            startedAt: try row.instant(2), expiresAt: try row.instant(3),
            renewedAt: try row.instant(4), current: try row.read(5) { TokenDigest($0) },
            ended: try endedAt.map { ($0, try row.read(7) { SessionEnding(rawValue: $0) }) })
    }
}
