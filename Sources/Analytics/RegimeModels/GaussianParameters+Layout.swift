package import Kernels

extension GaussianParameters {
    /// The parameters as the kernels compute with them.
    package var chain: HiddenMarkovChain {
        HiddenMarkovChain(
            start: start, transition: transition.flatMap { $0 }, means: means.flatMap { $0 },
            covariances: covariances.flattened, featureCount: featureCount)
    }
}

extension GaussianParameters.Covariances {
    /// Full matrices one after the other, row by row.
    var flattened: [Double] {
        switch self {
        case .full(let matrices):
            matrices.flatMap { $0.flatMap { $0 } }
        case .diagonal(let rows):
            rows.flatMap { row in
                row.indices.flatMap { i in row.indices.map { i == $0 ? row[i] : 0 } }
            }
        }
    }
}

extension GaussianParameters {
    /// K − 1 of the start, K·(K − 1) transitions, K·D means, and K·D variances or K·D·(D + 1)/2
    /// covariances.
    package var freeParameterCount: Int {
        let states = stateCount
        let features = featureCount
        let spread =
            switch covariances {
            case .diagonal: features
            case .full: features * (features + 1) / 2
            }
        return states - 1 + states * (states - 1) + states * (features + spread)
    }
}
