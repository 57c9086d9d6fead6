package import Regimes

/// What makes `confidence` the probability that the published label still holds some bars later.
package struct CalibrationPlan: Codable, Equatable, Sendable {
    /// H: a statement at a bar came true when the label published H bars later is the same.
    package var horizonBars: Int

    package static let horizonLimit = 250

    package init(horizonBars: Int = 5) {
        self.horizonBars = horizonBars
    }
}

/// Follows a walk from bar to bar, learns what came of its labels, and says how likely the present
/// one is to hold.
///
/// A label holds when the one published `horizon` bars later is the same, whatever lay between;
/// with a minimum dwell as long as that, nothing can. The outcome of a statement is known at that
/// later bar and not before, and a calibration is frozen until the next `refit`. So nothing at a
/// bar depends on a later one. Outcomes are about labels, not models: they are kept when a refit
/// brings another model.
package struct ConfidenceCalibrator: Sendable {
    /// Outcomes that a fit looks at, the latest: some sixty years of days.
    package static let outcomeLimit = 16_384

    private struct Statement: Sendable {
        let published: Regime
        /// `nil` where nothing was stated.
        let inputs: PersistenceCalibration.Inputs?
    }

    private let horizon: Int
    private let minimumDwell: Int
    /// Of the last bars whose outcome is not known yet, oldest first; `horizon` at the most.
    private var pending: [Statement] = []
    private var outcomes: [PersistenceCalibration.Outcome] = []
    private var calibration: PersistenceCalibration?

    /// - Parameters:
    ///   - horizon: bars after which a label must be published still, 1 or more.
    ///   - minimumDwell: bars for which a label cannot be left, its first one included.
    package init(horizon: Int, minimumDwell: Int) {
        precondition(horizon >= 1, "a label holds at its own bar")
        self.horizon = horizon
        self.minimumDwell = minimumDwell
    }

    /// Calibrates anew on the outcomes known by now; before the first bar of a period that is.
    ///
    /// - Throws: `CalibrationError`, and the calibration before, if there is one, stays in force.
    package mutating func refit() throws(CalibrationError) {
        calibration = try PersistenceCalibration(
            outcomes.suffix(ConfidenceCalibrator.outcomeLimit))
    }

    /// Takes in what was said at a bar; every one, those without an answer included.
    ///
    /// - Parameters:
    ///   - published: the label after hysteresis.
    ///   - probability: of that label; `nil` without an answer.
    ///   - dwell: bars for which it has stood, this one included.
    /// - Returns: the probability that it still holds; `nil` before there is a calibration, and
    ///   where nothing was said.
    package mutating func advance(
        published: Regime, probability: Double?, dwell: Int
    ) -> Double? {
        if pending.count == horizon {
            let due = pending.removeFirst()
            if let inputs = due.inputs { take(inputs, held: published == due.published) }
        }
        let inputs = probability.flatMap { probability in
            published == .unknown
                ? nil
                : PersistenceCalibration.Inputs(
                    probability: probability, dwell: dwell, minimumDwell: minimumDwell)
        }
        pending.append(Statement(published: published, inputs: inputs))
        return inputs.flatMap { calibration?.probability($0) }
    }

    private mutating func take(_ inputs: PersistenceCalibration.Inputs, held: Bool) {
        outcomes.append(PersistenceCalibration.Outcome(inputs: inputs, held: held))
        // Moved rarely, so that appending stays constant on average and memory bounded.
        if outcomes.count == 2 * ConfidenceCalibrator.outcomeLimit {
            outcomes.removeFirst(ConfidenceCalibrator.outcomeLimit)
        }
    }
}
