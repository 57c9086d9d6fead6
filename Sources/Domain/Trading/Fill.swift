package import Market
package import Regimes

/// What a report of an execution says: that it happened, that it was another one, or that it did
/// not happen.
package enum FillKind: String, Sendable, CaseIterable {
    /// An order was filled, wholly or in part.
    case fill
    /// An earlier fill was in truth this one.
    case correct
    /// An earlier fill is void.
    case bust
}

package enum Side: String, Sendable, CaseIterable {
    case buy
    case sell
}

/// One report of an execution. Reports are never changed: a correction or a bust is a report of its
/// own, with its own id, that refers to the one it takes the place of (FIX: ExecRefID).
///
/// Numbers are bounded so that what reports add up to fits. A product has at most 20 digits after
/// the point, which leaves 1.7 × 10^18 whole of 128 bits: 17,000 trades of the largest size, or
/// 8,500 when each has the largest commission besides. A gain times what is closed is no larger
/// than the greater of both trades, since no price is negative.
package struct Fill: Hashable, Sendable {
    /// Digits after the point in a quantity, a price and a commission.
    package static let placesLimit = 10
    /// What a quantity, a price, a commission's magnitude and quantity times price stay below.
    package static let amountLimit = DecimalNumber(100_000_000_000_000)

    package let id: FillID
    package let kind: FillKind
    /// The report that a correction or bust replaces; `nil` for a fill.
    package let reference: FillID?
    package let orderID: OrderID
    package let userID: UserID
    package let symbol: Symbol
    package let side: Side
    /// Above zero.
    package let quantity: DecimalNumber
    /// In `currency`, per unit; never negative.
    package let price: DecimalNumber
    /// In `currency`; a rebate is negative.
    package let commission: DecimalNumber
    package let currency: Currency
    /// When it was executed, corrected or busted; whole microseconds.
    package let timestamp: Timestamp

    /// - Throws: `FillFault` naming the first field that makes no sense.
    package init(
        id: FillID, kind: FillKind = .fill, reference: FillID? = nil, orderID: OrderID,
        userID: UserID, symbol: Symbol, side: Side, quantity: DecimalNumber,
        price: DecimalNumber, commission: DecimalNumber = .zero, currency: Currency,
        timestamp: Timestamp
    ) throws(FillFault) {
        self.id = id
        self.kind = kind
        self.reference = reference
        self.orderID = orderID
        self.userID = userID
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.price = price
        self.commission = commission
        self.currency = currency
        self.timestamp = timestamp
        if let fault { throw fault }
    }

    private var fault: FillFault? {
        if kind == .fill, reference != nil {
            return FillFault("ref_fill_id", "a fill refers to no other: use correct or bust")
        }
        if kind != .fill, reference == nil {
            return FillFault("ref_fill_id", "a \(kind.rawValue) must name the fill it replaces")
        }
        if reference == id { return FillFault("ref_fill_id", "refers to itself") }
        if quantity <= .zero { return FillFault("filled_qty", "\(quantity) is not above zero") }
        if price < .zero { return FillFault("filled_price", "\(price) is negative") }
        if !timestamp.isWholeMicrosecond {
            return FillFault("timestamp", "\(timestamp) is finer than a microsecond")
        }
        return excess
    }

    /// The first number that is finer or larger than what surely adds up.
    private var excess: FillFault? {
        let numbers = [
            ("filled_qty", quantity), ("filled_price", price), ("commission", commission),
        ]
        for (field, number) in numbers {
            if number.scale > Fill.placesLimit {
                return FillFault(
                    field,
                    "\(number) has more than \(Fill.placesLimit) digits after the point")
            }
            if number >= Fill.amountLimit || number <= Fill.negativeLimit {
                return FillFault(
                    field,
                    "\(number) is too large: its magnitude must be below \(Fill.amountLimit)")
            }
        }
        let amount = try? quantity.multiplied(by: price)
        guard let amount, amount < Fill.amountLimit else {
            return FillFault(
                "filled_qty",
                "\(quantity) times filled_price \(price) is too large: it must be below "
                    + "\(Fill.amountLimit)")
        }
        return nil
    }

    private static let negativeLimit = DecimalNumber(-amountLimit.coefficient)

    /// Whether both speak of the same trade: what a correction may not change.
    package func isAboutTheSame(as other: Fill) -> Bool {
        orderID == other.orderID && userID == other.userID && symbol == other.symbol
            && side == other.side && currency == other.currency
    }
}

/// A field of a report that makes no sense.
package struct FillFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// As the wire names it.
    package let field: String
    package let problem: String

    package init(_ field: String, _ problem: String) {
        self.field = field
        self.problem = problem
    }

    package var description: String { "\(field): \(problem)" }
}

/// The regime that was known at an instant.
package struct KnownRegime: Hashable, Sendable {
    package let series: Series
    package let regime: Regime
    /// The bar whose close it is the answer for.
    package let asOf: Timestamp

    package init(series: Series, regime: Regime, asOf: Timestamp) {
        self.series = series
        self.regime = regime
        self.asOf = asOf
    }
}

/// A report as it was recorded.
package struct RecordedFill: Hashable, Sendable {
    package let fill: Fill
    /// 1, 2, 3 … without gaps, per user.
    package let sequence: Int64
    package let eventID: EventID
    /// The regime known at the fill's instant, which is a correction's and a bust's too; `nil` when
    /// none was.
    package let regime: KnownRegime?

    package init(fill: Fill, sequence: Int64, eventID: EventID, regime: KnownRegime?) {
        self.fill = fill
        self.sequence = sequence
        self.eventID = eventID
        self.regime = regime
    }
}
