import Hosting
import Ports
import Testing

@testable import Notification

@Suite("The settings of deliveries")
struct DeliverySettingsTests {
    private func read(_ environment: [String: String]) throws -> DeliverySettings {
        let configuration = try BloasisConfiguration.load(
            environment: environment, dotEnvPath: nil)
        return try configuration.values.read(DeliverySettings.self)
    }

    @Test("without any nobody is sent mail, and webhooks point outside alone")
    func none() throws {
        let settings = try read([:])
        #expect(settings.mail == nil)
        #expect(settings.policy == WebhookPolicy())
    }

    @Test("what is allowed is said by a word", arguments: [false, true])
    func policy(isAllowed: Bool) throws {
        let settings = try read([
            "WEBHOOK_ALLOW_INSIDE": "\(isAllowed)", "WEBHOOK_ALLOW_HTTP": "true",
        ])
        #expect(settings.policy == WebhookPolicy(allowsInside: isAllowed, allowsHTTP: true))
        #expect(throws: ConfigurationError.self) { try read(["WEBHOOK_ALLOW_INSIDE": "yes"]) }
    }

    @Test(
        "a mail server, its port by how it is secured",
        arguments: [
            ("starttls", nil, 587), ("implicit", nil, 465), ("off", nil, 25),
            ("starttls", "2525", 2_525),
        ] as [(String, String?, Int)])
    func mail(security: String, port: String?, expected: Int) throws {
        var environment = [
            "SMTP_HOST": "mail.example", "SMTP_FROM": "bloasis@example.com", "SMTP_TLS": security,
        ]
        environment["SMTP_PORT"] = port
        let mail = try #require(try read(environment).mail)
        #expect(mail.port == expected && mail.security.rawValue == security)
        #expect(mail.sender == "bloasis@example.com" && mail.login == nil)
    }

    @Test(
        "what does not go together is told, without the password",
        arguments: [
            (["SMTP_HOST": "mail.example"], "SMTP_FROM"),
            (["SMTP_HOST": "mail.example", "SMTP_FROM": "me"], "SMTP_FROM"),
            (
                ["SMTP_HOST": "m", "SMTP_FROM": "a@b.example", "SMTP_USER": "u"],
                "SMTP_PASSWORD"
            ),
            (
                ["SMTP_HOST": "m", "SMTP_FROM": "a@b.example", "SMTP_PASSWORD": "S3cret"],
                "SMTP_USER"
            ),
            (
                [
                    "SMTP_HOST": "m", "SMTP_FROM": "a@b.example", "SMTP_USER": "u",
                    "SMTP_PASSWORD": "S3cret", "SMTP_TLS": "off",
                ], "SMTP_TLS"
            ),
        ])
    func refused(environment: [String: String], word: String) {
        do {
            let settings = try read(environment)
            Issue.record("\(settings)")
        } catch {
            #expect("\(error)".contains(word))
            #expect(!"\(error)".contains("S3cret"))
        }
    }
}
