import Market
import Testing

@Suite("What may be an identifier")
struct IdentifierRuleTests {
    @Test(
        "visible ASCII, up to the bound and no further",
        arguments: [
            ("", false), ("a", true), ("!", true), ("~", true), (" ", false), ("a b", false),
            ("\u{7F}", false), ("\n", false), ("ä", false), ("auth0|5f7c8ec7", true),
            (String(repeating: "x", count: 255), true), (String(repeating: "x", count: 256), false),
        ])
    func rule(text: String, isAllowed: Bool) {
        #expect(IdentifierRule.allows(text) == isAllowed)
    }

    @Test("what is said of one that is none names the bound")
    func problem() {
        #expect(IdentifierRule.problem.contains("1 to 255 "))
    }
}
