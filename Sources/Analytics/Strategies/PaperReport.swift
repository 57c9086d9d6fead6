package import Market
package import Regimes
package import Trading

/// What a paper portfolio made of a stretch of history, bar by bar and by regime.
///
/// Money is exact: what the regimes made adds up to what the portfolio made. What happens up to a
/// bar belongs to the regime that was in force at the close before it, which it was held under.
package struct PaperReport: Sendable {
    /// One bar of the market, and what there was at its close.
    package struct Mark: Sendable {
        package let asOf: Timestamp
        /// In force from this close on.
        package let regime: Regime
        package let equity: DecimalNumber

        package init(asOf: Timestamp, regime: Regime, equity: DecimalNumber) {
            self.asOf = asOf
            self.regime = regime
            self.equity = equity
        }
    }

    /// What was made under one regime, or under all.
    package struct Line: Equatable, Sendable {
        /// `nil`: all.
        package let regime: Regime?
        package fileprivate(set) var bars = 0
        package fileprivate(set) var profit = DecimalNumber.zero
        /// The deepest fall from a peak within one stretch of it, as a share of the peak.
        package fileprivate(set) var drawdown = 0.0
        /// What was bought and sold.
        package fileprivate(set) var traded = DecimalNumber.zero
        package fileprivate(set) var commission = DecimalNumber.zero
        package fileprivate(set) var fills = 0
        /// What was traded, as a share of what there was when it was.
        package fileprivate(set) var turnover = 0.0

        /// The peak of the stretch that is under way.
        private var peak = 0.0

        init(_ regime: Regime?) {
            self.regime = regime
        }

        mutating func begin(at equity: Double) { peak = equity }

        mutating func take(_ profit: DecimalNumber, to equity: Double) throws(DecimalError) {
            bars += 1
            self.profit = try self.profit.adding(profit)
            peak = max(peak, equity)
            if peak > 0 { drawdown = max(drawdown, 1 - equity / peak) }
        }

        mutating func take(_ fill: Fill, worth equity: Double) throws(DecimalError) {
            let amount = try fill.quantity.multiplied(by: fill.price)
            traded = try traded.adding(amount)
            commission = try commission.adding(fill.commission)
            fills += 1
            if equity > 0 { turnover += amount.approximation / equity }
        }
    }

    /// Those that were in force, in the order of the contract; then all.
    package let lines: [Line]
    package let marks: [Mark]

    /// - Parameters:
    ///   - marks: oldest first; the first is where it began.
    ///   - fills: in the order in which they happened, after the first mark.
    /// - Throws: `DecimalError` when a sum does not fit.
    package init(_ marks: [Mark], fills: [Fill]) throws(DecimalError) {
        var byRegime: [Regime: Line] = [:]
        var total = Line(nil)
        var rest = fills[...]
        var current: Regime?
        total.begin(at: marks.first?.equity.approximation ?? 0)
        for (before, mark) in zip(marks, marks.dropFirst()) {
            var line = byRegime[before.regime] ?? Line(before.regime)
            let worth = before.equity.approximation
            if current != before.regime { line.begin(at: worth) }
            current = before.regime
            let profit = try mark.equity.subtracting(before.equity)
            try line.take(profit, to: mark.equity.approximation)
            try total.take(profit, to: mark.equity.approximation)
            while let fill = rest.first, fill.timestamp <= mark.asOf {
                try line.take(fill, worth: worth)
                try total.take(fill, worth: worth)
                rest = rest.dropFirst()
            }
            byRegime[before.regime] = line
        }
        self.marks = marks
        lines = Regime.allCases.compactMap { byRegime[$0] } + [total]
    }
}
