package import Accounts
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
    private let makeRoom: @Sendable (OrganisationName) async throws -> Void

    /// - Parameter makeRoom: makes what an organisation's data is kept in, where that is not there:
    ///   what cannot be kept is not added.
    package init(
        _ store: any AccountStore, hasher: any PasswordHasher, _ environment: GrantEnvironment,
        makeRoom: @escaping @Sendable (OrganisationName) async throws -> Void = { _ in }
    ) {
        self.makeRoom = makeRoom
        self.store = store
        self.hasher = hasher
        self.environment = environment
    }

    package func createAccount(
        _ request: Bloasis_Accounts_CreateAccountRequest
    ) async throws -> Bloasis_Accounts_Account {
        let keeper = try await keeper()
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
        try await message(of: account(request.userID, of: keeper()))
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
        let asked = try await keeper().organisation(asked: request.organisation)
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
        let keeper = try await keeper()
        let account = try await account(request.userID, of: keeper)
        try keeper.requireChange(of: account)
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
        try await write(account(request.userID, of: keeper()).changed { _ in }, .revoked)
    }

    package func createOrganisation(
        _ request: Bloasis_Accounts_CreateOrganisationRequest
    ) async throws -> Bloasis_Accounts_Organisation {
        let organisation = Organisation(
            name: try OrganisationName(asked: request.name), createdAt: environment.present)
        try await RPCFault.translating {
            if try await store.organisation(organisation.name) != nil {
                throw AccountStoreError.organisationExists(organisation.name)
            }
            do {
                try await makeRoom(organisation.name)
            } catch let error as StoreError where !error.isRetriable {
                environment.logger.error(
                    "No room for an organisation",
                    metadata: ["organisation": "\(organisation.name)", "error": "\(error)"])
                throw RPCFault(
                    .failedPrecondition,
                    "\(organisation.name) cannot have a database of its own: \(error.detail)")
            }
            try await store.add(organisation)
        }
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
    private func account(_ name: String, of keeper: Keeper) async throws -> Account {
        let user = try UserID(asked: name)
        guard let account = try await store.account(user), keeper.mayKeep(account) else {
            // Whose account it is nobody is told who may not see it.
            throw RPCFault(AccountStoreError.unknownAccount(user))
        }
        return account
    }

    /// Who calls, with what the token says and the account still has: a token outlives what was
    /// taken from its account.
    private func keeper() async throws -> Keeper {
        let context = CallContext.current
        guard let principal = context.principal else {
            guard context.authorization == nil else {
                throw RPCFault(
                    .failedPrecondition,
                    "a token came, and this process looks at none: set BLOASIS_AUTH=required here")
            }
            return .ofAll(by: nil)
        }
        guard let user = AccountRule.userID(principal.subject),
            let own = try await store.account(user),
            own.organisation == principal.organisation
        else { return Keeper(principal) }
        guard !own.isDisabled else {
            throw RPCFault(.permissionDenied, "your account is disabled: ask an administrator")
        }
        return Keeper(
            Principal(
                subject: principal.subject,
                scopes: principal.scopes.intersection(own.principal.scopes),
                organisation: principal.organisation))
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
    case ofAll(by: Principal?)
    case ofOrganisation(OrganisationName, by: Principal)
    case ofOneself(Principal)

    init(_ principal: Principal) {
        if principal.isAdministrator {
            self = .ofAll(by: principal)
        } else if let organisation = principal.organisation, principal.scopes.contains(.manager) {
            self = .ofOrganisation(organisation, by: principal)
        } else {
            self = .ofOneself(principal)
        }
    }

    /// - Throws: PERMISSION_DENIED for one's own account: nobody gives back to oneself what was
    ///   taken, nor takes from everybody who could. One's password is changed by showing it.
    func requireChange(of account: Account) throws {
        switch self {
        case .ofAll(nil): return
        case .ofAll(let principal?), .ofOrganisation(_, let principal):
            guard Keeper.isOwn(account, of: principal) else { return }
            throw RPCFault(
                .permissionDenied, "this is your own account: have another one change it")
        case .ofOneself:
            throw RPCFault(.permissionDenied, "you keep no accounts but your own")
        }
    }

    private static func isOwn(_ account: Account, of principal: Principal) -> Bool {
        account.organisation == principal.organisation
            && account.userID.text.utf8.elementsEqual(principal.subject.utf8)
    }

    func mayKeep(_ account: Account) -> Bool {
        switch self {
        case .ofAll: true
        case .ofOrganisation(let name, _): account.organisation == name
        case .ofOneself(let principal): Keeper.isOwn(account, of: principal)
        }
    }

    /// Which organisation is meant.
    ///
    /// - Throws: PERMISSION_DENIED for another than one's own.
    func organisation(asked text: String) throws -> OrganisationName? {
        let asked = text.isEmpty ? nil : try OrganisationName(asked: text)
        switch self {
        case .ofAll: return asked
        case .ofOrganisation(let own, _) where asked ?? own == own: return own
        case .ofOrganisation(let own, _):
            throw RPCFault(.permissionDenied, "you keep the accounts of \(own) alone")
        case .ofOneself:
            throw RPCFault(.permissionDenied, "you keep no accounts but your own")
        }
    }
}
