/// Factors of symmetric positive definite matrices, row by row, D × D with D small.
package enum Cholesky {
    /// The lower factor L of S = L·Lᵀ, with every pivot raised to its floor: then the factor is
    /// that of the nearest matrix whose conditional variances are not below the floors.
    ///
    /// - Parameters:
    ///   - matrix: D·D values of which the lower triangle is read.
    ///   - floors: D least values of a squared pivot, above 0.
    /// - Returns: the factor, and whether a pivot was raised.
    package static func factor(
        _ matrix: [Double], floors: [Double]
    ) -> (
        lower: [Double], raised: Bool
    ) {
        let size = floors.count
        var lower = [Double](repeating: 0, count: size * size)
        var raised = false
        for row in 0..<size {
            for column in 0...row {
                var rest = matrix[row * size + column]
                for k in 0..<column { rest -= lower[row * size + k] * lower[column * size + k] }
                if row == column {
                    if !(rest >= floors[row]) {
                        rest = floors[row]
                        raised = true
                    }
                    lower[row * size + row] = rest.squareRoot()
                } else {
                    lower[row * size + column] = rest / lower[column * size + column]
                }
            }
        }
        return (lower, raised)
    }

    /// L·Lᵀ.
    package static func product(ofLower lower: [Double], size: Int) -> [Double] {
        var matrix = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0...row {
                var sum = 0.0
                for k in 0...column { sum += lower[row * size + k] * lower[column * size + k] }
                matrix[row * size + column] = sum
                matrix[column * size + row] = sum
            }
        }
        return matrix
    }

    /// L⁻¹, lower too, by forward substitution.
    package static func inverse(ofLower lower: [Double], size: Int) -> [Double] {
        var inverse = [Double](repeating: 0, count: size * size)
        for column in 0..<size {
            inverse[column * size + column] = 1 / lower[column * size + column]
            for row in (column + 1)..<max(size, column + 1) {
                var sum = 0.0
                for k in column..<row { sum += lower[row * size + k] * inverse[k * size + column] }
                inverse[row * size + column] = -sum / lower[row * size + row]
            }
        }
        return inverse
    }
}

/// A Gaussian density in the form that is evaluated: ln N(x) = `logNormaliser` − ½|W(x − μ)|².
struct WhitenedGaussian: Sendable {
    /// L⁻¹ of the covariance's lower Cholesky factor L.
    let whitening: [Double]
    let logNormaliser: Double

    /// - Parameter covariance: D·D values, positive definite.
    init(covariance: [Double], size: Int) {
        let floors = [Double](repeating: .leastNormalMagnitude, count: size)
        self.init(lower: Cholesky.factor(covariance, floors: floors).lower, size: size)
    }

    init(lower: [Double], size: Int) {
        whitening = Cholesky.inverse(ofLower: lower, size: size)
        var normaliser = -0.918_938_533_204_672_7 * Double(size)
        for d in 0..<size { normaliser -= VectorMath.log(lower[d * size + d]) }
        logNormaliser = normaliser
    }
}
