package import Market

/// A currency by its ISO 4217 code: three capital letters.
package struct Currency: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let code: String

    package init?(_ code: some StringProtocol) {
        guard code.utf8.count == 3,
            code.utf8.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
        else { return nil }
        self.code = String(code)
    }

    package var description: String { code }

    package static func < (lhs: Currency, rhs: Currency) -> Bool { lhs.code < rhs.code }
}

/// What names one thing of a kind, by the rule of identifiers.
///
/// `Subject` only tells kinds apart.
package struct Identifier<Subject>: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init?(_ text: some StringProtocol) {
        guard IdentifierRule.allows(text) else { return nil }
        self.text = String(text)
    }

    package var description: String { text }
}

package enum User {}
package enum Order {}
/// Something that is bought and sold.
package enum Instrument {}

package typealias UserID = Identifier<User>
package typealias OrderID = Identifier<Order>
package typealias FillID = Identifier<Fill>
package typealias Symbol = Identifier<Instrument>

extension Identifier where Subject == Instrument {
    /// What is traded under the name of a market, whose alphabet is part of that of identifiers.
    package init(market: MarketName) {
        text = market.text
    }
}

extension Identifier: Comparable {
    package static func < (lhs: Identifier, rhs: Identifier) -> Bool { lhs.text < rhs.text }
}
