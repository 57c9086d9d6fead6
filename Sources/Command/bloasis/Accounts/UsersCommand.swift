import AccountService
import Accounts
import ArgumentParser
import Contracts
import Terminal

struct UsersCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "users",
        abstract: "Signs users up, lists them, and takes away what they may.",
        discussion: """
            Works on the store itself, for whoever may open it: this is how the first
            administrator comes to be. A password is asked for on a terminal, and else it
            is the first line of standard input. What is changed here counts at once; an
            access token that is out lasts until it ends.

            EXAMPLES
              bloasis users add ada --role admin
              bloasis users add bob@acme.example --organisation acme --role manager
              bloasis users list --organisation acme
              bloasis users set bob@acme.example --disable
              bloasis users set ada --password
              bloasis users logout ada
            """)

    enum Action: String, CaseIterable, ExpressibleByArgument {
        case add, list, set, logout
    }

    @OptionGroup var common: CommonOptions

    @Argument(help: "What is to be done.")
    var action: Action

    @Argument(help: "Whose account; not for list.")
    var name: String?

    @Option(help: "admin, manager, member (when left out), ingest or service.")
    var role: String?

    @Option(help: "Of which organisation; of add and list.")
    var organisation: String?

    @Flag(help: "The account may not log in any more.")
    var disable = false

    @Flag(help: "It may again.")
    var enable = false

    @Flag(help: "Ask for another password.")
    var password = false

    @Flag(help: "Print the API's JSON.")
    var json = false

    func validate() throws {
        if (name == nil) != (action == .list) {
            throw ValidationError(
                action == .list ? "users list takes no name" : "whose: users \(action) NAME")
        }
        if action != .set, disable || enable || password {
            throw ValidationError("--disable, --enable and --password are for set")
        }
        if action == .set {
            if disable, enable { throw ValidationError("--disable and --enable: give one") }
            guard disable || enable || password || role != nil else {
                throw ValidationError(
                    "set what: --role, --disable, --enable or --password")
            }
        }
        if organisation != nil, action != .add, action != .list {
            throw ValidationError("--organisation is for add and list: leave it out")
        }
    }

    func run() async throws {
        try await Assembly.with(try common.configuration()) { assembly in
            let accounts = assembly.commandedAdministration
            switch action {
            case .add: try show(await accounts.createAccount(try newAccount()))
            case .list: try await list(accounts)
            case .set: try show(await accounts.updateAccount(try change()))
            case .logout:
                var request = Bloasis_Accounts_EndSessionsRequest()
                request.userID = name ?? ""
                try show(await accounts.endSessions(request))
            }
        }
    }

    private func newAccount() throws -> Bloasis_Accounts_CreateAccountRequest {
        var request = Bloasis_Accounts_CreateAccountRequest()
        request.userID = name ?? ""
        request.role = role ?? ""
        request.organisation = organisation ?? ""
        request.password = try PasswordEntry.read()
        return request
    }

    private func change() throws -> Bloasis_Accounts_UpdateAccountRequest {
        var request = Bloasis_Accounts_UpdateAccountRequest()
        request.userID = name ?? ""
        if let role { request.role = role }
        if disable || enable { request.disabled = disable }
        if password { request.password = try PasswordEntry.read() }
        return request
    }

    private func show(_ account: Bloasis_Accounts_Account) throws {
        if json { return StandardOutput.write(try WireJSON.text(account) + "\n") }
        var table = UsersCommand.table
        table.append(UsersCommand.row(account))
        StandardOutput.write(table.text(Display.output))
    }

    private func list(_ accounts: AccountAdministration) async throws {
        var request = Bloasis_Accounts_ListAccountsRequest()
        request.organisation = organisation ?? ""
        request.pageSize = Int32(MarketPages.size)
        let listing = Listing(
            isJSON: json,
            emptyMessage: organisation.map { "no accounts of \($0)" } ?? "no accounts"
        ) { UsersCommand.table }
        try await listing.run { token in
            request.pageToken = token
            let page = try await accounts.listAccounts(request)
            return (page.items, page.nextPageToken)
        } row: {
            UsersCommand.row($0)
        }
    }

    private static var table: TextTable {
        TextTable([
            ("user", .left), ("organisation", .left), ("role", .left), ("status", .left),
            ("sessions", .right), ("since", .left),
        ])
    }

    private static func row(_ account: Bloasis_Accounts_Account) -> [StyledText] {
        [
            StyledText(account.userID), StyledText(account.organisation),
            StyledText(account.role),
            account.disabled ? StyledText("disabled", .caution) : StyledText("active"),
            StyledText("\(account.sessions)"), StyledText(String(account.createdAt.prefix(10))),
        ]
    }
}
