package import Market
package import Trading

/// What an account's user is trusted with.
package enum Role: String, CaseIterable, Sendable {
    /// Everything; belongs to no organisation.
    case admin
    /// What a member may do, and to keep the accounts of its organisation.
    case manager
    /// To read regimes, and what is the user's own.
    case member
    /// To send fills of any user, of its organisation where it has one, and else bars too.
    case ingest
    /// To make services known in the registry; belongs to no organisation.
    case service

    /// Whether only an account of an organisation has it (`true`), or only one without
    /// (`false`); `nil`: either.
    private var ofOrganisation: Bool? {
        switch self {
        case .admin, .service: false
        case .manager: true
        case .member, .ingest: nil
        }
    }

    /// What is wrong with it for an account, in words; `nil`: nothing.
    package func problem(in organisation: OrganisationName?) -> String? {
        switch (ofOrganisation, organisation) {
        case (true?, nil): "\(rawValue)s belong to an organisation: name it"
        case (false?, let organisation?):
            "an account of \(organisation) is a member, a manager or for ingest: \(rawValue) is "
                + "for accounts of no organisation"
        default: nil
        }
    }
}

/// What an account's user is called when logging in: 1 to 128 lower-case letters, digits and
/// `. _ @ + -`, so that two that look alike are the same.
package enum AccountRule {
    package static let lengthLimit = 128

    package static let problem =
        "is not a name for an account: use 1 to \(lengthLimit) lower-case letters, digits and "
        + ". _ @ + -"

    package static func userID(_ text: String) -> UserID? {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let others = Array("._@+-".utf8)
        guard (1...lengthLimit).contains(text.utf8.count),
            text.utf8.allSatisfy({
                letters.contains($0) || digits.contains($0) || others.contains($0)
            })
        else { return nil }
        return UserID(text)
    }
}

/// A hashed password in PHC's string format, with its function and what it was told; a secret
/// nonetheless: it is shown nowhere.
package struct PasswordHash: Hashable, Sendable, Concealed {
    /// Named so that every use is visible in review.
    package let exposed: String

    package init(_ exposed: String) {
        self.exposed = exposed
    }

    package var description: String { "(hash)" }
}

/// A password as it was typed; shown nowhere.
package struct Password: Hashable, Sendable, Concealed {
    package let exposed: String

    package init(_ exposed: String) {
        self.exposed = exposed
    }

    package var description: String { "(password)" }
}

extension Password {
    /// Characters: length is what makes passwords hard to guess (NIST SP 800-63B, 3.1.1.2).
    package static let shortest = 12
    /// Bytes: more are not looked at, so that nobody hashes a book.
    package static let longestBytes = 1_024

    /// Whether it is as long as those of accounts are.
    package var canBeOne: Bool {
        exposed.unicodeScalars.count >= Password.shortest
            && exposed.utf8.count <= Password.longestBytes
    }

    /// Why it cannot be chosen for an account, in words; `nil`: it can.
    package func problem(for user: UserID) -> String? {
        if exposed.unicodeScalars.count < Password.shortest {
            return "a password has at least \(Password.shortest) characters"
        }
        if exposed.utf8.count > Password.longestBytes {
            return "a password has at most \(Password.longestBytes) bytes"
        }
        if Set(exposed.unicodeScalars).count < 4 {
            return "a password has at least 4 different characters"
        }
        let name = user.text.prefix { $0 != "@" }
        if name.utf8.count >= 4, exposed.lowercased().contains(name) {
            return "a password does not hold the account's name"
        }
        return nil
    }
}

/// Who may log in, and as what.
package struct Account: Equatable, Sendable {
    package let userID: UserID
    /// `nil`: of none, with what is kept centrally.
    package let organisation: OrganisationName?
    package var role: Role
    /// May not log in any more; its sessions are over.
    package var isDisabled: Bool
    package var passwordHash: PasswordHash
    package let createdAt: Timestamp
    /// Counts changes, from 1: whoever changes says which state was changed.
    package var revision: Int64

    package init(
        userID: UserID, organisation: OrganisationName?, role: Role, isDisabled: Bool = false,
        passwordHash: PasswordHash, createdAt: Timestamp, revision: Int64 = 1
    ) {
        self.userID = userID
        self.organisation = organisation
        self.role = role
        self.isDisabled = isDisabled
        self.passwordHash = passwordHash
        self.createdAt = createdAt
        self.revision = revision
    }

    /// The next state, with changes.
    package func changed(_ change: (inout Account) -> Void) -> Account {
        var next = self
        change(&next)
        next.revision = revision + 1
        return next
    }
}
