package import Kernels

extension GaussianParameters {
    /// A path of states, and what they emit, drawn from the model.
    ///
    /// Normal variates by the polar method (Marsaglia and Bray 1964), one pair of uniform ones at a
    /// time until it lies in the circle; so equal seeds give equal bits on every machine.
    ///
    /// - Parameter count: bars, 0 or more.
    /// - Returns: `count` states, and as many rows of D values in the model's scaled units.
    package func sample(
        _ count: Int, using generator: inout SeededGenerator
    ) -> (states: [Int], observations: [[Double]]) {
        let factors = lowerFactors
        var states: [Int] = []
        var observations: [[Double]] = []
        for _ in 0..<count {
            let probabilities = states.last.map { transition[$0] } ?? start
            let state = generator.index(probabilities)
            let normals = (0..<featureCount).map { _ in generator.normal() }
            states.append(state)
            observations.append(
                (0..<featureCount).map { row in
                    (0...row).reduce(means[state][row]) {
                        $0 + factors[state][row * featureCount + $1] * normals[$1]
                    }
                })
        }
        return (states, observations)
    }

    /// Per state the lower Cholesky factor of its covariance, row by row.
    private var lowerFactors: [[Double]] {
        let size = featureCount * featureCount
        let flat = covariances.flattened
        let floors = [Double](repeating: .leastNormalMagnitude, count: featureCount)
        return (0..<stateCount).map { state in
            let matrix = Array(flat[(state * size)..<((state + 1) * size)])
            return Cholesky.factor(matrix, floors: floors).lower
        }
    }
}

extension SeededGenerator {
    /// An index, drawn by its probability.
    fileprivate mutating func index(_ probabilities: [Double]) -> Int {
        var mark = unit()
        for (index, probability) in probabilities.enumerated() {
            mark -= probability
            if mark < 0 { return index }
        }
        // Probabilities that sum to 1 less a rounding: the last one that is possible.
        return probabilities.lastIndex { $0 > 0 } ?? 0
    }

    fileprivate mutating func normal() -> Double {
        while true {
            let x = 2 * unit() - 1
            let y = 2 * unit() - 1
            let square = x * x + y * y
            guard square > 0, square < 1 else { continue }
            return x * (-2 * VectorMath.log(square) / square).squareRoot()
        }
    }
}
