package import Market

/// Names a paper portfolio among its user's: 1 to 64 letters, digits, `.`, `_` and `-`.
package struct PaperPortfolioID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let text: String

    package static let lengthLimit = 64

    package init?(_ text: some StringProtocol) {
        guard (1...PaperPortfolioID.lengthLimit).contains(text.utf8.count),
            text.utf8.allSatisfy(PaperPortfolioID.allows)
        else { return nil }
        self.text = String(text)
    }

    private static func allows(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }

    package var description: String { text }

    package static func < (lhs: PaperPortfolioID, rhs: PaperPortfolioID) -> Bool {
        lhs.text < rhs.text
    }
}

/// A portfolio and whose it is.
package struct PaperKey: Hashable, Sendable {
    package let userID: UserID
    package let id: PaperPortfolioID

    package init(userID: UserID, id: PaperPortfolioID) {
        self.userID = userID
        self.id = id
    }
}

extension PaperKey: CustomStringConvertible {
    package var description: String { "\(id) of \(userID)" }
}

/// How a paper broker fills orders.
package struct PaperTerms: Hashable, Sendable {
    /// Of the price, in hundredths of a percent, about, against the trader.
    package var slippageBasisPoints: Double
    /// Of what is traded, in hundredths of a percent.
    package var commissionBasisPoints: Double
    /// The share of a bar's volume that an order may have at the most, above 0 to 1.
    package var participation: Double
    /// The least that is traded of a symbol; above zero.
    package var lot: DecimalNumber
    /// What chance is drawn from.
    package var seed: Int64

    package static let basisPointsLimit = 1_000.0
    package static let standard = PaperTerms()

    package init(
        slippageBasisPoints: Double = 2, commissionBasisPoints: Double = 1,
        participation: Double = 0.1, lot: DecimalNumber = DecimalNumber(1), seed: Int64 = 1
    ) {
        self.slippageBasisPoints = slippageBasisPoints
        self.commissionBasisPoints = commissionBasisPoints
        self.participation = participation
        self.lot = lot
        self.seed = seed
    }
}

/// A portfolio that follows the regimes of a series without money.
package struct PaperPortfolio: Hashable, Sendable {
    package let key: PaperKey
    package let series: Series
    /// What it may hold; each once.
    package let symbols: [MarketName]
    package let profile: RiskProfile
    package let capital: DecimalNumber
    package let currency: Currency
    package let terms: PaperTerms
    /// The last announced change of the series when it was opened.
    package var fromSequence: Int64
    /// The last change that it decided on; -1 before the first decision.
    package var decidedSequence: Int64
    package var isClosed: Bool

    package static let symbolsLimit = 500

    package init(
        key: PaperKey, series: Series, symbols: [MarketName], profile: RiskProfile,
        capital: DecimalNumber, currency: Currency, terms: PaperTerms, fromSequence: Int64 = 0,
        decidedSequence: Int64 = -1, isClosed: Bool = false
    ) {
        self.key = key
        self.series = series
        self.symbols = symbols
        self.profile = profile
        self.capital = capital
        self.currency = currency
        self.terms = terms
        self.fromSequence = fromSequence
        self.decidedSequence = decidedSequence
        self.isClosed = isClosed
    }

    /// Whether both were opened alike, whatever became of them.
    package func isOpenedAs(_ other: PaperPortfolio) -> Bool {
        key == other.key && series == other.series && symbols == other.symbols
            && profile == other.profile && capital == other.capital
            && currency == other.currency && terms == other.terms
    }
}

/// An order of a paper portfolio.
package struct PaperOrder: Hashable, Sendable {
    package enum Status: String, Sendable, CaseIterable {
        case open
        case filled
        case cancelled
        case expired
    }

    package let id: OrderID
    package let key: PaperKey
    /// Of the change that it was decided on.
    package let sequence: Int64
    package let symbol: MarketName
    package let side: Side
    package let quantity: DecimalNumber
    /// When it was decided: nothing that happened earlier fills it.
    package let decidedAt: Timestamp
    package var filled: DecimalNumber
    package var status: Status
    /// Why it was cancelled, or expired.
    package var reason: String?
    /// The last bar that it was held against; before the first, that of the decision.
    package var through: Timestamp
    /// How many bars it was held against.
    package var bars: Int

    /// After so many bars what is left of an order is given up.
    package static let barsLimit = 5

    package init(
        id: OrderID, key: PaperKey, sequence: Int64, symbol: MarketName, side: Side,
        quantity: DecimalNumber, decidedAt: Timestamp, filled: DecimalNumber = .zero,
        status: Status = .open,
        reason: String? = nil, through: Timestamp, bars: Int = 0
    ) {
        self.id = id
        self.key = key
        self.sequence = sequence
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.decidedAt = decidedAt
        self.filled = filled
        self.status = status
        self.reason = reason
        self.through = through
        self.bars = bars
    }

    /// What is left to be filled.
    package var rest: DecimalNumber { (try? quantity.subtracting(filled)) ?? .zero }
}
