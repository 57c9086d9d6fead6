import Foundation
import Market

/// Messages as RFC 5322, 2045 and 2047 have them, in ASCII throughout.
enum MailText {
    /// Of a line, without its end (RFC 5322, 2.1.1).
    private static let lineLimit = 76
    private static let newline = "\r\n"

    /// - Parameters:
    ///   - recipient: `user@host`, as the sender is.
    static func message(
        _ content: WebhookContent, to recipient: String, from sender: String
    ) -> [UInt8] {
        let domain = sender.split(separator: "@").last ?? "localhost"
        let headers = [
            ("Date", date(content.timestamp)),
            ("From", "bloasis <\(sender)>"),
            ("To", "<\(recipient)>"),
            ("Subject", subject(content.title)),
            // The same at each attempt: whoever gets it twice can tell.
            ("Message-ID", "<\(content.id)@\(domain)>"),
            ("Auto-Submitted", "auto-generated"),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "base64"),
        ]
        let head = headers.map { "\($0): \($1)\(newline)" }.joined()
        return Array((head + newline + body(content)).utf8)
    }

    private static func body(_ content: WebhookContent) -> String {
        let text = content.items.map { item in
            ([item.title] + item.lines + (item.link.map { [$0] } ?? []))
                .map { $0 + newline }.joined()
        }.joined(separator: newline)
        let encoded = Array(Data(text.utf8).base64EncodedString().utf8)
        return stride(from: 0, to: encoded.count, by: lineLimit).map { start in
            let line = encoded[start..<min(start + lineLimit, encoded.count)]
            return String(decoding: line, as: UTF8.self) + newline
        }.joined()
    }

    // MARK: - Headers

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

    /// `Tue, 24 Nov 2026 08:30:00 +0000`
    private static func date(_ instant: Timestamp) -> String {
        let (date, text) = (instant.utcDate, instant.rfc3339)
        let day = text.dropFirst("2026-11-".utf8.count).prefix(2)
        let time = text.dropFirst("2026-11-24T".utf8.count).prefix("08:30:00".utf8.count)
        let (weekday, month) = (date.weekday.rawValue, CivilDate.monthAbbreviations[date.month - 1])
        return "\(weekdays[weekday]), \(day) \(month) \(date.year) \(time) +0000"
    }

    /// Of an encoded word: 52 characters in base64 and 12 around them, so that the first line, too,
    /// keeps to the 76 characters of RFC 2047, section 2.
    private static let wordBytes = 39

    /// As it is when short and of ASCII, else in encoded words, cut between characters.
    private static func subject(_ text: String) -> String {
        let isPlain =
            text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !text.contains("=?")
            && text.utf8.count <= lineLimit - "Subject: ".utf8.count
            && text == text.trimmingCharacters(in: .whitespaces)
        if isPlain { return text }
        var words: [String] = []
        var word = ""
        for scalar in text.unicodeScalars {
            if word.utf8.count + UTF8.width(scalar) > wordBytes {
                words.append(word)
                word = ""
            }
            word.unicodeScalars.append(scalar)
        }
        return (words + [word])
            .map { "=?UTF-8?B?\(Data($0.utf8).base64EncodedString())?=" }
            .joined(separator: newline + " ")
    }
}

/// The mailbox of a `mailto:` URL: an address, without percent-encoding, headers or names.
enum MailAddress {
    static let scheme = "mailto:"
    /// RFC 5321, 4.5.3.1.
    private static let localLimit = 64
    private static let lengthLimit = 254

    static func text(ofURL url: String) -> String { String(url.dropFirst(scheme.count)) }

    /// Whether a text is `user@host`, of characters that need no quotes (RFC 5322, dot-atom).
    static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= lengthLimit,
            (1...localLimit).contains(parts[0].utf8.count)
        else { return false }
        let atoms = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        return atoms.allSatisfy { isAtom($0) } && labels.allSatisfy { isLabel($0) }
    }

    private static let marks = Set("!#$%&'*+-/=?^_`{|}~".utf8)

    private static func isAtom(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { isLetterOrDigit($0) || marks.contains($0) }
    }

    private static func isLabel(_ text: Substring) -> Bool {
        (1...63).contains(text.utf8.count) && !text.hasPrefix("-") && !text.hasSuffix("-")
            && text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
            || (0x61...0x7A).contains(byte)
    }
}
