package import Market

/// Features of one series, bar by bar.
///
/// A value depends on the bars up to and including the one just given, on nothing later. A bar
/// whose inputs are missing, or a formula that has too little history or no finite result, gives
/// NaN: missing stays missing. Windows of n bars are the last n present values.
package struct IndicatorEngine: Sendable {
    private var indicators: [any Indicator]

    /// - Parameter barsPerYear: annualises volatilities.
    package init(features: [Feature], barsPerYear: Double) {
        indicators = features.map { $0.formula.indicator(barsPerYear: barsPerYear) }
    }

    /// One value per feature, in the order given; NaN where missing.
    package mutating func advance(with bar: Bar) -> [Double] {
        var values = [Double]()
        values.reserveCapacity(indicators.count)
        for index in indicators.indices {
            values.append(finite(indicators[index].advance(with: bar)))
        }
        return values
    }

    /// One column per feature, each as long as `bars`: the same bits as bar by bar.
    package static func columns(
        of bars: BarColumns, features: [Feature], barsPerYear: Double
    ) -> [[Double]] {
        features.map { feature in
            column(of: bars, feature.formula.indicator(barsPerYear: barsPerYear))
        }
    }

    private static func column(of bars: BarColumns, _ start: some Indicator) -> [Double] {
        var indicator = start
        return (0..<bars.count).map { finite(indicator.advance(with: bars[$0])) }
    }
}

/// A formula with the history it needs.
protocol Indicator: Sendable {
    mutating func advance(with bar: Bar) -> Double
}

/// A result that is not a finite number is missing.
private func finite(_ value: Double) -> Double { value.isFinite ? value : .nan }

extension Formula {
    func indicator(barsPerYear: Double) -> any Indicator {
        switch self {
        case .simpleReturn: SimpleReturn()
        case .logReturn: LogReturn()
        case .exponentialMean(let halfLife): ExponentialMean(halfLife: halfLife)
        case .downsideDeviation(let halfLife): DownsideDeviation(halfLife: halfLife)
        case .logDownsideDeviation(let halfLife): LogDownsideDeviation(halfLife: halfLife)
        case .sortino(let halfLife): Sortino(halfLife: halfLife)
        case .volatility(let length): Volatility(length: length, barsPerYear: barsPerYear)
        case .logVolatility(let length): LogVolatility(length: length, barsPerYear: barsPerYear)
        case .volatilityRank(let length): VolatilityRank(length: length, barsPerYear: barsPerYear)
        case .longRunVolatility: LongRunVolatility(barsPerYear: barsPerYear)
        case .range(let estimator, let length):
            RangeVolatility(estimator, length: length, barsPerYear: barsPerYear)
        case .drawdown: Drawdown()
        case .recentDrawdown(let length): RecentDrawdown(length: length)
        case .trend(let length): Trend(length: length)
        case .momentum(let from, let to): Momentum(from: from, to: to)
        case .exogenous(let name): ExogenousLevel(name: name)
        case .exogenousChange(let name, let length): ExogenousChange(name: name, length: length)
        }
    }
}
