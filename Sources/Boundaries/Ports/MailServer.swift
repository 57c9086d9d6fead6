/// Where mail is handed in, and as whom.
package struct MailServer: Sendable, Equatable {
    package enum Security: String, Sendable, CaseIterable {
        /// TLS once both sides have greeted; without it nothing is sent.
        case startTLS = "starttls"
        /// TLS from the first byte.
        case implicit
        /// Plain text, and no password.
        case off

        /// RFC 6409, RFC 8314, RFC 5321.
        package var standardPort: Int {
            switch self {
            case .startTLS: 587
            case .implicit: 465
            case .off: 25
            }
        }
    }

    package var host: String
    package var port: Int
    package var security: Security
    /// A PEM file of those who vouch for the server; `nil`: whom the system trusts.
    package var authorities: String?
    /// `nil`: nobody asks who hands mail in.
    package var login: MailLogin?
    /// Whom mail is from: `user@host`.
    package var sender: String

    package init(
        host: String, port: Int, security: Security, authorities: String? = nil,
        login: MailLogin? = nil, sender: String
    ) {
        self.host = host
        self.port = port
        self.security = security
        self.authorities = authorities
        self.login = login
        self.sender = sender
    }
}

/// What a mail server knows its customer by. Printing it does not show the password.
package struct MailLogin: Sendable, Equatable {
    package let user: String
    /// The password itself; named so that every use is visible in review.
    package let exposedPassword: String

    package init(user: String, password: String) {
        self.user = user
        exposedPassword = password
    }
}

extension MailLogin: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(user) with <redacted>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["user": user]) }
}
