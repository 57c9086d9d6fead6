package import Accounts
import Market
import Trading

extension Bloasis_Accounts_Account {
    /// - Parameter openSessions: how many go on.
    package init(_ account: Account, openSessions: Int) {
        self.init()
        userID = account.userID.text
        organisation = account.organisation?.text ?? ""
        role = account.role.rawValue
        disabled = account.isDisabled
        createdAt = account.createdAt.rfc3339
        revision = account.revision
        sessions = Int32(clamping: openSessions)
    }
}

extension Bloasis_Accounts_Organisation {
    package init(_ organisation: Organisation) {
        self.init()
        name = organisation.name.text
        createdAt = organisation.createdAt.rfc3339
    }
}

extension Role {
    /// - Throws: INVALID_ARGUMENT.
    package init(asked text: String) throws(RPCFault) {
        guard let role = Role(rawValue: text) else {
            let names = Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidArgument("role: '\(RequestReading.excerpt(text))' is none of \(names)")
        }
        self = role
    }
}

extension OrganisationName {
    /// - Throws: INVALID_ARGUMENT.
    package init(asked text: String) throws(RPCFault) {
        guard let name = OrganisationName(text) else {
            throw .invalidArgument(
                "'\(RequestReading.excerpt(text))' \(OrganisationName.problem)")
        }
        self = name
    }
}
