package import Market

/// The bars of one market, with what evaluation needs of them.
package struct MarketHistory: Sendable {
    package let name: String
    package let bars: BarColumns
    /// The exchange's date that each bar belongs to.
    package let dates: [CivilDate]
    /// Annualises returns and volatilities.
    package let barsPerYear: Double
    /// Simple return of each bar from the last close before it; `nil` where there is no close, and
    /// at the first one. So a return after a gap spans the gap. Above −1, if only by a rounding.
    package let returns: [Double?]
    /// The bar whose close each bar's return is counted from: the last one before it that has a
    /// close; `nil` where none has.
    package let bases: [Int?]

    /// - Parameter calendar: gives each bar its date.
    package init(
        name: String, bars: BarColumns, calendar: SessionCalendar, barsPerYear: Double
    ) {
        self.name = name
        self.bars = bars
        self.barsPerYear = barsPerYear
        dates = bars.timestamps.map { calendar.date(ofClose: $0) }
        var bases: [Int?] = []
        var last: Int?
        returns = bars.close.enumerated().map { bar, close in
            bases.append(last)
            guard close.isFinite, close > 0 else { return nil }
            defer { last = bar }
            guard let last else { return nil }
            let value = close / bars.close[last] - 1
            return value.isFinite ? max(value, -1 + Double.ulpOfOne) : nil
        }
        self.bases = bases
    }

    package var count: Int { bars.count }
}
