/// What the accounts service answers about tokens, in the messages of the wire contract; see
/// `MarketRegimeAPI`.
package protocol TokenAPI: Sendable {
    func logIn(_ request: Bloasis_Accounts_LogInRequest) async throws -> Bloasis_Accounts_TokenPair

    func renewTokens(
        _ request: Bloasis_Accounts_RenewTokensRequest
    ) async throws -> Bloasis_Accounts_TokenPair

    func logOut(
        _ request: Bloasis_Accounts_LogOutRequest
    ) async throws -> Bloasis_Accounts_LogOutResponse

    func changePassword(
        _ request: Bloasis_Accounts_ChangePasswordRequest
    ) async throws -> Bloasis_Accounts_Account
}

/// What the accounts service answers about accounts and organisations.
package protocol AccountAPI: Sendable {
    func createAccount(
        _ request: Bloasis_Accounts_CreateAccountRequest
    ) async throws -> Bloasis_Accounts_Account

    func getAccount(
        _ request: Bloasis_Accounts_GetAccountRequest
    ) async throws -> Bloasis_Accounts_Account

    func listAccounts(
        _ request: Bloasis_Accounts_ListAccountsRequest
    ) async throws -> Bloasis_Accounts_ListAccountsResponse

    func updateAccount(
        _ request: Bloasis_Accounts_UpdateAccountRequest
    ) async throws -> Bloasis_Accounts_Account

    func endSessions(
        _ request: Bloasis_Accounts_EndSessionsRequest
    ) async throws -> Bloasis_Accounts_Account

    func createOrganisation(
        _ request: Bloasis_Accounts_CreateOrganisationRequest
    ) async throws -> Bloasis_Accounts_Organisation

    func listOrganisations(
        _ request: Bloasis_Accounts_ListOrganisationsRequest
    ) async throws -> Bloasis_Accounts_ListOrganisationsResponse
}
