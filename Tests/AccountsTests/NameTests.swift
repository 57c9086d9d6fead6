import Accounts
import Testing
import Trading

@Suite("names of organisations and accounts")
struct NameTests {
    @Test("an organisation is named so that nothing else can be meant by it")
    func organisations() {
        for text in ["ab", "acme", "a1", "north-star-2", String(repeating: "a", count: 40)] {
            #expect(OrganisationName(text)?.text == text)
        }
        let others = [
            "", "a", "Acme", "1acme", "-acme", "acme-", "a--b", "a_b", "a b", "a.b", "a/b", "a\\b",
            "a'b", "a\"b", "a;b", "a?b=c", "a#b", "a%20b", "a@b", "a:b", "a\u{0}b", "é-org", "аcme",
            "postgres dbname=central", "../central", "x' host=evil.example", "a\nb",
            String(repeating: "a", count: 41),
        ]
        for text in others { #expect(OrganisationName(text) == nil, "\(text)") }
    }

    @Test("an account's name has one way to be written")
    func accounts() {
        for text in ["a", "ada", "ada.b+c@example.com", "a_b-c", "1"] {
            #expect(AccountRule.userID(text)?.text == text)
        }
        for text in ["", "Ada", "a b", "é", "a'", "a/b", "a,b", String(repeating: "a", count: 129)]
        {
            #expect(AccountRule.userID(text) == nil, "\(text)")
        }
    }

    @Test("a role is of an organisation's account or of another's, as it says")
    func roles() throws {
        let acme = try #require(OrganisationName("acme"))
        for role in Role.allCases {
            let (inside, outside) = (
                role.problem(in: acme) == nil, role.problem(in: nil) == nil
            )
            switch role {
            case .admin, .service: #expect(!inside && outside)
            case .manager: #expect(inside && !outside)
            case .member, .ingest: #expect(inside && outside)
            }
        }
    }

    @Test("a password is refused for what makes it guessable, and never shown")
    func passwords() throws {
        let ada = try #require(AccountRule.userID("adalovelace@example.com"))
        #expect(Password("correct horse battery").problem(for: ada) == nil)
        #expect(Password("eleven char").problem(for: ada)?.contains("12") == true)
        #expect(Password("😀😁😂🤣😃😄😅😆😉😊😋😎").problem(for: ada) == nil)
        #expect(Password("aaaaaaaaaaaaaaaa").problem(for: ada) != nil)
        #expect(Password("I am AdaLovelace!").problem(for: ada) != nil)
        #expect(Password(String(repeating: "abcd", count: 257)).problem(for: ada) != nil)
        let secret = Password("correct horse battery")
        var shown = "\(secret) \(String(reflecting: secret))"
        dump(secret, to: &shown)
        dump(PasswordHash("$scrypt$horse"), to: &shown)
        #expect(!shown.contains("horse"))
    }
}
