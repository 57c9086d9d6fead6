import Market
import Regimes

/// The forecasts of one candidate, in the order that they were made in; none of one that states no
/// probabilities.
struct ForecastColumn: Sendable {
    /// Of the bar that each was made at; several markets' may be equal.
    var instants: [Timestamp] = []
    var posterior: [PosteriorForecast] = []
    var persistence: [Forecast] = []
    var calibrated: [Forecast] = []

    init() {}

    /// - Parameter calibrated: confidence per bar of the path.
    init(
        _ path: LabelPath, _ history: MarketHistory, horizon: Int, in bars: Range<Int>,
        calibrated confidence: [Double]
    ) {
        guard path.hasProbabilities else { return }
        instants = path.forecastBars(horizon: horizon, in: bars).map {
            history.bars.timestamps[$0]
        }
        posterior = path.posteriorForecasts(horizon: horizon, in: bars)
        persistence = path.persistenceForecasts(horizon: horizon, in: bars)
        calibrated = path.persistenceForecasts(
            horizon: horizon, in: bars, confidence: confidence)
    }

    /// Several markets' forecasts together.
    init(merging columns: [ForecastColumn]) {
        instants = columns.flatMap(\.instants)
        posterior = columns.flatMap(\.posterior)
        persistence = columns.flatMap(\.persistence)
        calibrated = columns.flatMap(\.calibrated)
    }
}

/// What replicates of one candidate's forecasts score.
struct ForecastReplicates: Sendable {
    private(set) var values: [Metric: [Double]] = [:]
    private var withoutValue: Set<Metric> = []
    /// Of each bin, the shares observed in the replicates that drew a forecast in it.
    private(set) var bins = [[Double]](repeating: [], count: Reliability.binCount)
    private(set) var calibratedBins = [[Double]](repeating: [], count: Reliability.binCount)
    private let errors: [Double]
    private let outcomes: [Int]
    private let persistence: BinaryColumn
    private let calibrated: BinaryColumn

    init(_ column: ForecastColumn) {
        errors = column.posterior.map(\.error)
        outcomes = column.posterior.map { Regime.allCases.firstIndex(of: $0.outcome) ?? 0 }
        persistence = BinaryColumn(column.persistence)
        calibrated = BinaryColumn(column.calibrated)
    }

    /// - Parameter drawn: indices of forecasts, at least one.
    mutating func add(_ drawn: [Int]) {
        let total = Double(drawn.count)
        var error = 0.0
        var counts = [Int](repeating: 0, count: Regime.allCases.count)
        for index in drawn {
            error += errors[index]
            counts[outcomes[index]] += 1
        }
        let base =
            1
            - counts.reduce(0.0) {
                let share = Double($1) / total
                return $0 + share * share
            }
        append(error / total, .posteriorBrier)
        append(base > 0 ? 1 - error / total / base : nil, .posteriorSkill)
        let raw = persistence.sums(drawn)
        append(raw.error / total, .persistenceBrier)
        append(raw.skill(total), .persistenceSkill)
        raw.addShares(to: &bins)
        let adjusted = calibrated.sums(drawn)
        append(adjusted.error / total, .calibratedBrier)
        append(adjusted.skill(total), .calibratedSkill)
        adjusted.addShares(to: &calibratedBins)
    }

    /// A metric that has no value in one replicate has no replicates.
    private mutating func append(_ value: Double?, _ metric: Metric) {
        guard let value else {
            values[metric] = []
            withoutValue.insert(metric)
            return
        }
        if !withoutValue.contains(metric) { values[metric, default: []].append(value) }
    }
}

/// Forecasts of yes or no as columns.
private struct BinaryColumn: Sendable {
    struct Sums {
        var error = 0.0
        var happened = 0
        var counts = [Int](repeating: 0, count: Reliability.binCount)
        var hits = [Int](repeating: 0, count: Reliability.binCount)

        /// `nil` where all outcomes are one.
        func skill(_ total: Double) -> Double? {
            let base = Double(happened) / total
            return base > 0 && base < 1 ? 1 - error / total / (base * (1 - base)) : nil
        }

        func addShares(to bins: inout [[Double]]) {
            for bin in bins.indices where counts[bin] > 0 {
                bins[bin].append(Double(hits[bin]) / Double(counts[bin]))
            }
        }
    }

    private let errors: [Double]
    private let bins: [Int]
    private let happened: [Int]

    init(_ forecasts: [Forecast]) {
        errors = forecasts.map {
            let error = $0.probability - ($0.happened ? 1 : 0)
            return error * error
        }
        bins = forecasts.map { Reliability.bin(of: $0.probability) }
        happened = forecasts.map { $0.happened ? 1 : 0 }
    }

    func sums(_ drawn: [Int]) -> Sums {
        var sums = Sums()
        for index in drawn {
            sums.error += errors[index]
            sums.happened += happened[index]
            sums.counts[bins[index]] += 1
            sums.hits[bins[index]] += happened[index]
        }
        return sums
    }
}
