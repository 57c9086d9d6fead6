/// The rows a fit works on, with their moments.
struct FitData {
    /// One row per bar; `nil` where a feature is missing.
    let rows: [[Double]?]
    /// The rows one after the other, zeros where missing.
    let values: [Double]
    let present: [Bool]
    let means: [Double]
    /// Divisor n.
    let variances: [Double]
    /// Complete rows less the mean, over the standard deviation, one after the other.
    let standardised: [Double]

    init(_ rows: [[Double]?], _ specification: RegimeSpecification) throws(FitError) {
        let features = specification.features.count
        self.rows = rows
        values = rows.flatMap { $0 ?? [Double](repeating: 0, count: features) }
        present = rows.map { $0 != nil }
        let complete = rows.compactMap { $0 }
        let count = Double(complete.count)
        var means: [Double] = []
        var variances: [Double] = []
        for (index, name) in specification.features.enumerated() {
            let column = complete.map { $0[index] }
            let mean = column.reduce(0) { $0 + $1 / count }
            let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) / count }
            // Nothing is fitted that a manifest with it would be refused for.
            guard mean.magnitude <= GaussianParameters.meanLimit,
                variance <= GaussianParameters.varianceRange.upperBound
            else { throw .unboundedFeature(name: name) }
            let least = GaussianParameters.varianceRange.lowerBound
            guard column.min() != column.max(),
                variance * GaussianFit.covarianceFloorShare >= least
            else { throw .constantFeature(name: name) }
            means.append(mean)
            variances.append(variance)
        }
        self.means = means
        self.variances = variances
        let deviations = variances.map { $0.squareRoot() }
        standardised = complete.flatMap { row in
            row.indices.map { (row[$0] - means[$0]) / deviations[$0] }
        }
    }

    var featureCount: Int { means.count }
    var completeCount: Int { standardised.count / featureCount }

    /// D·D, the variances on the diagonal.
    var diagonalCovariance: [Double] {
        means.indices.flatMap { row in means.indices.map { row == $0 ? variances[row] : 0 } }
    }
}

extension FeatureScaling {
    /// Learns what the specification asks for from the training window.
    init(_ specification: RegimeSpecification, _ data: FitData) {
        kind = specification.scaling
        switch specification.scaling {
        case .none:
            centers = data.means.map { _ in 0 }
            scales = data.means.map { _ in 1 }
            clip = nil
        case .standardised:
            centers = data.means
            scales = data.variances.map { $0.squareRoot() }
            clip = specification.clip
        }
    }
}
