import Accounts
package import Contracts
import Logging
import Market
package import Ports
import Trading

/// Keeps accounts and organisations, for administrators, and for managers those of their own.
package struct AccountAdministration: AccountAPI {
    private static let pageSizeDefault = 100
    private static let pageSizeLimit = 1_000

    private let store: any AccountStore
    private let hasher: any PasswordHasher
    private let environment: GrantEnvironment

    package init(
        _ store: any AccountStore, hasher: any PasswordHasher, _ environment: GrantEnvironment
    ) {
        self.store = store
        self.hasher = hasher
        self.environment = environment
    }

    package func createAccount(
        _ request: Bloasis_Accounts_CreateAccountRequest
    ) async throws -> Bloasis_Accounts_Account {
        let keeper = Keeper.calling
        guard let user = AccountRule.userID(request.userID) else {
            throw RPCFault.invalidArgument(
                "user_id: '\(RequestReading.excerpt(request.userID))' \(AccountRule.problem)")
        }
        let role = request.role.isEmpty ? Role.member : try Role(asked: request.role)
        let organisation = try keeper.organisation(asked: request.organisation)
        if let problem = role.problem(in: organisation) {
            throw RPCFault.invalidArgument(problem)
        }
        let account = Account(
            userID: user, organisation: organisation, role: role,
            passwordHash: try await hasher.newHash(of: request.password, for: user),
            createdAt: environment.present)
        try await RPCFault.translating { try await store.add(account) }
        log("Account created", account)
        return Bloasis_Accounts_Account(account, openSessions: 0)
    }

    package func getAccount(
        _ request: Bloasis_Accounts_GetAccountRequest
    ) async throws -> Bloasis_Accounts_Account {
        try await message(of: account(request.userID))
    }

    package func listAccounts(
        _ request: Bloasis_Accounts_ListAccountsRequest
    ) async throws -> Bloasis_Accounts_ListAccountsResponse {
        let limit = try RequestReading.count(
            request.pageSize, field: "page_size",
            standard: AccountAdministration.pageSizeDefault,
            maximum: AccountAdministration.pageSizeLimit)
        let last: UserID?
        if request.pageToken.isEmpty {
            last = nil
        } else {
            guard let named = AccountRule.userID(request.pageToken) else {
                throw RPCFault.invalidArgument(
                    "page_token is not a next_page_token: use the one of the page before")
            }
            last = named
        }
        let asked = try Keeper.calling.organisation(asked: request.organisation)
        let page = try await store.accounts(
            asked.map(AccountSelection.organisation) ?? .all, after: last, limit: limit)
        var response = Bloasis_Accounts_ListAccountsResponse()
        for account in page { response.items.append(try await message(of: account)) }
        response.nextPageToken = page.count < limit ? "" : page.last?.userID.text ?? ""
        return response
    }

    package func updateAccount(
        _ request: Bloasis_Accounts_UpdateAccountRequest
    ) async throws -> Bloasis_Accounts_Account {
        let account = try await account(request.userID)
        guard request.revision == 0 || request.revision == account.revision else {
            throw RPCFault(AccountStoreError.changedMeanwhile(account.userID))
        }
        var (next, ending) = (account, SessionEnding?.none)
        if request.hasRole {
            next.role = try Role(asked: request.role)
            if let problem = next.role.problem(in: account.organisation) {
                throw RPCFault.invalidArgument(problem)
            }
            if next.role != account.role { ending = .revoked }
        }
        if request.hasDisabled {
            next.isDisabled = request.disabled
            if next.isDisabled { ending = .disabled }
        }
        if request.hasPassword {
            next.passwordHash = try await hasher.newHash(
                of: request.password, for: account.userID)
            ending = ending ?? .passwordChanged
        }
        if next == account { return try await message(of: account) }
        return try await write(account.changed { $0 = next }, ending)
    }

    package func endSessions(
        _ request: Bloasis_Accounts_EndSessionsRequest
    ) async throws -> Bloasis_Accounts_Account {
        try await write(account(request.userID).changed { _ in }, .revoked)
    }

    package func createOrganisation(
        _ request: Bloasis_Accounts_CreateOrganisationRequest
    ) async throws -> Bloasis_Accounts_Organisation {
        let organisation = Organisation(
            name: try OrganisationName(asked: request.name), createdAt: environment.present)
        try await RPCFault.translating { try await store.add(organisation) }
        environment.logger.notice(
            "Organisation added", metadata: ["organisation": "\(organisation.name)"])
        return Bloasis_Accounts_Organisation(organisation)
    }

    package func listOrganisations(
        _ request: Bloasis_Accounts_ListOrganisationsRequest
    ) async throws -> Bloasis_Accounts_ListOrganisationsResponse {
        var response = Bloasis_Accounts_ListOrganisationsResponse()
        response.items = try await store.organisations().map(Bloasis_Accounts_Organisation.init)
        return response
    }

    /// What the caller may see of it.
    private func account(_ name: String) async throws -> Account {
        let user = try UserID(asked: name)
        guard let account = try await store.account(user), Keeper.calling.mayKeep(account) else {
            // Whose account it is nobody is told who may not see it.
            throw RPCFault(AccountStoreError.unknownAccount(user))
        }
        return account
    }

    private func write(
        _ account: Account, _ ending: SessionEnding?
    ) async throws -> Bloasis_Accounts_Account {
        try await RPCFault.translating {
            try await store.update(account, endingSessions: ending, at: environment.present)
        }
        log("Account changed", account)
        return try await message(of: account)
    }

    private func message(of account: Account) async throws -> Bloasis_Accounts_Account {
        let (sessions, now) = (try await store.sessions(of: account.userID), environment.present)
        return Bloasis_Accounts_Account(
            account, openSessions: sessions.count { !$0.isOver(at: now) })
    }

    private func log(_ text: String, _ account: Account) {
        let by = CallContext.current.principal?.subject ?? "nobody asked"
        environment.logger.notice(
            "\(text)",
            metadata: [
                "user_id": "\(account.userID)", "role": "\(account.role.rawValue)",
                "organisation": "\(account.organisation?.text ?? "")", "by": "\(by)",
                "revision": "\(account.revision)",
            ])
    }
}

/// Whose accounts a caller keeps.
private enum Keeper {
    /// An administrator, or whoever calls where nobody is asked.
    case ofAll
    case ofOrganisation(OrganisationName)
    case ofOneself(subject: String)

    static var calling: Keeper {
        guard let principal = CallContext.current.principal, !principal.isAdministrator else {
            return .ofAll
        }
        guard let organisation = principal.organisation, principal.scopes.contains(.manager)
        else { return .ofOneself(subject: principal.subject) }
        return .ofOrganisation(organisation)
    }

    func mayKeep(_ account: Account) -> Bool {
        switch self {
        case .ofAll: true
        case .ofOrganisation(let name): account.organisation == name
        case .ofOneself(let subject): account.userID.text.utf8.elementsEqual(subject.utf8)
        }
    }

    /// Which organisation is meant.
    ///
    /// - Throws: PERMISSION_DENIED for another than one's own.
    func organisation(asked text: String) throws -> OrganisationName? {
        let asked = text.isEmpty ? nil : try OrganisationName(asked: text)
        switch self {
        case .ofAll: return asked
        case .ofOrganisation(let own) where asked ?? own == own: return own
        case .ofOrganisation(let own):
            throw RPCFault(.permissionDenied, "you keep the accounts of \(own) alone")
        case .ofOneself:
            throw RPCFault(.permissionDenied, "you keep no accounts but your own")
        }
    }
}
