package import Kernels

extension MarkovSwitchingModel {
    /// K steady-state probabilities; of varying transitions, those of covariates 0.
    package var steadyState: [Double] {
        var matrix = initialTransition
        if specification.hasVaryingTransitions {
            updateTransition(&matrix, [Double](repeating: 0, count: specification.rowCount))
        }
        return SteadyState.probabilities(matrix, regimes: regimes)
    }

    /// K expected bars that a regime lasts, 1 / (1 − pᵢᵢ); infinite for one that is never left.
    ///
    /// - Parameter row: the covariates of varying transitions are read; `nil` takes them as 0.
    package func expectedDurations(at row: [Double]? = nil) -> [Double] {
        var matrix = initialTransition
        updateTransition(
            &matrix, row ?? [Double](repeating: 0, count: specification.rowCount))
        return (0..<regimes).map { from in
            var leaving = 0.0
            for to in 0..<regimes where to != from { leaving += matrix[from * regimes + to] }
            let floor = MarkovSwitchingModel.probabilityFloor * Double(regimes)
            return leaving > floor ? 1 / leaving : .infinity
        }
    }
}

/// A series drawn from a model, with the regimes behind it.
package struct MarkovSwitchingSample: Equatable, Sendable {
    package let values: [Double]
    package let regimes: [Int]
}

extension MarkovSwitchingModel {
    /// Draws one value per row.
    ///
    /// The first p values have no lags: those count as their regimes' means.
    ///
    /// - Parameter rows: y of a row is not read; regressors and covariates must be finite.
    /// - Throws: `MarkovSwitchingError.row`.
    package func sample(
        over rows: [[Double]], using generator: inout SeededGenerator
    ) throws(MarkovSwitchingError) -> MarkovSwitchingSample {
        let need = specification.rowCount
        for (index, row) in rows.enumerated() where row.count != need {
            throw .row(index: index, have: row.count, need: need)
        }
        var values: [Double] = []
        var path: [Int] = []
        var deviations: [Double] = []
        var matrix = initialTransition
        let scales = parameters.variances.map { $0.squareRoot() }
        for row in rows {
            updateTransition(&matrix, row)
            let weights =
                path.last.map { Array(matrix[($0 * regimes)..<(($0 + 1) * regimes)]) }
                ?? SteadyState.probabilities(matrix, regimes: regimes)
            let regime = drawn(weights, &generator)
            var deviation = scales[regime] * normal(&generator)
            for lag in 0..<min(order, deviations.count) {
                deviation +=
                    autoregression[regime * order + lag] * deviations[deviations.count - 1 - lag]
            }
            path.append(regime)
            deviations.append(deviation)
            values.append(mean(regime, row) + deviation)
        }
        return MarkovSwitchingSample(values: values, regimes: path)
    }

    /// `count` values of a model without regressors and covariates.
    package func sample(
        count: Int, using generator: inout SeededGenerator
    ) throws(MarkovSwitchingError) -> MarkovSwitchingSample {
        try sample(over: [[Double]](repeating: [0], count: count), using: &generator)
    }

    private func drawn(_ weights: [Double], _ generator: inout SeededGenerator) -> Int {
        var mark = generator.unit() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            mark -= weight
            if mark < 0 { return index }
        }
        return weights.count - 1
    }

    /// Standard normal by the polar method (Marsaglia and Bray 1964): 4/π tries on average, and a
    /// thousand in a row miss with a probability of 10⁻⁶⁶⁸.
    private func normal(_ generator: inout SeededGenerator) -> Double {
        for _ in 0..<1000 {
            let (x, y) = (2 * generator.unit() - 1, 2 * generator.unit() - 1)
            let square = x * x + y * y
            if square > 0, square < 1 {
                return x * (-2 * VectorMath.log(square) / square).squareRoot()
            }
        }
        return 0
    }
}
