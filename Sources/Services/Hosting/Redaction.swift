import Market

/// A value that must not be seen: interpolation, logging and dumping show only that it is there.
package struct Redacted<Value: Sendable>: Sendable {
    /// The secret itself; named so that every use is visible in review.
    package let exposed: Value

    package init(_ value: Value) {
        exposed = value
    }
}

extension Redacted: Concealed {
    package var description: String { Redaction.mask }
}

package enum Redaction {
    package static let mask = "<redacted>"

    /// A text with the password of every `scheme://user:password@host` in it masked.
    ///
    /// A password may itself hold `@` or `:`; the last `@` before the next `/`, `?`, `#`, quote or
    /// white space ends it.
    package static func maskingPasswords(in text: String) -> String {
        var result = ""
        var rest = text[...]
        while let scheme = rest.firstRange(of: "://") {
            result += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let authority = rest.prefix { !"/?#\"' \t\n".contains($0) }
            guard let at = authority.lastIndex(of: "@") else { continue }
            let userInfo = authority[..<at]
            if let colon = userInfo.firstIndex(of: ":") {
                result += userInfo[...colon] + mask
            } else {
                result += userInfo
            }
            rest = rest[at...]
        }
        return result + rest
    }
}
