import Kernels
import Regimes

/// Means and volatilities of returns in a regime, and what correlates them.
///
/// One weighted sample serves all: a bar of the regime has weight 1, all others together that of
/// `priorBars` bars at the most. So a regime that was seen for a week hardly moves what is known of
/// all others, and one that was seen for years stands for itself (Bühlmann's credibility: the
/// regime's share is n ÷ (n + K)).
struct ReturnMoments: Sendable {
    /// How many bars what is known of other regimes is worth: a quarter of a year, of days.
    static let priorBars = 63.0

    /// Bars of the regime.
    let regimeBars: Int
    /// The sample's weight: bars of the regime, and what the others are worth.
    let weight: Double
    /// Kish's effective number of observations.
    let effectiveBars: Double
    /// Of one bar, by symbol.
    let means: [Double]
    /// Standard deviations of one bar, by symbol.
    let volatilities: [Double]
    /// The share of the sample's weight that each symbol has returns for.
    let coverage: [Double]
    /// Each bar's share of the sample's weight.
    let shares: [Double]
    /// Returns in units of their deviations, each row times the root of its share of the weight,
    /// so that AᵀA is the correlation of what is there; 0 where missing. T × N.
    let standardised: ColumnMatrix

    /// - Parameter symbols: columns of `history`, each with a return at least.
    init(_ history: LabelledReturns, in regime: Regime, of symbols: [Int]) {
        let labels = history.labels
        regimeBars = labels.count { $0 == regime }
        let others = labels.count - regimeBars
        let share = others == 0 ? 0 : min(1, ReturnMoments.priorBars / Double(others))
        let weights = labels.map { $0 == regime ? 1 : share }
        let weight = weights.reduce(0, +)
        effectiveBars = weight * weight / weights.reduce(0) { $0 + $1 * $1 }
        self.weight = weight
        shares = weights.map { $0 / weight }
        let roots = shares.map { $0.squareRoot() }

        var means: [Double] = []
        var volatilities: [Double] = []
        var coverage: [Double] = []
        var values: [Double] = []
        values.reserveCapacity(symbols.count * labels.count)
        for symbol in symbols {
            let column = history.column(symbol)
            let moments = WeightedMoments(column, weights)
            means.append(moments.mean)
            volatilities.append(moments.deviation)
            coverage.append(moments.weight / weight)
            for (value, root) in zip(column, roots) {
                values.append(
                    value.isNaN ? 0 : (value - moments.mean) / moments.deviation * root)
            }
        }
        self.means = means
        self.volatilities = volatilities
        self.coverage = coverage
        standardised = ColumnMatrix(rows: labels.count, columns: symbols.count, values: values)
    }
}

/// Mean and deviation of what is there of a column.
struct WeightedMoments {
    let count: Int
    let weight: Double
    let mean: Double
    let deviation: Double

    init(_ column: ArraySlice<Double>, _ weights: [Double]) {
        var (count, weight, sum) = (0, 0.0, 0.0)
        for (value, share) in zip(column, weights) where !value.isNaN {
            count += 1
            weight += share
            sum += share * value
        }
        let mean = sum / weight
        var squares = 0.0
        for (value, share) in zip(column, weights) where !value.isNaN {
            squares += share * (value - mean) * (value - mean)
        }
        self.count = count
        self.weight = weight
        self.mean = mean
        deviation = (squares / weight).squareRoot()
    }
}
