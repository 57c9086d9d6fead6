import Kernels

/// Numbers of a Markov-switching model: K regimes, every one with all its values, those that do
/// not switch repeated.
package struct MarkovSwitchingParameters: Codable, Equatable, Sendable {
    /// K·K probabilities of moving from the row's regime to the column's; empty when they vary.
    package var transition: [[Double]]
    /// Varying transitions: from the first index's regime to the second's (K − 1; the last regime
    /// is the base with coefficients 0), the constant and one coefficient per covariate:
    /// pᵢⱼ(z) = exp(γᵢⱼ·z) / Σₖ exp(γᵢₖ·z), as Diebold, Lee and Weinbach (1994) have it. Empty
    /// when constant.
    package var transitionCoefficients: [[[Double]]]
    /// K rows: the constant, where there is one, then the regressors' coefficients.
    package var coefficients: [[Double]]
    /// K rows of p.
    package var autoregression: [[Double]]
    /// K variances of the innovations.
    package var variances: [Double]

    package init(
        transition: [[Double]] = [], transitionCoefficients: [[[Double]]] = [],
        coefficients: [[Double]], autoregression: [[Double]], variances: [Double]
    ) {
        self.transition = transition
        self.transitionCoefficients = transitionCoefficients
        self.coefficients = coefficients
        self.autoregression = autoregression
        self.variances = variances
    }

    /// How far a row of probabilities may be from a sum of 1.
    package static let sumTolerance = 1e-9

    /// - Throws: `MarkovSwitchingError.parameters` for a shape that is not the specification's, a
    ///   value that is not finite, a variance not above 0, or rows that are no probabilities.
    package func validate(
        for specification: MarkovSwitchingSpecification
    ) throws(MarkovSwitchingError) {
        try specification.validate()
        let regimes = specification.regimes
        func require(_ holds: Bool, _ message: String) throws(MarkovSwitchingError) {
            if !holds { throw .parameters(message) }
        }
        func rows(_ values: [[Double]], _ count: Int) -> Bool {
            values.count == regimes
                && values.allSatisfy { $0.count == count && $0.allSatisfy(\.isFinite) }
        }
        try require(
            rows(coefficients, specification.coefficientCount),
            "give \(regimes) rows of \(specification.coefficientCount) finite coefficients")
        try require(
            rows(autoregression, specification.order),
            "give \(regimes) rows of \(specification.order) finite autoregressive coefficients")
        try require(
            variances.count == regimes && variances.allSatisfy { $0.isNormal && $0 > 0 },
            "give \(regimes) finite variances above 0")
        if specification.hasVaryingTransitions {
            let count = 1 + specification.transitionColumns
            try require(
                transition.isEmpty && transitionCoefficients.count == regimes
                    && transitionCoefficients.allSatisfy { row in
                        row.count == regimes - 1
                            && row.allSatisfy { $0.count == count && $0.allSatisfy(\.isFinite) }
                    },
                "give \(regimes) × \(regimes - 1) rows of \(count) finite transition coefficients")
        } else {
            try require(
                transitionCoefficients.isEmpty && rows(transition, regimes)
                    && transition.allSatisfy { row in
                        row.allSatisfy { $0 >= 0 }
                            && (row.reduce(0, +) - 1).magnitude <= Self.sumTolerance
                    },
                "give \(regimes) rows of \(regimes) transition probabilities that sum to 1")
        }
        try requireShared(specification)
    }

    private func requireShared(
        _ specification: MarkovSwitchingSpecification
    ) throws(MarkovSwitchingError) {
        func shared(_ rows: [[Double]], _ switches: [Bool]) -> Bool {
            switches.indices.allSatisfy { index in
                switches[index] || rows.allSatisfy { $0[index] == rows[0][index] }
            }
        }
        guard shared(coefficients, specification.switchesCoefficient),
            shared(autoregression, specification.switchesAutoregression),
            shared(variances.map { [$0] }, [specification.switchesVariance])
        else { throw .parameters("what does not switch must be the same in every regime") }
    }

    /// The same model with its regimes named anew: regime k becomes what `order[k]` was.
    package func permuted(_ order: [Int]) -> MarkovSwitchingParameters {
        precondition(order.sorted() == Array(variances.indices), "a permutation of the regimes")
        let base = order.last ?? 0
        return MarkovSwitchingParameters(
            transition: transition.isEmpty
                ? [] : order.map { from in order.map { transition[from][$0] } },
            transitionCoefficients: transitionCoefficients.isEmpty
                ? []
                : order.map { from in
                    order.dropLast().map { to in
                        let (one, other) = (logit(from, to), logit(from, base))
                        return one.indices.map { one[$0] - other[$0] }
                    }
                },
            coefficients: order.map { coefficients[$0] },
            autoregression: order.map { autoregression[$0] },
            variances: order.map { variances[$0] })
    }

    private func logit(_ from: Int, _ to: Int) -> [Double] {
        let row = transitionCoefficients[from]
        if to < row.count { return row[to] }
        return [Double](repeating: 0, count: row.first?.count ?? 0)
    }

    /// Regimes by variance where it switches, calmest first, then by their coefficients.
    package var canonicalOrder: [Int] {
        variances.indices.sorted { first, second in
            if variances[first] != variances[second] {
                return variances[first] < variances[second]
            }
            let one = coefficients[first] + autoregression[first]
            let other = coefficients[second] + autoregression[second]
            return one == other ? first < second : one.lexicographicallyPrecedes(other)
        }
    }
}
