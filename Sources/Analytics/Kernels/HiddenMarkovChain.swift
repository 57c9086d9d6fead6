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

    /// States at the most: they lie side by side in the lanes of one vector.
    package static let stateLimit = 8

    package let stateCount: Int
    package let featureCount: Int
    private let start: SIMD8<Double>
    /// One row per state: the probabilities of moving to each.
    private let transition: [SIMD8<Double>]
    /// Per feature, the means of all states.
    private let means: [SIMD8<Double>]
    /// D·D, row by row, the whitening factors of all states.
    private let whitening: [SIMD8<Double>]
    private let logNormalisers: SIMD8<Double>

    /// - Parameters:
    ///   - start: K probabilities, K 1 … 8.
    ///   - transition: K·K, row by row: from the row's state to the column's.
    ///   - means: K·D.
    ///   - covariances: K·D·D, positive definite.
    package init(
        start: [Double], transition: [Double], means: [Double], covariances: [Double],
        featureCount: Int
    ) {
        let states = start.count
        let size = featureCount * featureCount
        precondition((1...HiddenMarkovChain.stateLimit).contains(states), "1 … 8 states")
        precondition(means.count == states * featureCount, "K·D means")
        precondition(transition.count == states * states, "K·K transitions")
        precondition(covariances.count == states * size, "K·D·D covariances")
        func lanes(_ value: (Int) -> Double) -> SIMD8<Double> {
            var vector = SIMD8<Double>.zero
            for state in 0..<states { vector[state] = value(state) }
            return vector
        }
        let floor = HiddenMarkovChain.probabilityFloor
        let densities = (0..<states).map { state in
            WhitenedGaussian(
                covariance: Array(covariances[(state * size)..<((state + 1) * size)]),
                size: featureCount)
        }
        stateCount = states
        self.featureCount = featureCount
        self.start = lanes { max(start[$0], floor) }
        self.transition = (0..<states).map { row in
            lanes { max(transition[row * states + $0], floor) }
        }
        self.means = (0..<featureCount).map { d in lanes { means[$0 * featureCount + d] } }
        whitening = (0..<size).map { k in lanes { densities[$0].whitening[k] } }
        logNormalisers = lanes { densities[$0].logNormaliser }
    }

    /// What is believed after a bar.
    package struct Belief: Sendable, Equatable {
        fileprivate var lanes: SIMD8<Double>
        /// ln of the likelihood of all observations so far.
        package fileprivate(set) var logLikelihood: Double
    }

    /// K filtered probabilities, summing to 1.
    package func probabilities(of belief: Belief) -> [Double] { array(belief.lanes) }

    private func array(_ lanes: SIMD8<Double>) -> [Double] { (0..<stateCount).map { lanes[$0] } }

    /// From the first state to the last, so that the bits do not depend on the unused lanes.
    private func sum(_ lanes: SIMD8<Double>) -> Double {
        var total = 0.0
        for state in 0..<stateCount { total += lanes[state] }
        return total
    }

    private func largest(_ lanes: SIMD8<Double>) -> Double {
        var value = lanes[0]
        for state in 1..<max(stateCount, 1) where lanes[state] > value { value = lanes[state] }
        return value
    }

    // MARK: - Filter

    /// One step of the forward recursion; `nil` before is the chain's start.
    ///
    /// - Parameter features: D finite values, or `nil` for a bar without an observation: prediction
    ///   alone.
    package func advance(_ belief: inout Belief?, with features: [Double]?) {
        var lanes = start
        if let before = belief?.lanes {
            lanes = before[0] * transition[0]
            for state in 1..<max(stateCount, 1) { lanes += before[state] * transition[state] }
        }
        var logLikelihood = belief?.logLikelihood ?? 0
        if let features {
            let (relative, log) = relativeDensities(of: features)
            lanes *= relative
            let scale = sum(lanes)
            logLikelihood += log + VectorMath.log(scale)
            lanes /= scale
        } else {
            lanes /= sum(lanes)
        }
        belief = Belief(lanes: lanes, logLikelihood: logLikelihood)
    }

    /// ln of the likelihood; a bar without an observation (`nil`) contributes nothing.
    package func logLikelihood(of observations: [[Double]?]) -> Double {
        var belief: Belief?
        for features in observations { advance(&belief, with: features) }
        return belief?.logLikelihood ?? 0
    }

    /// Densities over the largest of them, and that one's logarithm.
    private func relativeDensities(
        of features: [Double]
    ) -> (relative: SIMD8<Double>, log: Double) {
        let logs = logDensities(of: features)
        let largest = largest(logs)
        return (VectorMath.exp(logs - largest), largest)
    }

    private func logDensities(of features: [Double]) -> SIMD8<Double> {
        precondition(features.count == featureCount, "one value per feature")
        var distance = SIMD8<Double>.zero
        for row in 0..<featureCount {
            var whitened = SIMD8<Double>.zero
            for column in 0...row {
                whitened +=
                    whitening[row * featureCount + column] * (features[column] - means[column])
            }
            distance += whitened * whitened
        }
        distance = SIMD8<Double>.capped(distance, at: HiddenMarkovChain.squaredDistanceLimit)
        return logNormalisers - 0.5 * distance
    }

    // MARK: - With hindsight

    /// Probabilities of each bar's state given all bars; `nil` is a bar without an observation.
    package func smoothedProbabilities(of observations: [[Double]?]) -> [[Double]] {
        var filtered: [SIMD8<Double>] = []
        filtered.reserveCapacity(observations.count)
        var belief: Belief?
        for features in observations {
            advance(&belief, with: features)
            if let belief { filtered.append(belief.lanes) }
        }
        var backward = SIMD8<Double>(repeating: 1)
        for bar in observations.indices.reversed() {
            let joint = filtered[bar] * backward
            let total = sum(joint)
            if total > 0 { filtered[bar] = joint / total }
            backward = stepBack(backward, over: observations[bar])
        }
        return filtered.map(array)
    }

    /// βᵢ before a bar from β after it, scaled to a largest one of 1.
    private func stepBack(_ backward: SIMD8<Double>, over features: [Double]?) -> SIMD8<Double> {
        var carried = backward
        if let features { carried *= relativeDensities(of: features).relative }
        var before = SIMD8<Double>.zero
        for state in 0..<stateCount { before[state] = sum(transition[state] * carried) }
        let largest = largest(before)
        return largest > 0 ? before / largest : SIMD8(repeating: 1)
    }

    /// The most probable path of states (Viterbi 1967); the lower state of a tie.
    package func mostProbablePath(of observations: [[Double]?]) -> [Int] {
        guard !observations.isEmpty else { return [] }
        let logTransition = transition.map { VectorMath.log($0) }
        var best = VectorMath.log(start)
        var origins: [[Int]] = []
        origins.reserveCapacity(observations.count)
        for bar in observations.indices {
            var origin = [Int](repeating: 0, count: stateCount)
            if bar > 0 {
                var next = best[0] + logTransition[0]
                for before in 1..<max(stateCount, 1) {
                    let scores = best[before] + logTransition[before]
                    for state in 0..<stateCount where scores[state] > next[state] {
                        next[state] = scores[state]
                        origin[state] = before
                    }
                }
                best = next
            }
            if let features = observations[bar] { best += logDensities(of: features) }
            origins.append(origin)
        }
        return trace(origins, from: best)
    }

    private func trace(_ origins: [[Int]], from best: SIMD8<Double>) -> [Int] {
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
