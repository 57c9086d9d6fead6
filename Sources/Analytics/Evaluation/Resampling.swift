import Kernels
import Market

extension StationaryBootstrap {
    /// The performance of every column in every replicate.
    ///
    /// - Parameter columns: of simple returns above −1, equally long.
    /// - Returns: replicates · columns; none of fewer than two rows.
    func performances(of columns: [[Double]], barsPerYear: Double) -> [[Performance]] {
        let count = columns.first?.count ?? 0
        guard count > 1 else { return [] }
        let centers = columns.map { $0.reduce(0, +) / Double(count) }
        let growth = columns.map { VectorMath.log($0.map { 1 + $0 }) }
        return (0..<replicates).map { replicate in
            let rows = rows(count: count, replicate: replicate)
            return columns.indices.map { index in
                var sums = ReturnSums(center: centers[index])
                let (column, logs) = (columns[index], growth[index])
                for row in rows { sums.add(column[row], logGrowth: logs[row]) }
                return Performance(sums, barsPerYear: barsPerYear)
            }
        }
    }

    /// The weighted mean of every column in every replicate.
    ///
    /// - Returns: columns · replicates; none of fewer than two rows.
    func means(of table: EvaluationSamples.Table) -> [[Double]] {
        let count = table.instants.count
        guard count > 1 else { return [] }
        var means = [[Double]](
            repeating: [Double](repeating: 0, count: replicates), count: table.columns.count)
        for replicate in 0..<replicates {
            let rows = rows(count: count, replicate: replicate)
            var weight = 0.0
            for row in rows { weight += table.weights[row] }
            for (index, column) in table.columns.enumerated() {
                var sum = 0.0
                for row in rows { sum += column[row] * table.weights[row] }
                means[index][replicate] = sum / weight
            }
        }
        return means
    }

    /// What the replicates of each candidate's forecasts score; those of one instant are drawn
    /// together. `nil` for a candidate whose forecasts are of other bars than the first one's.
    func scores(of columns: [ForecastColumn]) -> [ForecastReplicates?] {
        guard let instants = columns.first(where: { !$0.instants.isEmpty })?.instants,
            instants.count > 1
        else { return columns.map { _ in nil } }
        var results = columns.map { $0.instants == instants ? ForecastReplicates($0) : nil }
        let groups = StationaryBootstrap.groups(instants)
        for replicate in 0..<replicates {
            var drawn: [Int] = []
            drawn.reserveCapacity(instants.count)
            for row in rows(count: groups.count, replicate: replicate) {
                drawn.append(contentsOf: groups[row])
            }
            for index in results.indices { results[index]?.add(drawn) }
        }
        return results
    }

    /// Indices by instant, earliest first.
    private static func groups(_ instants: [Timestamp]) -> [[Int]] {
        Dictionary(grouping: instants.indices) { instants[$0] }
            .sorted { $0.key < $1.key }.map(\.value)
    }
}

/// What the replicates of all candidates say, metric by metric; the same bars were drawn for all.
struct ResampledFigures {
    /// One column of replicates per candidate; `nil` when one of them has no value.
    private var columns: [Metric: [[Double]?]] = [:]
    private(set) var forecasts: [ForecastReplicates?]

    init(_ samples: EvaluationSamples, _ bootstrap: StationaryBootstrap) {
        let count = samples.returns.columns.count
        let performances = bootstrap.performances(
            of: samples.returns.columns, barsPerYear: samples.barsPerYear)
        forecasts = bootstrap.scores(of: samples.forecasts)
        for metric in Metric.allCases {
            switch metric {
            case .annualisedReturn, .annualisedVolatility, .sharpe, .sortino, .calmar,
                .maximumDrawdown:
                columns[metric] = (0..<count).map { candidate in
                    let values = performances.compactMap { $0[candidate].value(metric) }
                    return values.count == bootstrap.replicates ? values : nil
                }
            case .exposure: add(metric, bootstrap.means(of: samples.exposures))
            case .turnover:
                add(metric, bootstrap.means(of: samples.traded), times: samples.barsPerYear)
            case .changesPerYear:
                add(metric, bootstrap.means(of: samples.changed), times: samples.barsPerYear)
            case .logScore: add(metric, bootstrap.means(of: samples.logScores))
            case .posteriorBrier, .posteriorSkill, .persistenceBrier, .persistenceSkill,
                .calibratedBrier, .calibratedSkill:
                columns[metric] = forecasts.map { $0?.values[metric] }
            }
        }
    }

    private mutating func add(_ metric: Metric, _ means: [[Double]], times factor: Double = 1) {
        columns[metric] = means.map { column in column.map { $0 * factor } }
    }

    func replicates(_ metric: Metric, of candidate: Int) -> [Double]? {
        guard let columns = columns[metric], candidate < columns.count else { return nil }
        return columns[candidate]
    }
}
