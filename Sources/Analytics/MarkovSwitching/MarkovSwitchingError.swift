/// What stops a Markov-switching model from being made or fitted.
package enum MarkovSwitchingError: Error, Equatable, CustomStringConvertible {
    /// A specification that no model can have.
    case specification(String)
    /// Parameters that do not belong to the specification, or are none.
    case parameters(String)
    /// A saved state that is not this model's.
    case state(String)
    /// A row with another number of values than the specification names.
    case row(index: Int, have: Int, need: Int)
    case tooFewObservations(have: Int, need: Int)
    /// Every observation has the same value, so that no variance can be estimated.
    case constantSeries
    /// Bars times histories: more than is held in memory at once.
    case tooLarge(cells: Int, limit: Int)
    case noFiniteLikelihood(starts: Int)

    package var description: String {
        switch self {
        case .specification(let reason): "the Markov-switching specification: \(reason)"
        case .parameters(let reason): "the parameters of the Markov-switching model: \(reason)"
        case .state(let reason): "the saved state of the Markov-switching filter: \(reason)"
        case .row(let index, let have, let need):
            "row \(index) has \(have) values: give \(need), first y, then the regressors, then the "
                + "transition covariates"
        case .tooFewObservations(let have, let need):
            "\(have) observations with all their lags: a fit needs \(need); take a longer window, "
                + "fewer regimes or fewer lags"
        case .constantSeries: "all observations are the same: there is no variance to estimate"
        case .tooLarge(let cells, let limit):
            "\(cells) bars times histories, \(limit) at the most: take fewer bars, regimes or lags"
        case .noFiniteLikelihood(let starts):
            "none of \(starts) starts reached a finite likelihood: look for absurd values in the "
                + "series, or rescale it"
        }
    }
}
