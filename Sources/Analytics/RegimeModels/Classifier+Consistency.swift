import Indicators
import Kernels

extension Classifier {
    /// Why the values do not make a classifier, for one that was read and not fitted; `nil` when
    /// they do. A hash says that a manifest is what somebody sealed, not that it can compute.
    var inconsistency: String? {
        guard taxonomy.isFinite else { return "its taxonomy is not made of finite numbers" }
        guard rules.isUsable else { return "a rule's ramp is not between two finite numbers" }
        guard hysteresis.isUsable else { return "its hysteresis has no such probability or count" }
        return model.isFitted ? inconsistencyOfFit : nil
    }

    private var inconsistencyOfFit: String? {
        for name in features {
            do {
                _ = try Feature(name: name)
            } catch {
                return "\(error)"
            }
        }
        guard let parameters else { return "a fitted model without parameters" }
        let states = parameters.stateCount
        guard (1...RegimeSpecification.stateLimit).contains(states), !features.isEmpty,
            parameters.featureCount == features.count, self.states.count == states,
            scaling.centers.count == features.count, scaling.scales.count == features.count
        else { return "its arrays differ in length" }
        guard scaling.isUsable else { return "its scaling is not made of finite numbers above 0" }
        // The other families have checked theirs when they were read.
        guard case .gaussian(let gaussian) = parameters else { return nil }
        return gaussian.inconsistency
    }
}

extension FeatureScaling {
    fileprivate var isUsable: Bool {
        centers.allSatisfy(\.isFinite) && scales.allSatisfy { $0.isFinite && $0 > 0 }
            && clip.map { $0.isFinite && $0 > 0 } ?? true
    }
}

extension GaussianParameters {
    /// Variances within this lie far from where a density overflows.
    static let varianceRange = 1e-200...1e200
    static let meanLimit = 1e150
    /// What the probabilities of a row may differ from 1 by.
    static let probabilityTolerance = 1e-6

    fileprivate var inconsistency: String? {
        guard isRectangular else { return "its arrays differ in length" }
        for row in [start] + transition {
            let sum = row.reduce(0, +)
            guard row.allSatisfy({ (0...1).contains($0) }),
                (sum - 1).magnitude <= GaussianParameters.probabilityTolerance
            else { return "\(row) are not probabilities that sum to 1" }
        }
        for mean in means.joined() where !(mean.magnitude <= GaussianParameters.meanLimit) {
            return "a state has the mean \(mean)"
        }
        let size = featureCount
        let matrices = covariances.flattened
        for state in 0..<stateCount {
            let matrix = Array(matrices[(state * size * size)..<((state + 1) * size * size)])
            for index in 0..<size {
                let variance = matrix[index * size + index]
                guard GaussianParameters.varianceRange.contains(variance) else {
                    return "a state has the variance \(variance)"
                }
                for other in 0..<index
                where matrix[index * size + other] != matrix[other * size + index] {
                    return "the covariance matrix of a state is not symmetric"
                }
            }
            let floor = GaussianParameters.varianceRange.lowerBound
            let floors = [Double](repeating: floor, count: size)
            guard !Cholesky.factor(matrix, floors: floors).raised else {
                return "the covariance matrix of a state is not positive definite"
            }
        }
        return nil
    }

    private var isRectangular: Bool {
        let (states, features) = (stateCount, featureCount)
        let covariancesFit =
            switch covariances {
            case .diagonal(let rows):
                rows.count == states && rows.allSatisfy { $0.count == features }
            case .full(let matrices):
                matrices.count == states
                    && matrices.allSatisfy { matrix in
                        matrix.count == features && matrix.allSatisfy { $0.count == features }
                    }
            }
        return covariancesFit && transition.count == states
            && transition.allSatisfy { $0.count == states } && means.count == states
            && means.allSatisfy { $0.count == features }
    }
}
