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

    /// - Parameter calendar: gives each bar its date.
    package init(
        name: String, bars: BarColumns, calendar: SessionCalendar, barsPerYear: Double
    ) {
        self.name = name
        self.bars = bars
        self.barsPerYear = barsPerYear
        dates = bars.timestamps.map { calendar.date(ofClose: $0) }
        var last: Double?
        returns = bars.close.map { close in
            guard close.isFinite, close > 0 else { return nil }
            defer { last = close }
            guard let last else { return nil }
            let value = close / last - 1
            return value.isFinite ? max(value, -1 + Double.ulpOfOne) : nil
        }
    }

    package var count: Int { bars.count }
}
