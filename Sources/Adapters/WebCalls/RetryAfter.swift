package import Market

/// The header `Retry-After` (RFC 9110, 10.2.3).
package enum RetryAfter {
    /// Seconds to wait, from a number of them or a date; `nil` for anything else.
    package static func seconds(_ text: String, at now: Timestamp) -> Int64? {
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return Int64(text) }
        guard let instant = date(text) else { return nil }
        let nanoseconds = max(0, instant.nanoseconds.subtractingClamped(now.nanoseconds))
        let perSecond = Timestamp.nanosecondsPerSecond
        return nanoseconds / perSecond + (nanoseconds.isMultiple(of: perSecond) ? 0 : 1)
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    private static func date(_ text: String) -> Timestamp? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT",
            let month = CivilDate.monthAbbreviations.firstIndex(of: String(words[2])),
            words[1].utf8.count == 2
        else { return nil }
        let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp(rfc3339: "\(words[3])-\(number)-\(words[1])T\(words[4])Z")
    }
}

extension Int64 {
    fileprivate func subtractingClamped(_ other: Int64) -> Int64 {
        let (difference, overflows) = subtractingReportingOverflow(other)
        return overflows ? (self < other ? .min : .max) : difference
    }
}
