package import Market

/// What a bar does to an order: a decision without a market, the same for the same seed.
///
/// An order is filled at the bar's first price, or at its close where it has no other, with
/// slippage against the trader; of a bar's volume it has a share at the most. A bar without a
/// volume fills half of an order now and then, so that what has to bear parts meets them.
package struct PaperExecution: Equatable, Sendable {
    package let quantity: DecimalNumber
    package let price: DecimalNumber
    package let commission: DecimalNumber

    /// Of bars without a volume, the share that fills in part.
    static let partialShare = 0.1
    /// Digits behind the point: of prices from 1 up, and below; of commissions.
    static let pricePlaces = (coarse: 4, fine: 8)
    static let moneyPlaces = 2

    /// - Parameters:
    ///   - number: of the bar among those that the order was held against, from 1.
    /// - Returns: `nil` when nothing is filled.
    package init?(of order: PaperOrder, on bar: Bar, number: Int, terms: PaperTerms) {
        var chance = PaperChance(seed: terms.seed, order: order.id, number: number)
        let (slip, part) = (chance.unit(), chance.unit())
        guard
            let quantity = PaperExecution.quantity(
                order.rest, volume: bar.volume, terms: terms, part: part),
            let price = PaperExecution.price(
                bar.firstPrice, order.side, terms.slippageBasisPoints / 1e4 * (0.5 + slip))
        else { return nil }
        let amount = quantity.approximation * price.approximation
        guard
            let commission = DecimalNumber(
                rounding: amount * terms.commissionBasisPoints / 1e4,
                places: PaperExecution.moneyPlaces)
        else { return nil }
        self.quantity = quantity
        self.price = price
        self.commission = commission
    }

    private static func quantity(
        _ rest: DecimalNumber, volume: Double, terms: PaperTerms, part: Double
    ) -> DecimalNumber? {
        let lot = terms.lot.approximation
        if volume.isFinite, volume >= 0 {
            let lots = (volume * terms.participation / lot).rounded(.down)
            guard lots >= 1 else { return nil }
            guard lots < 0x1p53, let most = try? terms.lot.multiplied(by: .init(Int128(lots)))
            else { return rest }
            return min(rest, most)
        }
        guard part < partialShare else { return rest }
        let lots = (rest.approximation / lot / 2).rounded(.up)
        guard lots < 0x1p53, let half = try? terms.lot.multiplied(by: .init(Int128(lots)))
        else { return rest }
        return min(rest, half)
    }

    /// Rounded against the trader.
    private static func price(_ base: Double, _ side: Side, _ slip: Double) -> DecimalNumber? {
        guard base > 0, base.isFinite else { return nil }
        let price = base * (side == .buy ? 1 + slip : 1 - slip)
        let places = price >= 1 ? pricePlaces.coarse : pricePlaces.fine
        guard
            let rounded = DecimalNumber(
                rounding: price, places: places, side == .buy ? .up : .down),
            rounded > .zero
        else { return nil }
        return rounded
    }
}

extension Bar {
    /// Whether it says what it began with.
    package var hasOpen: Bool { open.isFinite && open > 0 }

    fileprivate var firstPrice: Double { hasOpen ? open : close }
}

/// Draws for one bar of one order: SplitMix64 (Steele, Lea and Flood 2014) from a hash of what they
/// are for (FNV-1a), so that none depends on what else was drawn.
private struct PaperChance {
    private var state: UInt64

    init(seed: Int64, order: OrderID, number: Int) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        for byte in order.text.utf8 { add(byte) }
        for shift in stride(from: 0, to: 64, by: 8) {
            add(UInt8(truncatingIfNeeded: seed >> Int64(shift)))
        }
        for shift in stride(from: 0, to: 64, by: 8) {
            add(UInt8(truncatingIfNeeded: number >> shift))
        }
        state = hash
    }

    /// Uniform in 0 ..< 1.
    mutating func unit() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ (mixed >> 31)) >> 11) * 0x1p-53
    }
}
