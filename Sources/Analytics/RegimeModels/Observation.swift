import Indicators
package import Market

/// What the market looks like at a bar, whatever the model: the indicators that the rules from
/// states to labels look at. Each is causal; NaN while its history is too short.
package struct MarketContext: Sendable {
    /// Log return of the bar.
    package var logReturn: Double
    /// Annualised volatility of the last 21 returns.
    package var volatility: Double
    /// Share of its own last ten years that `volatility` is not below, 0 … 1.
    package var volatilityRank: Double
    /// Annualised volatility since the series began.
    package var longRunVolatility: Double
    /// Close over its 252-bar maximum, less 1.
    package var drawdown: Double
    /// Close over its 200-bar mean, less 1.
    package var trend: Double
    /// Log return from 252 to 21 bars ago.
    package var momentum: Double
    /// Level of the volatility index known with the bar; NaN when it is not known.
    package var vix = Double.nan

    /// The features behind the fields, in their order. `vix` comes with the bar instead, and is no
    /// part of what has to be known.
    package static let featureNames = [
        "log_return", "volatility_21", "volatility_rank", "long_run_volatility", "drawdown_252",
        "trend_200", "momentum_12_1",
    ]

    /// Nothing is known yet.
    package static let unknown = MarketContext(values: [Double](repeating: .nan, count: 7))

    init(values: [Double]) {
        logReturn = values[0]
        volatility = values[1]
        volatilityRank = values[2]
        longRunVolatility = values[3]
        drawdown = values[4]
        trend = values[5]
        momentum = values[6]
    }

    /// The fields in the order of `featureNames`.
    package var values: [Double] {
        [logReturn, volatility, volatilityRank, longRunVolatility, drawdown, trend, momentum]
    }

    /// Whether everything that the rules look at is known.
    package var isComplete: Bool { values.dropFirst().allSatisfy(\.isFinite) }
}

/// A bar as the models see it.
package struct Observation: Sendable {
    /// The bar's close.
    package var timestamp: Timestamp
    /// One value per feature of the specification, not scaled; NaN where missing.
    package var features: [Double]
    /// At a bar without a close: as last known, but for the return.
    package var context: MarketContext
    /// Whether a model has all it needs: every feature, or for rules the whole context.
    package var isComplete: Bool

    package init(
        timestamp: Timestamp, features: [Double], context: MarketContext, isComplete: Bool
    ) {
        self.timestamp = timestamp
        self.features = features
        self.context = context
        self.isComplete = isComplete
    }
}

/// Turns bars into observations, one by one.
package struct BarObserver: Sendable {
    private var engine: IndicatorEngine
    private var contextEngine: IndicatorEngine
    private var context = MarketContext.unknown
    private let model: ModelKind

    /// Precondition: the specification is valid.
    package init(specification: RegimeSpecification, barsPerYear: Double) {
        model = specification.model
        engine = IndicatorEngine(
            features: BarObserver.features(specification.observedFeatures),
            barsPerYear: barsPerYear)
        contextEngine = IndicatorEngine(
            features: BarObserver.features(MarketContext.featureNames), barsPerYear: barsPerYear)
    }

    package mutating func observe(_ bar: Bar) -> Observation {
        let features = engine.advance(with: bar)
        var present = MarketContext(values: contextEngine.advance(with: bar))
        let vix = bar.exogenous["vix"]
        if vix.isFinite { present.vix = vix }
        if bar.close.isFinite {
            context.update(with: present)
        } else {
            context.logReturn = .nan
        }
        let isComplete =
            switch model {
            case .hmm, .markov, .jump, .jumpContinuous, .jumpSparse:
                features.allSatisfy(\.isFinite)
            case .rules: bar.close.isFinite && context.isComplete
            }
        return Observation(
            timestamp: bar.timestamp, features: features, context: context, isComplete: isComplete)
    }

    private static func features(_ names: [String]) -> [Feature] {
        names.map { name in
            do {
                return try Feature(name: name)
            } catch {
                preconditionFailure("validate() lets only known features through: \(error)")
            }
        }
    }
}

extension MarketContext {
    /// Takes on what is known at a bar with a close. A return is missing after a gap, and with it
    /// the volatilities: those stay as last known.
    mutating func update(with present: MarketContext) {
        func latest(_ value: Double, _ earlier: Double) -> Double {
            value.isFinite ? value : earlier
        }
        logReturn = present.logReturn
        volatility = latest(present.volatility, volatility)
        volatilityRank = latest(present.volatilityRank, volatilityRank)
        longRunVolatility = latest(present.longRunVolatility, longRunVolatility)
        drawdown = latest(present.drawdown, drawdown)
        trend = latest(present.trend, trend)
        momentum = latest(present.momentum, momentum)
        vix = present.vix
    }
}

extension BarObserver {
    /// An observer that sees what a fitted model wants to see.
    package init(manifest: ModelManifest, barsPerYear: Double) {
        var specification = RegimeSpecification.standard
        specification.model = manifest.classifier.model
        specification.features = manifest.classifier.features
        self.init(specification: specification, barsPerYear: barsPerYear)
    }
}
