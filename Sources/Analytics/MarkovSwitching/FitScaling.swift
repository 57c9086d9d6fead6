/// Units that a fit computes in: every column about 0 with a variance of about 1, so that steps of
/// all parameters are comparable whatever the data's units.
struct FitScaling: Sendable {
    struct Column: Sendable {
        var centre = 0.0
        var scale = 1.0

        /// - Parameter isCentred: whether the model can absorb a shift.
        init(_ values: [Double], isCentred: Bool) {
            let largest = values.reduce(0) { max($0, $1.magnitude) }
            guard largest > 0 else { return }
            // By the largest first: squares of large or tiny values would overflow or vanish.
            let count = Double(values.count)
            let mean = values.reduce(0) { $0 + $1 / largest } / count
            let variance = values.reduce(0) { sum, value in
                let deviation = value / largest - mean
                return sum + deviation * deviation
            }
            let deviation = (variance / count).squareRoot()
            centre = isCentred ? mean * largest : 0
            let spread = isCentred ? deviation : (deviation * deviation + mean * mean).squareRoot()
            scale = (spread > FitScaling.leastSpread ? spread : 1) * largest
            if !scale.isNormal { scale = 1 }
        }
    }

    /// Deviation over the largest magnitude below which a column counts as constant.
    static let leastSpread = 1e-13

    let specification: MarkovSwitchingSpecification
    /// y, the regressors, the transition covariates.
    let columns: [Column]

    init(_ specification: MarkovSwitchingSpecification, _ rows: [[Double]]) {
        self.specification = specification
        let isConstant = specification.trend == .constant
        let exogenous = specification.switchesExogenous
        columns = (0..<specification.rowCount).map { column in
            var isCentred = isConstant
            if (1..<(1 + exogenous.count)).contains(column), exogenous[column - 1] {
                isCentred = isConstant && specification.switchesTrend
            } else if column > exogenous.count {
                isCentred = true
            }
            return Column(rows.map { $0[column] }.filter(\.isFinite), isCentred: isCentred)
        }
    }

    func apply(_ row: [Double]) -> [Double] {
        row.indices.map { (row[$0] - columns[$0].centre) / columns[$0].scale }
    }

    /// Parameters in the data's own units.
    func restore(_ scaled: MarkovSwitchingParameters) -> MarkovSwitchingParameters {
        var restored = scaled
        let value = columns[0]
        let first = specification.trend == .constant ? 1 : 0
        let exogenous = specification.switchesExogenous.count
        for regime in 0..<specification.regimes {
            var shift = value.centre
            for column in 0..<exogenous {
                let regressor = columns[1 + column]
                let coefficient =
                    scaled.coefficients[regime][first + column] * value.scale / regressor.scale
                restored.coefficients[regime][first + column] = coefficient
                shift -= coefficient * regressor.centre
            }
            if first == 1 {
                restored.coefficients[regime][0] =
                    scaled.coefficients[regime][0] * value.scale + shift
            }
            restored.variances[regime] = scaled.variances[regime] * value.scale * value.scale
        }
        for from in scaled.transitionCoefficients.indices {
            for to in scaled.transitionCoefficients[from].indices {
                for column in 0..<specification.transitionColumns {
                    let covariate = columns[1 + exogenous + column]
                    let slope =
                        scaled.transitionCoefficients[from][to][1 + column] / covariate.scale
                    restored.transitionCoefficients[from][to][1 + column] = slope
                    restored.transitionCoefficients[from][to][0] -= slope * covariate.centre
                }
            }
        }
        return restored
    }
}
