import Market
import Regimes

/// What was seen of the candidates on one market in one period, before it is summed up; several
/// markets' samples pool into one.
struct EvaluationSamples {
    /// A column per candidate over rows that are named by an instant.
    struct Table {
        var instants: [Timestamp] = []
        /// What each row counts for in `mean`.
        var weights: [Double] = []
        /// Candidates · rows.
        var columns: [[Double]]

        init(candidates: Int) {
            columns = [[Double]](repeating: [], count: candidates)
        }

        /// Weighted mean of a candidate's column; `nil` without a row.
        func mean(of candidate: Int) -> Double? {
            let total = weights.reduce(0, +)
            guard total > 0 else { return nil }
            return zip(columns[candidate], weights).reduce(0) { $0 + $1.0 * $1.1 } / total
        }
    }

    var market: String
    /// Markets that were summed up.
    var markets = 1
    var period: EvaluationPeriod
    var from: CivilDate
    var through: CivilDate
    var barsPerYear: Double
    /// Bars of all markets together.
    var bars: Int
    var returns: Table
    var exposures: Table
    var traded: Table
    var logScores: Table
    /// 1 at a bar that changed the published label, else 0.
    var changed: Table
    /// Per candidate.
    var falls: [DetectionLag]
    var recoveries: [DetectionLag]
    var turns: [MarketTurn]
    /// Labels published at the rows of `returns`, per candidate; none of several markets.
    var labels: [[Regime]]
    var forecasts: [ForecastColumn]
}

extension EvaluationSamples {
    /// Several markets as one: each instant's mean over the markets that have it, an equally
    /// weighted portfolio rebalanced at every bar at no cost; lags and forecasts side by side.
    /// Figures of the portfolio count each instant once; changes of labels, which are a market's
    /// own, each market's bar.
    ///
    /// Markets move together, so their intervals would be too narrow if their returns were lined
    /// up one after the other.
    static func pooled(_ samples: [EvaluationSamples], market: String) -> EvaluationSamples? {
        guard var result = samples.first else { return nil }
        result.market = market
        result.markets = samples.count
        result.from = samples.map(\.from).min() ?? result.from
        result.through = samples.map(\.through).max() ?? result.through
        result.bars = samples.reduce(0) { $0 + $1.bars }
        result.returns = mean(samples.map(\.returns))
        result.exposures = mean(samples.map(\.exposures))
        result.traded = mean(samples.map(\.traded))
        result.logScores = mean(samples.map(\.logScores))
        result.changed = mean(samples.map(\.changed), each: { $0 })
        result.turns = samples.flatMap(\.turns)
        result.labels = []
        for candidate in result.falls.indices {
            result.falls[candidate] = DetectionLag(merging: samples.map { $0.falls[candidate] })
            result.recoveries[candidate] = DetectionLag(
                merging: samples.map { $0.recoveries[candidate] })
            result.forecasts[candidate] = ForecastColumn(
                merging: samples.map { $0.forecasts[candidate] })
        }
        return result
    }

    /// - Parameter each: what an instant that so many markets have counts for.
    private static func mean(
        _ tables: [Table], each weight: (_ markets: Double) -> Double = { _ in 1 }
    ) -> Table {
        let candidates = tables.first?.columns.count ?? 0
        var sums: [Timestamp: (count: Double, values: [Double])] = [:]
        for table in tables {
            for (row, instant) in table.instants.enumerated() {
                var sum = sums[instant] ?? (0, [Double](repeating: 0, count: candidates))
                sum.count += 1
                for candidate in 0..<candidates {
                    sum.values[candidate] += table.columns[candidate][row]
                }
                sums[instant] = sum
            }
        }
        var result = Table(candidates: candidates)
        for (instant, sum) in sums.sorted(by: { $0.key < $1.key }) {
            result.instants.append(instant)
            result.weights.append(weight(sum.count))
            for candidate in 0..<candidates {
                result.columns[candidate].append(sum.values[candidate] / sum.count)
            }
        }
        return result
    }
}
