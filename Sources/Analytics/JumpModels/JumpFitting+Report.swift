extension JumpFitting {
    /// Puts the states in canonical order and evaluates what is reported at what is reported.
    func finish(
        _ outcomes: [CoordinateDescent.Outcome], _ winner: Int, scales: [Double],
        weights: [Double]?
    ) throws(JumpFitError) -> JumpModelFit {
        let outcome = outcomes[winner]
        let unordered = parameters(outcome.centres, scales: scales, weights: weights)
        let order = unordered.centres.indices.sorted { first, second in
            let isEmpty = (
                unordered.emptyStates.contains(first), unordered.emptyStates.contains(second)
            )
            if isEmpty.0 != isEmpty.1 { return isEmpty.1 }
            let (one, other) = (unordered.centres[first], unordered.centres[second])
            return one == other ? first < second : one.lexicographicallyPrecedes(other)
        }
        let parameters = unordered.permuted(by: order)
        let path = try parameters.decode(input)
        let limit = outcome.objective + JumpFitting.sameObjective * outcome.objective.magnitude
        let advice =
            outcome.converged
            ? nil
            : "allow more than \(specification.maximumIterations) iterations, or raise "
                + "tolerance above \(specification.tolerance)"
        return JumpModelFit(
            parameters: parameters, objective: path.objective, path: path,
            iterations: outcome.iterations, converged: outcome.converged,
            lastObjectives: outcome.history.suffix(JumpFitting.reportedObjectives),
            starts: outcomes.count, startsAtBest: outcomes.count { $0.objective <= limit },
            advice: advice)
    }

    private func parameters(
        _ centres: [Double], scales: [Double], weights: [Double]?
    ) -> JumpModelParameters {
        let states = 0..<specification.states
        let empty = states.filter { !centres[$0 * features].isFinite }
        // A centre is not defined in a feature that weighs nothing.
        func unscaled(_ state: Int, _ d: Int) -> Double {
            let centre = centres[state * features + d]
            if !centre.isFinite { return 0 }
            if scales.isEmpty { return centre }
            return scales[d] > 0 ? centre / scales[d] : 0
        }
        let isContinuous = specification.kind == .continuous
        return JumpModelParameters(
            kind: specification.kind, penalty: specification.penalty,
            centres: states.map { state in (0..<features).map { unscaled(state, $0) } },
            emptyStates: Set(empty), featureWeights: weights,
            gridSteps: isContinuous ? specification.gridSteps : nil,
            hasModeLoss: isContinuous ? specification.hasModeLoss : nil)
    }
}

extension JumpFitting {
    /// D, of rows that are all of one length.
    static func checkedFeatures(_ input: [[Double]?]) throws(JumpFitError) -> Int {
        let features = input.lazy.compactMap { $0?.count }.first
        guard let features else { throw .tooFewRows(have: 0, need: 1) }
        guard JumpLimits.features.contains(features) else {
            throw .featureCount(have: features, limit: JumpLimits.features.upperBound)
        }
        for (index, row) in input.enumerated() {
            guard let row else { continue }
            guard row.count == features else {
                throw .unequalLengths(index: index, have: row.count, need: features)
            }
            for (d, value) in row.enumerated()
            where value.isFinite && value.magnitude > JumpLimits.magnitude {
                throw .valueTooLarge(row: index, feature: d)
            }
        }
        return features
    }

    static func check(
        _ rows: JumpRows, _ specification: JumpSpecification
    ) throws(JumpFitError) {
        let need = specification.states
        guard rows.count >= need else { throw .tooFewRows(have: rows.count, need: need) }
        var distinct: [ArraySlice<Double>] = []
        for row in 0..<rows.count {
            let values = rows.values[(row * rows.features)..<((row + 1) * rows.features)]
            if !distinct.contains(values) { distinct.append(values) }
            if distinct.count == need { return }
        }
        throw .tooFewDistinctRows(have: distinct.count, need: need)
    }

    static func checked(
        _ starts: [[[Double]]], _ states: Int, _ features: Int
    ) throws(JumpFitError) -> [[Double]] {
        guard !starts.isEmpty else { throw .startingCentres(have: 0, need: states) }
        for start in starts {
            guard start.count == states else {
                throw .startingCentres(have: start.count, need: states)
            }
            for (index, centre) in start.enumerated() where centre.count != features {
                throw .unequalLengths(index: index, have: centre.count, need: features)
            }
            for (index, centre) in start.enumerated() {
                for (d, value) in centre.enumerated()
                where !(value.magnitude <= JumpLimits.magnitude) {
                    throw .valueTooLarge(row: index, feature: d)
                }
            }
        }
        return starts.map { $0.flatMap { $0 } }
    }
}
