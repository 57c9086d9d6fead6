package import Hosting
package import Ports

/// Where messages to people may go, and how mail gets there.
package struct DeliverySettings: ServiceSettings {
    /// Without a `/` at the end; `nil`: where this process serves it.
    package let dashboard: String?
    package let policy: WebhookPolicy
    /// `nil`: nobody is sent mail.
    package let mail: MailServer?

    package init(_ reader: inout ConfigurationReader) {
        dashboard = reader.optional("DASHBOARD_URL", as: "a URL") { text in
            var url = text[...]
            while url.hasSuffix("/") { url.removeLast() }
            return String(url)
        }
        policy = WebhookPolicy(
            allowsInside: reader.text("WEBHOOK_ALLOW_INSIDE") == "true",
            allowsHTTP: reader.text("WEBHOOK_ALLOW_HTTP") == "true")
        let security = reader.value(
            "SMTP_TLS", as: "starttls, implicit or off", standIn: .startTLS,
            MailServer.Security.init(rawValue:))
        let port = reader.optional("SMTP_PORT", as: "a port") { Int($0) }
        let sender = reader.optional("SMTP_FROM", as: "user@host") {
            MailAddress.isValid($0) ? $0 : nil
        }
        let user = reader.optional("SMTP_USER", as: "a text") { $0 }
        let password = reader.optional("SMTP_PASSWORD", as: "a text") { $0 }
        let authorities = reader.optional("SMTP_TLS_AUTHORITIES", as: "a path") { $0 }
        guard let host = reader.optional("SMTP_HOST", as: "a host", { $0 }) else {
            mail = nil
            return
        }
        reader.require(sender != nil, "SMTP_FROM not set: SMTP_HOST needs it, user@host")
        reader.require(
            (user == nil) == (password == nil),
            "SMTP_USER and SMTP_PASSWORD belong together: set both or neither")
        reader.require(
            user == nil || security != .off,
            "SMTP_TLS is off, so SMTP_USER's password would go in plain text: unset one of them")
        var login: MailLogin?
        if let user, let password { login = MailLogin(user: user, password: password) }
        mail = MailServer(
            host: host, port: port ?? security.standardPort, security: security,
            authorities: authorities, login: login, sender: sender ?? "")
    }
}
