/// Why a jump model could not be fitted, or a path not be found.
package enum JumpFitError: Error, Equatable, Sendable {
    case invalidSpecification(JumpSpecificationError)
    /// Rows without a feature, or with too many.
    case featureCount(have: Int, limit: Int)
    /// A row, or a centre to start from, has another length than the first.
    case unequalLengths(index: Int, have: Int, need: Int)
    /// Starting centres that are not K, or none at all.
    case startingCentres(have: Int, need: Int)
    case tooFewRows(have: Int, need: Int)
    /// Rows that are all alike, or nearly.
    case tooFewDistinctRows(have: Int, need: Int)
    case valueTooLarge(row: Int, feature: Int)
    /// Rows times points of the grid.
    case windowTooLong(rows: Int, points: Int, limit: Int)
}

extension JumpFitError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidSpecification(let error): "\(error)"
        case .featureCount(let have, let limit):
            "the rows have \(have) features: give 1 to \(limit)"
        case .unequalLengths(let index, let have, let need):
            "row \(index) has \(have) numbers where the first has \(need): give rows of one length"
        case .startingCentres(let have, let need):
            "a start has \(have) centres and the model \(need) states: give one centre per state"
        case .tooFewRows(let have, let need):
            "the fit needs \(need) complete rows and has \(have): give more bars, or fewer states"
        case .tooFewDistinctRows(let have, let need):
            "only \(have) of the rows differ, fewer than the \(need) states: give bars that move, "
                + "or fewer states"
        case .valueTooLarge(let row, let feature):
            "feature \(feature) of row \(row) exceeds \(JumpLimits.magnitude): check the bars"
        case .windowTooLong(let rows, let points, let limit):
            "\(rows) rows times \(points) points of the grid are more than \(limit): give fewer "
                + "bars, states or grid steps"
        }
    }
}
