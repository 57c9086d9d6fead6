package import LaneTasks

/// A Gaussian hidden Markov model in the form that the recursions compute with: K states, D
/// features.
///
/// The recursions are scaled, not logarithmic (Rabiner 1989, section V.A): each bar's densities are
/// divided by their largest one and each forward vector by a power of two, so nothing overflows.
/// Any finite input gives probabilities:
/// - a transition or start probability below `probabilityFloor` counts as that, so that no
///   observation is impossible;
/// - an observation so far out that every density is past computing says nothing.
///
/// The arithmetic is that of the lane kernels: a bar alone, a series and a tile of series give the
/// same bits.
package struct HiddenMarkovChain: Sendable {
    /// 2⁻⁹⁰⁰: too small for any rounding to show, and far enough from 0 to divide by.
    package static let probabilityFloor = 0x1p-900
    package static let stateLimit = 8

    package let shape: ChainShape
    /// `shape.count` values, as `ChainShape` says.
    package let parameters: [Double]
    /// The same in two lanes each: what a single series is computed with.
    let pairs: [Double]

    package var stateCount: Int { shape.states }
    package var featureCount: Int { shape.features }

    /// - Parameters:
    ///   - start: K probabilities, K 1 … 8.
    ///   - transition: K·K, row by row: from the row's state to the column's.
    ///   - means: K·D.
    ///   - covariances: K·D·D, positive definite.
    package init(
        start: [Double], transition: [Double], means: [Double], covariances: [Double],
        featureCount: Int
    ) {
        let isDiagonal = covariances.indices.allSatisfy { index in
            let (row, column) = (index / featureCount % featureCount, index % featureCount)
            return covariances[index] == 0 || row == column
        }
        self.init(
            ChainShape(states: start.count, features: featureCount, isDiagonal: isDiagonal),
            start: start, transition: transition, means: means, covariances: covariances)
    }

    /// - Parameter shape: says whether what stands off the diagonals is read.
    init(
        _ shape: ChainShape, start: [Double], transition: [Double], means: [Double],
        covariances: [Double]
    ) {
        let (states, featureCount) = (shape.states, shape.features)
        let isDiagonal = shape.isDiagonal
        let size = featureCount * featureCount
        precondition((1...HiddenMarkovChain.stateLimit).contains(states), "1 … 8 states")
        precondition(means.count == states * featureCount, "K·D means")
        precondition(transition.count == states * states, "K·K transitions")
        precondition(covariances.count == states * size, "K·D·D covariances")
        self.shape = shape
        let floor = HiddenMarkovChain.probabilityFloor
        let densities = (0..<states).map { state in
            WhitenedGaussian(
                covariance: Array(covariances[(state * size)..<((state + 1) * size)]),
                size: featureCount)
        }
        var parameters = start.map { max($0, floor) } + transition.map { max($0, floor) }
        parameters += means + densities.map(\.logNormaliser)
        for density in densities {
            for row in 0..<featureCount {
                for column in (isDiagonal ? row : 0)...row {
                    parameters.append(
                        density.whitening[row * featureCount + column] * 0.5.squareRoot())
                }
            }
        }
        self.parameters = parameters
        pairs = parameters.flatMap { [$0, $0] }
    }

    // MARK: - Filter

    /// What is believed after a bar.
    package struct Belief: Sendable, Equatable {
        /// Forward variables, their sum in 1 ..< 2; those beyond the last state are 0.
        var variables = SIMD8<Double>.zero
        /// Logarithms and binary exponents taken out of the variables so far.
        var logSum = 0.0
        var exponent = 0

        init() {}

        /// After bars whose likelihood nobody asks for.
        ///
        /// - Parameter forward: K forward variables, their sum in 1 ..< 2.
        package init(forward: [Double]) {
            for (state, value) in forward.enumerated() { variables[state] = value }
        }

        /// From the first state to the last, as the kernels add.
        fileprivate func sum(_ states: Int) -> Double {
            var total = variables[0]
            for state in 1..<max(states, 1) { total += variables[state] }
            return total
        }

        /// ln of the likelihood of all observations so far.
        package var logLikelihood: Double {
            let rest = VectorMath.log(sum(HiddenMarkovChain.stateLimit))
            return logSum + (Double(exponent) * 0.693_147_180_559_945_3 + rest)
        }
    }

    /// K filtered probabilities, summing to 1.
    package func probabilities(of belief: Belief) -> [Double] {
        let lanes = probabilityLanes(of: belief)
        return (0..<stateCount).map { lanes[$0] }
    }

    /// The same, one lane per state, 0 in those beyond the last: allocates nothing.
    package func probabilityLanes(of belief: Belief) -> SIMD8<Double> {
        belief.variables * (1 / belief.sum(stateCount))
    }

    /// One step of the forward recursion; `nil` before is the chain's start. Allocates nothing.
    ///
    /// - Parameter features: D finite values, or `nil` for a bar without an observation: prediction
    ///   alone.
    package func advance(_ belief: inout Belief?, with features: [Double]?) {
        guard let features else { return predict(&belief) }
        precondition(features.count == featureCount, "one value per feature")
        features.withUnsafeBufferPointer { values in
            guard let values = values.baseAddress else { return }
            filter(&belief, bars: 1, values, present: nil, into: nil)
        }
    }

    private func predict(_ belief: inout Belief?) {
        // The observation of a bar without one is read, and has no effect.
        parameters.withUnsafeBufferPointer { values in
            var nobody: UInt8 = 0
            guard let values = values.baseAddress else { return }
            filter(&belief, bars: 1, values + shape.means, present: &nobody, into: nil)
        }
    }

    /// The forward recursion over bars of one series.
    ///
    /// - Parameters:
    ///   - values: T·D finite values.
    ///   - present: T flags, 3 for an observation and 0 for none; `nil` when all bars have one.
    ///   - filtered: where T·K pairs of probabilities go.
    func filter(
        _ belief: inout Belief?, bars: Int, _ values: UnsafePointer<Double>,
        present: UnsafePointer<UInt8>?, into filtered: UnsafeMutablePointer<Double>?
    ) {
        let states = stateCount
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * shape.beliefCount) { rows in
            guard let rows = rows.baseAddress else { return }
            if let belief { belief.store(at: rows, states: states) }
            var segment = LaneSegment(end: bars, active: 3)
            pairs.withUnsafeBufferPointer { model in
                guard let model = model.baseAddress else { return }
                var task = ChainTask(
                    shape: shape, width: 2, model: model, observations: values, isShared: true,
                    present: present, segments: &segment, segmentCount: 1, belief: rows,
                    isStarted: belief != nil)
                task.filtered = filtered
                KernelSet.current.table.chainFilter(task)
            }
            belief = Belief(rows, lane: 0, width: 2, states: states)
        }
    }

    /// ln of the likelihood; a bar without an observation (`nil`) contributes nothing.
    package func logLikelihood(of observations: [[Double]?]) -> Double {
        var belief: Belief?
        for features in observations { advance(&belief, with: features) }
        return belief?.logLikelihood ?? 0
    }
}

extension HiddenMarkovChain.Belief {
    /// One lane of a task's belief.
    init(_ rows: UnsafePointer<Double>, lane: Int, width: Int, states: Int) {
        for state in 0..<states { variables[state] = rows[state * width + lane] }
        logSum = rows[states * width + lane]
        exponent = Int(truncatingIfNeeded: rows[(states + 1) * width + lane].bitPattern)
    }

    /// Puts the belief into both of two lanes.
    fileprivate func store(at rows: UnsafeMutablePointer<Double>, states: Int) {
        for lane in 0..<2 {
            for state in 0..<states { rows[state * 2 + lane] = variables[state] }
            rows[states * 2 + lane] = logSum
            let bits = UInt64(truncatingIfNeeded: exponent)
            rows[(states + 1) * 2 + lane] = Double(bitPattern: bits)
        }
    }
}
