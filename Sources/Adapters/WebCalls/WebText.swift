package enum Excerpt {
    package static let characterLimit = 200

    /// The beginning of a text from elsewhere, fit for a log.
    package static func of(_ text: [UInt8]) -> String {
        let start = String(decoding: text.prefix(4 * characterLimit), as: UTF8.self)
        return String(
            start.unicodeScalars.filter { $0.properties.generalCategory != .control }
                .prefix(characterLimit).map { Character($0) })
    }
}

package enum URLText {
    private static let unreserved = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)

    /// Percent-encoded for a path's segment or a query's value (RFC 3986, section 2.3).
    package static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            if unreserved.contains(byte) { return String(Unicode.Scalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.utf8.count == 1 ? "0" : "") + digits
        }.joined()
    }

    /// A path with each of its segments encoded: what lies between stays.
    package static func path(_ text: String) -> String {
        text.split(separator: "/", omittingEmptySubsequences: false)
            .map { encoded(String($0)) }.joined(separator: "/")
    }
}
