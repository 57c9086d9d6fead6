/// One named number computed from the bars so far.
package struct Feature: Hashable, Sendable {
    package let name: String
    package let formula: Formula

    /// A feature by its name.
    ///
    /// - Throws: `UnknownFeature`, which lists the valid names.
    package init(name: some StringProtocol) throws(UnknownFeature) {
        guard let row = Feature.table.first(where: { $0.name == name }) else {
            throw UnknownFeature(name: String(name))
        }
        self.name = row.name
        formula = row.formula
    }

    /// Every feature with what it means, in the order of the documentation.
    package static var documentation: [(name: String, meaning: String)] {
        table.map { ($0.name, $0.meaning) }
    }

    /// The exogenous column that it is made of.
    package var exogenousName: String? {
        switch formula {
        case .exogenous(let name), .exogenousChange(let name, _): name
        default: nil
        }
    }

    package static var names: [String] { table.map(\.name) }
}

extension Feature: CustomStringConvertible {
    package var description: String { name }
}

package struct UnknownFeature: Error, Equatable, Sendable, CustomStringConvertible {
    package let name: String

    package init(name: String) {
        self.name = name
    }

    package var description: String {
        "unknown feature «\(name)»; valid ones: \(Feature.names.joined(separator: ", "))"
    }
}

/// How a feature is computed; lengths are counted in bars.
package enum Formula: Hashable, Sendable {
    case simpleReturn
    case logReturn
    case exponentialMean(halfLife: Int)
    case downsideDeviation(halfLife: Int)
    case logDownsideDeviation(halfLife: Int)
    case sortino(halfLife: Int)
    case volatility(length: Int)
    case logVolatility(length: Int)
    case volatilityRank(length: Int)
    case longRunVolatility
    case range(RangeEstimator, length: Int)
    case drawdown
    case recentDrawdown(length: Int)
    case trend(length: Int)
    case momentum(from: Int, to: Int)
    case exogenous(name: String)
    case exogenousChange(name: String, length: Int)
}

extension Feature {
    struct Row: Sendable {
        let name: String
        let meaning: String
        let formula: Formula
    }

    static let halfLives = [5, 20, 60]
    /// A trading month and year, in daily bars; for other timeframes a count of bars like any.
    static let monthBars = 21
    static let yearBars = 252
    /// How far back a value's rank in its own history looks.
    static let rankBars = 2520
    static let trendBars = 200
    static let weekBars = 5

    static let table: [Row] =
        [
            Row(
                name: "simple_return", meaning: "close over the previous close, less 1",
                formula: .simpleReturn),
            Row(
                name: "log_return", meaning: "natural logarithm of close over previous close",
                formula: .logReturn),
        ] + exponential + volatilities + positions + exogenous

    private static var exponential: [Row] {
        halfLives.flatMap { halfLife in
            [
                Row(
                    name: "ewm_mean_\(halfLife)",
                    meaning: "exponentially weighted mean log return, half-life \(halfLife) bars",
                    formula: .exponentialMean(halfLife: halfLife)),
                Row(
                    name: "downside_deviation_\(halfLife)",
                    meaning: "square root of the exponentially weighted mean of squared negative "
                        + "log returns, half-life \(halfLife) bars",
                    formula: .downsideDeviation(halfLife: halfLife)),
                Row(
                    name: "log_downside_deviation_\(halfLife)",
                    meaning: "natural logarithm of downside_deviation_\(halfLife)",
                    formula: .logDownsideDeviation(halfLife: halfLife)),
                Row(
                    name: "sortino_\(halfLife)",
                    meaning: "ewm_mean_\(halfLife) over downside_deviation_\(halfLife)",
                    formula: .sortino(halfLife: halfLife)),
            ]
        }
    }

    private static var volatilities: [Row] {
        let annual = "annualised, last \(monthBars) bars"
        return [
            Row(
                name: "volatility_21",
                meaning: "sample standard deviation of log returns, \(annual)",
                formula: .volatility(length: monthBars)),
            Row(
                name: "log_volatility_21", meaning: "natural logarithm of volatility_21",
                formula: .logVolatility(length: monthBars)),
            Row(
                name: "volatility_rank",
                meaning: "share of the last \(rankBars) values of volatility_21 that are not "
                    + "above the present one; from \(RollingRank.minimumHistory) values on",
                formula: .volatilityRank(length: monthBars)),
            Row(
                name: "long_run_volatility",
                meaning: "sample standard deviation of all log returns so far, annualised; from "
                    + "\(LongRunVolatility.minimumReturns) returns on",
                formula: .longRunVolatility),
            Row(
                name: "parkinson_21", meaning: "Parkinson (1980) high–low volatility, \(annual)",
                formula: .range(.parkinson, length: monthBars)),
            Row(
                name: "garman_klass_21", meaning: "Garman and Klass (1980) volatility, \(annual)",
                formula: .range(.garmanKlass, length: monthBars)),
            Row(
                name: "rogers_satchell_21",
                meaning: "Rogers and Satchell (1991) volatility, \(annual)",
                formula: .range(.rogersSatchell, length: monthBars)),
            Row(
                name: "yang_zhang_21", meaning: "Yang and Zhang (2000) volatility, \(annual)",
                formula: .range(.yangZhang, length: monthBars)),
        ]
    }

    /// Joined to the bars as of when they were known; missing on bars that carry none.
    private static var exogenous: [Row] {
        [
            Row(
                name: "vix", meaning: "exogenous «vix»: implied volatility index, level",
                formula: .exogenous(name: "vix")),
            Row(
                name: "vix_change",
                meaning: "natural logarithm of vix over its value \(weekBars) bars ago",
                formula: .exogenousChange(name: "vix", length: weekBars)),
            Row(
                name: "term_spread",
                meaning: "exogenous «term_spread»: long less short rate, level",
                formula: .exogenous(name: "term_spread")),
            Row(
                name: "credit_spread",
                meaning: "exogenous «credit_spread»: risky less safe bond yield, level",
                formula: .exogenous(name: "credit_spread")),
        ]
    }

    private static var positions: [Row] {
        [
            Row(
                name: "drawdown", meaning: "close over its running maximum, less 1",
                formula: .drawdown),
            Row(
                name: "drawdown_252",
                meaning: "close over its maximum of the last \(yearBars) bars, less 1",
                formula: .recentDrawdown(length: yearBars)),
            Row(
                name: "trend_200",
                meaning: "close over its mean of the last \(trendBars) bars, less 1",
                formula: .trend(length: trendBars)),
            Row(
                name: "momentum_12_1",
                meaning: "log return from \(yearBars) to \(monthBars) bars ago",
                formula: .momentum(from: yearBars, to: monthBars)),
        ]
    }
}
