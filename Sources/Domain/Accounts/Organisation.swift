package import Market

/// Names an organisation: 2 to 40 lower-case letters, digits and single hyphens; a letter first, a
/// letter or a digit last.
///
/// Nothing that means anything in a URL, a path or a statement can be in it, and the names that are
/// made of it are another organisation's never.
package struct OrganisationName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let text: String

    package static let lengths = 2...40

    /// What is wrong with a text that is none, in words.
    package static let problem =
        "is not an organisation's name: use 2 to 40 lower-case letters, digits and single hyphens, "
        + "a letter first and no hyphen last"

    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard Self.lengths.contains(bytes.count), bytes.first.map(Self.isLetter) == true,
            bytes.last != Self.hyphen,
            bytes.allSatisfy({ Self.isLetter($0) || Self.isDigit($0) || $0 == Self.hyphen }),
            !zip(bytes, bytes.dropFirst()).contains(where: {
                $0 == Self.hyphen && $1 == Self.hyphen
            })
        else { return nil }
        self.text = text
    }

    private static let hyphen = UInt8(ascii: "-")

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// Users who are kept apart from all others.
package struct Organisation: Equatable, Sendable {
    package let name: OrganisationName
    package let createdAt: Timestamp

    package init(name: OrganisationName, createdAt: Timestamp) {
        self.name = name
        self.createdAt = createdAt
    }
}
