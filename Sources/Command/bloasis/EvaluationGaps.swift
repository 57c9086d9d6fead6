import Evaluation
import Market

/// What an evaluation that was asked for has no figures of.
struct EvaluationGaps {
    let cut: CivilDate?
    let delay: Int

    /// Warns of markets and of sides of the cut that are left out.
    ///
    /// - Throws: `CommandFailure` when nothing is left.
    func report(_ markets: [EvaluationRun.Market], _ periods: [PeriodEvaluation]) throws {
        let present = Set(periods.map(\.market))
        let absent = markets.filter { !present.contains($0.history.name) }
        if periods.isEmpty, let first = absent.first {
            throw CommandFailure(.nothingFound, reason(first))
        }
        for market in absent { StandardError.warning("\(reason(market)); left out") }
        guard let cut else { return }
        let kinds = Set(periods.map(\.period))
        if !kinds.contains(.heldOut) {
            StandardError.warning(
                "--cut \(cut): no bar after it is summed up, so nothing is held out")
        }
        if !kinds.contains(.tuned) {
            StandardError.warning("--cut \(cut): no bar up to it is summed up")
        }
    }

    private func reason(_ market: EvaluationRun.Market) -> String {
        let bars = market.history.count
        let silent = market.paths.filter { $0.firstKnown == bars }
        guard silent.isEmpty else {
            return "\(market.history.name): no answer in \(Format.count(bars)) bars from "
                + silent.map(\.name).joined(separator: ", ")
                + ": give more bars, or leave them out of --models"
        }
        let last = market.paths.max { $0.firstKnown < $1.firstKnown }
        return "\(market.history.name): no bar in the range at which a label can have been traded: "
            + "the last candidate to answer, \(last?.name ?? "none"), did so at bar "
            + "\(Format.count((last?.firstKnown ?? 0) + 1)) of \(Format.count(bars)), and a trade "
            + "comes \(delay) bars later: give more bars or an earlier --from"
    }
}
