import AccountService
import ArgumentParser
import Contracts
import Terminal

struct OrganisationsCommand: ConfiguredVerb {
    static let configuration = CommandConfiguration(
        commandName: "organisations",
        abstract: "Adds organisations, and lists them.",
        discussion: """
            An organisation's accounts are kept by its managers and by nobody of another
            one. Whose account is in none is kept by administrators. What its users have
            is kept in a database of its own, which is made with it.

            EXAMPLES
              bloasis organisations add acme
              bloasis organisations list --json
            """)

    enum Action: String, CaseIterable, ExpressibleByArgument {
        case add, list
    }

    @OptionGroup var common: CommonOptions

    @Argument(help: "What is to be done.")
    var action: Action

    @Argument(help: "2 to 40 lower-case letters, digits and single hyphens; not for list.")
    var name: String?

    @Flag(help: "Print the API's JSON.")
    var json = false

    func validate() throws {
        if (name == nil) != (action == .list) {
            throw ValidationError(
                action == .list
                    ? "organisations list takes no name" : "which: organisations add NAME")
        }
    }

    func run() async throws {
        try await Assembly.with(try common.configuration()) { assembly in
            let accounts = assembly.commandedAdministration
            guard let name else { return try await list(accounts) }
            var request = Bloasis_Accounts_CreateOrganisationRequest()
            request.name = name
            let added = try await accounts.createOrganisation(request)
            // Made now, so that whoever may not make databases hears of it here.
            try await assembly.atDesk(of: name) { _ in }
            StandardOutput.write(json ? try WireJSON.text(added) + "\n" : "\(added.name)\n")
        }
    }

    private func list(_ accounts: AccountAdministration) async throws {
        let listing = Listing(isJSON: json, emptyMessage: "no organisations") {
            TextTable([("organisation", .left), ("since", .left)])
        }
        try await listing.run { _ in
            let page = try await accounts.listOrganisations(
                Bloasis_Accounts_ListOrganisationsRequest())
            return (page.items, "")
        } row: {
            [StyledText($0.name), StyledText(String($0.createdAt.prefix(10)))]
        }
    }
}
