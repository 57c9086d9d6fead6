package import Market

package enum BackfillError: Error, Equatable, Sendable {
    case noBars(Series)
    case emptyRange(Series, Range<Timestamp>)
    case calendarConflict(Series, registered: SessionCalendar, asked: SessionCalendar)
    /// The series was begun with another specification; what that says otherwise.
    case specificationConflict(Series, differences: [String])
    case contended(Series)
    case suspectedSplit(Series, SuspectedSplit)
}

extension BackfillError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noBars(let series):
            return "no bars for \(series): the source is empty in the range asked for"
        case .emptyRange(let series, let range):
            return "no bars of \(series) from \(range.lowerBound) up to, not including, "
                + "\(range.upperBound): nothing was written in it"
        case .calendarConflict(let series, let registered, let asked):
            return "\(series) is registered with calendar \(registered.rawValue), not "
                + "\(asked.rawValue): leave --calendar out, or use another market name"
        case .contended(let series):
            return "\(series) is being written by other processes without a pause: what is "
                + "committed is kept; run the same command again"
        case .suspectedSplit(let series, let split):
            return "\(series): \(split): classified, it would be a crash that never was. Take "
                + "adjusted prices (--price adjusted where a file has them); if the market did "
                + "move so, --accept-split "
                + "\(AcceptedSplit(series.market, at: split.timestamp))"
        case .specificationConflict(let series, let differences):
            return "\(series) was begun with another model configuration, which stays with it: "
                + differences.joined(separator: "; ")
                + ". Set what it was begun with (BLOASIS_MODEL for the model, BLOASIS_CONFIDENCE "
                + "for the calibration), use another market name, or move the store aside and "
                + "backfill anew"
        }
    }
}
