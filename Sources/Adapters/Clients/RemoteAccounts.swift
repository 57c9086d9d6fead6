package import Contracts

/// `bloasis.accounts.AccountService` elsewhere.
package struct RemoteAccounts: TokenAPI, AccountAPI {
    private let calls: any RemoteCalls
    private let service = ServiceMethod.accountService

    package init(_ calls: any RemoteCalls) {
        self.calls = calls
    }

    package func logIn(
        _ request: Bloasis_Accounts_LogInRequest
    ) async throws -> Bloasis_Accounts_TokenPair {
        try await calls.unary(service, "LogIn", request)
    }

    package func renewTokens(
        _ request: Bloasis_Accounts_RenewTokensRequest
    ) async throws -> Bloasis_Accounts_TokenPair {
        try await calls.unary(service, "RenewTokens", request)
    }

    package func logOut(
        _ request: Bloasis_Accounts_LogOutRequest
    ) async throws -> Bloasis_Accounts_LogOutResponse {
        try await calls.unary(service, "LogOut", request)
    }

    package func changePassword(
        _ request: Bloasis_Accounts_ChangePasswordRequest
    ) async throws -> Bloasis_Accounts_Account {
        try await calls.unary(service, "ChangePassword", request)
    }

    package func createAccount(
        _ request: Bloasis_Accounts_CreateAccountRequest
    ) async throws -> Bloasis_Accounts_Account {
        try await calls.unary(service, "CreateAccount", request)
    }

    package func getAccount(
        _ request: Bloasis_Accounts_GetAccountRequest
    ) async throws -> Bloasis_Accounts_Account {
        try await calls.unary(service, "GetAccount", request)
    }

    package func listAccounts(
        _ request: Bloasis_Accounts_ListAccountsRequest
    ) async throws -> Bloasis_Accounts_ListAccountsResponse {
        try await calls.unary(service, "ListAccounts", request)
    }

    package func updateAccount(
        _ request: Bloasis_Accounts_UpdateAccountRequest
    ) async throws -> Bloasis_Accounts_Account {
        try await calls.unary(service, "UpdateAccount", request)
    }

    package func endSessions(
        _ request: Bloasis_Accounts_EndSessionsRequest
    ) async throws -> Bloasis_Accounts_Account {
        try await calls.unary(service, "EndSessions", request)
    }

    package func createOrganisation(
        _ request: Bloasis_Accounts_CreateOrganisationRequest
    ) async throws -> Bloasis_Accounts_Organisation {
        try await calls.unary(service, "CreateOrganisation", request)
    }

    package func listOrganisations(
        _ request: Bloasis_Accounts_ListOrganisationsRequest
    ) async throws -> Bloasis_Accounts_ListOrganisationsResponse {
        try await calls.unary(service, "ListOrganisations", request)
    }
}
