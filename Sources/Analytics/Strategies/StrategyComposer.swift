package import Market
package import Regimes
package import Trading

/// Makes orders and words of an allocation.
package struct StrategyComposer: Sendable {
    /// A position is given up this many deviations of a bar's return from the last close.
    static let stopDeviations = 3.0
    /// Digits behind the point of a stop: of prices from 1 up, and below.
    static let stopPlaces = (coarse: 2, fine: 6)

    package let regime: Regime
    package let profile: RiskProfile
    package let series: Series
    package let capital: DecimalNumber
    /// The least that is traded of a symbol.
    package let lot: DecimalNumber
    package let asOf: Timestamp
    package let barsPerYear: Double

    package init(
        regime: Regime, profile: RiskProfile, series: Series, capital: DecimalNumber,
        lot: DecimalNumber, asOf: Timestamp, barsPerYear: Double
    ) {
        self.regime = regime
        self.profile = profile
        self.series = series
        self.capital = capital
        self.lot = lot
        self.asOf = asOf
        self.barsPerYear = barsPerYear
    }

    /// A symbol, as it is known.
    package struct Subject: Sendable {
        package let symbol: Symbol
        /// The last close; NaN when there is none, or none that is recent.
        package let price: Double
        package let held: DecimalNumber
        /// Whether any bar is stored under its name.
        package let isKnown: Bool

        package init(symbol: Symbol, price: Double, held: DecimalNumber, isKnown: Bool) {
            self.symbol = symbol
            self.price = price
            self.held = held
            self.isKnown = isKnown
        }
    }

    /// What is held of each symbol, as a share of the capital; 0 of one without a price.
    package func shares(_ subjects: [Subject]) -> [Double] {
        subjects.map { subject in
            subject.price > 0 ? subject.held.approximation * subject.price / amount : 0
        }
    }

    /// - Parameter subjects: the columns of the allocation.
    package func strategy(_ allocation: Allocation, of subjects: [Subject]) -> Strategy {
        let wording = StrategyWording(composer: self, allocation: allocation)
        let signals = subjects.indices.map { column in
            signal(column, subjects[column], allocation, wording)
        }
        return Strategy(
            name: wording.name, regime: regime, profile: profile, signals: signals,
            cash: allocation.cash, confidence: allocation.findings?.confidence ?? 0,
            rationale: wording.rationale,
            model: Allocator.model + (allocation.adviser.map { "+\($0)" } ?? ""), asOf: asOf)
    }

    private var amount: Double { capital.approximation }

    private func signal(
        _ column: Int, _ subject: Subject, _ allocation: Allocation, _ wording: StrategyWording
    ) -> Signal {
        let target = allocation.targets[column]
        let price = DecimalNumber(approximating: subject.price)
        let change = price == nil ? .zero : change(to: target, column, subject, allocation)
        let action: SignalAction =
            change.isZero ? .hold : change.isNegative ? .sell : .buy
        return Signal(
            symbol: subject.symbol, action: action, target: target + 0,
            quantity: (try? change.magnitude()) ?? .zero, price: price,
            stop: stop(column, subject, target, allocation),
            rationale: wording.rationale(column, subject))
    }

    /// Units to be bought, or, below zero, sold: whole lots, rounded towards none; all that is held
    /// where nothing is to be.
    private func change(
        to target: Double, _ column: Int, _ subject: Subject, _ allocation: Allocation
    ) -> DecimalNumber {
        guard target != allocation.held[column] else { return .zero }
        if target == 0 { return (try? subject.held.negated()) ?? .zero }
        let units = target * amount / subject.price - subject.held.approximation
        let lots = (units / lot.approximation).rounded(.towardZero)
        guard lots.magnitude < StrategyComposer.lotsLimit else { return .zero }
        return (try? lot.multiplied(by: DecimalNumber(Int128(lots)))) ?? .zero
    }

    /// Beyond it an order would be no order: of a price next to nothing.
    private static let lotsLimit = 1e15

    private func stop(
        _ column: Int, _ subject: Subject, _ target: Double, _ allocation: Allocation
    ) -> DecimalNumber? {
        guard target != 0, subject.price > 0, let findings = allocation.findings,
            let place = allocation.place(of: column)
        else { return nil }
        let deviation = findings.volatilities[place] / barsPerYear.squareRoot()
        let distance = StrategyComposer.stopDeviations * deviation
        let level = subject.price * (target > 0 ? max(1 - distance, 0) : 1 + distance)
        let places =
            level >= 1 ? StrategyComposer.stopPlaces.coarse : StrategyComposer.stopPlaces.fine
        return DecimalNumber(rounding: level, places: places)
    }
}
