/// The lags a bar's residuals need, and the residuals.
struct ResidualWindow: Codable, Sendable, Equatable {
    /// p·K deviations of the last bars from the mean of each regime, the latest bar first.
    private(set) var deviations: [Double]
    /// Observed bars in a row, up to p.
    private(set) var run = 0

    init(order: Int, regimes: Int) {
        deviations = [Double](repeating: 0, count: order * regimes)
    }

    /// Whether a saved window can be this model's.
    func belongs(to model: MarkovSwitchingModel) -> Bool {
        deviations.count == model.order * model.regimes && deviations.allSatisfy(\.isFinite)
            && (0...model.order).contains(run)
    }

    /// After a bar that was not observed no later bar has all its lags until p more were.
    mutating func skip() { run = 0 }

    /// Sets the first K·`pasts` of `residuals` for an observed row, the bar's own regime the most
    /// significant digit of the index; says whether all its lags were there.
    func fill(
        _ residuals: inout [Double], with row: [Double], _ model: MarkovSwitchingModel
    ) -> Bool {
        guard run == model.order else { return false }
        for regime in 0..<model.regimes {
            fill(regime, row[0] - model.mean(regime, row), model, &residuals)
        }
        return true
    }

    /// Takes an observed row in as the latest lag.
    mutating func push(_ row: [Double], _ model: MarkovSwitchingModel) {
        let (regimes, order) = (model.regimes, model.order)
        guard order > 0 else { return }
        run = min(run + 1, order)
        for slot in stride(from: order * regimes - 1, through: regimes, by: -1) {
            deviations[slot] = deviations[slot - regimes]
        }
        for regime in 0..<regimes {
            deviations[regime] = MarkovSwitchingModel.finite(row[0] - model.mean(regime, row))
        }
    }

    private func fill(
        _ regime: Int, _ deviation: Double, _ model: MarkovSwitchingModel,
        _ residuals: inout [Double]
    ) {
        let (regimes, order) = (model.regimes, model.order)
        let offset = regime * model.pasts
        guard model.memory > 0 else {
            var residual = deviation
            for lag in 0..<order {
                residual -= model.autoregression[regime * order + lag] * deviations[lag * regimes]
            }
            residuals[offset] = residual
            return
        }
        residuals[offset] = deviation
        var count = 1
        for lag in 0..<order {
            let coefficient = model.autoregression[regime * order + lag]
            // From the last one down, so that what is read has not been written over.
            for past in stride(from: count - 1, through: 0, by: -1) {
                let before = residuals[offset + past]
                for state in stride(from: regimes - 1, through: 0, by: -1) {
                    residuals[offset + past * regimes + state] =
                        before - coefficient * deviations[lag * regimes + state]
                }
            }
            count *= regimes
        }
    }
}
