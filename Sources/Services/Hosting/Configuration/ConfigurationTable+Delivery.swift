import Ports

extension ConfigurationTable {
    private static let truth = ConfigurationKey.Kind.choice(["false", "true"])

    /// Where people are told besides their inboxes.
    static let delivery: [ConfigurationKey] = [
        ConfigurationKey(
            "DASHBOARD_URL", .url(schemes: ["http", "https"]),
            meaning: "Where people open the dashboard, for links in what they are told. Unset: "
                + "where this process serves it, if it does."),
        ConfigurationKey(
            "WEBHOOK_ALLOW_INSIDE", truth, default: "false",
            meaning: "Whether webhooks may point at loopback and at networks that the Internet "
                + "does not reach. Whoever may add a webhook then sends requests there."),
        ConfigurationKey(
            "WEBHOOK_ALLOW_HTTP", truth, default: "false",
            meaning: "Whether webhooks may be `http://…`, which anybody on the way can read."),
        ConfigurationKey(
            "SMTP_HOST", .host,
            meaning: "The mail server that mail is handed in at. Unset: nobody is sent mail."),
        ConfigurationKey(
            "SMTP_PORT", .port,
            meaning: "Its port. Unset: 587, 465 where `SMTP_TLS` is `implicit`, 25 where it is "
                + "`off`."),
        ConfigurationKey(
            "SMTP_FROM", .text,
            meaning: "Whom mail is from, `bloasis@example.com`; needed with `SMTP_HOST`."),
        ConfigurationKey(
            "SMTP_USER", .text,
            meaning: "Whom the mail server knows. Unset: it is told nobody, and asks for nobody."),
        ConfigurationKey(
            "SMTP_PASSWORD", .text, secret: true, meaning: "That user's password."),
        ConfigurationKey(
            "SMTP_TLS", .choice(MailServer.Security.allCases.map(\.rawValue)),
            default: MailServer.Security.startTLS.rawValue,
            meaning: "`starttls` demands TLS after the greeting, `implicit` begins with it, `off` "
                + "is plain text, without a password."),
        ConfigurationKey(
            "SMTP_TLS_AUTHORITIES", .path,
            meaning: "PEM file of the authorities that vouch for the mail server. Unset: those "
                + "that the system trusts."),
    ]
}
