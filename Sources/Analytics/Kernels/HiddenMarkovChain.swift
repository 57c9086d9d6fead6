/// A Gaussian hidden Markov model in the form that the recursions compute with: K states, D
/// features.
///
/// The recursions are scaled, not logarithmic (Rabiner 1989, section V.A): each bar's densities are
/// divided by their largest one and each forward vector by its sum, so nothing overflows. Any
/// finite input gives probabilities:
/// - a transition or start probability below `probabilityFloor` counts as that, so that no
///   observation is impossible;
/// - an observation so far out that every density is past computing says nothing.
package struct HiddenMarkovChain: Sendable {
    /// 2⁻⁹⁰⁰: too small for any rounding to show, and far enough from 0 to divide by.
    package static let probabilityFloor = 0x1p-900
    /// Squared distances from a mean, in standard deviations, count as this at the most.
    static let squaredDistanceLimit = 1e300

    package let stateCount: Int
    package let featureCount: Int
    private let start: [Double]
    private let transition: [Double]
    private let means: [Double]
    private let densities: [WhitenedGaussian]

    /// - Parameters:
    ///   - start: K probabilities.
    ///   - transition: K·K, row by row: from the row's state to the column's.
    ///   - means: K·D.
    ///   - covariances: K·D·D, positive definite.
    package init(
        start: [Double], transition: [Double], means: [Double], covariances: [Double],
        featureCount: Int
    ) {
        precondition(means.count == start.count * featureCount, "K·D means")
        precondition(transition.count == start.count * start.count, "K·K transitions")
        let size = featureCount * featureCount
        precondition(covariances.count == start.count * size, "K·D·D covariances")
        stateCount = start.count
        self.featureCount = featureCount
        self.start = start.map { max($0, HiddenMarkovChain.probabilityFloor) }
        self.transition = transition.map { max($0, HiddenMarkovChain.probabilityFloor) }
        self.means = means
        densities = start.indices.map { state in
            WhitenedGaussian(
                covariance: Array(covariances[(state * size)..<((state + 1) * size)]),
                size: featureCount)
        }
    }

    /// What is believed after a bar.
    package struct Belief: Sendable, Equatable {
        /// K filtered probabilities, summing to 1.
        package var probabilities: [Double]
        /// ln of the likelihood of all observations so far.
        package var logLikelihood: Double
    }

    // MARK: - Filter

    /// One step of the forward recursion; `nil` before is the chain's start.
    ///
    /// - Parameter features: D values, or `nil` for a bar without an observation: prediction alone.
    package func advance(_ belief: inout Belief?, with features: [Double]?) {
        var probabilities = belief.map { predict(from: $0.probabilities) } ?? start
        var logLikelihood = belief?.logLikelihood ?? 0
        var scale = 0.0
        if let features {
            let (relative, largest) = relativeDensities(of: features)
            for state in 0..<stateCount {
                probabilities[state] *= relative[state]
                scale += probabilities[state]
            }
            logLikelihood += largest + VectorMath.log(scale)
        } else {
            for state in 0..<stateCount { scale += probabilities[state] }
        }
        for state in 0..<stateCount { probabilities[state] /= scale }
        belief = Belief(probabilities: probabilities, logLikelihood: logLikelihood)
    }

    /// ln of the likelihood; a bar without an observation (`nil`) contributes nothing.
    package func logLikelihood(of observations: [[Double]?]) -> Double {
        var belief: Belief?
        for features in observations { advance(&belief, with: features) }
        return belief?.logLikelihood ?? 0
    }

    private func predict(from probabilities: [Double]) -> [Double] {
        (0..<stateCount).map { state in
            var sum = 0.0
            for before in 0..<stateCount {
                sum += probabilities[before] * transition[before * stateCount + state]
            }
            return sum
        }
    }

    /// Densities over the largest of them, and that one's logarithm.
    private func relativeDensities(of features: [Double]) -> (relative: [Double], log: Double) {
        var relative = (0..<stateCount).map { logDensity(of: features, in: $0) }
        let largest = relative.reduce(-Double.infinity) { max($0, $1) }
        for state in 0..<stateCount { relative[state] = VectorMath.exp(relative[state] - largest) }
        return (relative, largest)
    }

    private func logDensity(of features: [Double], in state: Int) -> Double {
        precondition(features.count == featureCount, "one value per feature")
        var distance = 0.0
        for row in 0..<featureCount {
            var whitened = 0.0
            for column in 0...row {
                whitened +=
                    densities[state].whitening[row * featureCount + column]
                    * (features[column] - means[state * featureCount + column])
            }
            distance += whitened * whitened
        }
        let limit = HiddenMarkovChain.squaredDistanceLimit
        return densities[state].logNormaliser - 0.5 * (distance <= limit ? distance : limit)
    }

    // MARK: - With hindsight

    /// Probabilities of each bar's state given all bars; `nil` is a bar without an observation.
    package func smoothedProbabilities(of observations: [[Double]?]) -> [[Double]] {
        var filtered: [[Double]] = []
        filtered.reserveCapacity(observations.count)
        var belief: Belief?
        for features in observations {
            advance(&belief, with: features)
            if let belief { filtered.append(belief.probabilities) }
        }
        var backward = [Double](repeating: 1, count: stateCount)
        var smoothed = filtered
        for bar in observations.indices.reversed() {
            var total = 0.0
            for state in 0..<stateCount {
                smoothed[bar][state] = filtered[bar][state] * backward[state]
                total += smoothed[bar][state]
            }
            for state in 0..<stateCount {
                smoothed[bar][state] =
                    total > 0 ? smoothed[bar][state] / total : filtered[bar][state]
            }
            backward = stepBack(backward, over: observations[bar])
        }
        return smoothed
    }

    /// βᵢ before a bar from β after it, scaled to a largest one of 1.
    private func stepBack(_ backward: [Double], over features: [Double]?) -> [Double] {
        let relative =
            features.map { relativeDensities(of: $0).relative }
            ?? [Double](repeating: 1, count: stateCount)
        var before = [Double](repeating: 0, count: stateCount)
        var largest = 0.0
        for state in 0..<stateCount {
            for next in 0..<stateCount {
                before[state] +=
                    transition[state * stateCount + next] * (relative[next] * backward[next])
            }
            largest = max(largest, before[state])
        }
        return largest > 0
            ? before.map { $0 / largest } : [Double](repeating: 1, count: stateCount)
    }

    /// The most probable path of states (Viterbi 1967); the lower state of a tie.
    package func mostProbablePath(of observations: [[Double]?]) -> [Int] {
        guard !observations.isEmpty else { return [] }
        let logTransition = transition.map { VectorMath.log($0) }
        var best = start.map { VectorMath.log($0) }
        var origins: [[Int]] = []
        origins.reserveCapacity(observations.count)
        for bar in observations.indices {
            var next = best
            var origin = Array(0..<stateCount)
            if bar > 0 {
                for state in 0..<stateCount {
                    next[state] = -.infinity
                    for before in 0..<stateCount {
                        let score = best[before] + logTransition[before * stateCount + state]
                        if score > next[state] {
                            next[state] = score
                            origin[state] = before
                        }
                    }
                }
            }
            if let features = observations[bar] {
                for state in 0..<stateCount { next[state] += logDensity(of: features, in: state) }
            }
            best = next
            origins.append(origin)
        }
        return trace(origins, from: best)
    }

    private func trace(_ origins: [[Int]], from best: [Double]) -> [Int] {
        var state = 0
        for candidate in 1..<max(stateCount, 1) where best[candidate] > best[state] {
            state = candidate
        }
        var path = [Int](repeating: state, count: origins.count)
        for bar in origins.indices.reversed().dropLast() {
            state = origins[bar][state]
            path[bar - 1] = state
        }
        return path
    }
}
