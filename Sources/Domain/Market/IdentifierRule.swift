/// What may name a user, an order, a report, an instrument: visible ASCII characters, as many as
/// the subject of a token may have (OpenID Connect Core 1.0, section 2, `sub`).
package enum IdentifierRule {
    /// Characters, and bytes.
    package static let lengthLimit = 255

    /// What is wrong with a text that breaks the rule, in words.
    package static let problem =
        "is not an id: use 1 to \(lengthLimit) visible ASCII characters"

    package static func allows(_ text: some StringProtocol) -> Bool {
        (1...lengthLimit).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
