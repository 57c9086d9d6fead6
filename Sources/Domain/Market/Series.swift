/// The name of a market: 1 to 32 characters of `A–Z a–z 0–9 . _ ^ = -`, first one not `.` or `-`.
///
/// The alphabet is what tickers use and what is safe in keys, paths and headers.
package struct MarketName: Hashable, Sendable {
    package let text: String

    package static let lengthLimit = 32

    package init?(_ text: some StringProtocol) {
        guard !text.isEmpty, text.utf8.count <= MarketName.lengthLimit,
            let first = text.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-"),
            text.utf8.allSatisfy(MarketName.allows)
        else { return nil }
        self.text = String(text)
    }

    /// Whether some market's name could have a text in it.
    package static func mayContain(_ text: String) -> Bool {
        text.utf8.count <= lengthLimit && text.utf8.allSatisfy(allows)
    }

    private static func allows(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "^"), UInt8(ascii: "="), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension MarketName: CustomStringConvertible {
    package var description: String { text }
}

extension MarketName: Comparable {
    package static func < (lhs: MarketName, rhs: MarketName) -> Bool { lhs.text < rhs.text }
}

/// What everything is kept per: a market at a timeframe.
package struct Series: Hashable, Sendable {
    package let market: MarketName
    package let timeframe: Timeframe

    package init(market: MarketName, timeframe: Timeframe = .daily) {
        self.market = market
        self.timeframe = timeframe
    }
}

extension Series: CustomStringConvertible {
    package var description: String { "\(market)/\(timeframe)" }
}
