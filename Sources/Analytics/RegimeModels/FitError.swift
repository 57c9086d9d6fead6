/// Why a model could not be fitted.
package enum FitError: Error, Equatable, Sendable {
    /// Fewer complete observations than a fit needs.
    case tooFewObservations(have: Int, need: Int)
    /// Not one bar has all features; those that no bar has.
    case neverComplete(missing: [String])
    /// A feature has one value throughout the training window, or as good as one.
    case constantFeature(name: String)
    /// A feature's values are too large to compute with their variance.
    case unboundedFeature(name: String)
    /// No start led to parameters with a finite likelihood.
    case noFiniteLikelihood(starts: Int)
    case invalidSpecification(SpecificationError)
    /// What came of earlier labels could not be learnt from.
    case calibration(CalibrationError)
    /// What the model's own family says.
    case family(reason: String)
    /// A model fitted before is asked for, and not at hand.
    case unknownModel(String)
}

extension FitError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooFewObservations(let have, let need):
            "the fit needs \(need) complete observations and has \(have): give more bars, or fewer "
                + "states or features"
        case .neverComplete(let missing):
            missing.isEmpty
                ? "no bar of the training window has all features: give more bars"
                : "no bar of the training window has \(missing.joined(separator: ", ")): leave "
                    + "that out, or give more bars, bars that move, or the columns it needs"
        case .constantFeature(let name):
            "feature \(name) has one value throughout the training window: leave it out, or give "
                + "bars that move"
        case .unboundedFeature(let name):
            "feature \(name) is too large to compute with: check the bars"
        case .noFiniteLikelihood(let starts):
            "none of \(starts) starts reached a finite likelihood: check the bars, or use fewer "
                + "states"
        case .invalidSpecification(let error): "\(error)"
        case .calibration(let error): "\(error)"
        case .family(let reason): reason
        case .unknownModel(let version):
            "the model \(version) is not in the store: give its manifest again"
        }
    }
}
