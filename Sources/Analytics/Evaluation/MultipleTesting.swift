import Kernels

/// What the best of many candidates is worth once it is remembered that there were many.
package enum MultipleTesting {
    /// White's reality check (2000): the probability that the best of the candidates would beat the
    /// benchmark by as much as it does if none were better than it.
    ///
    /// - Parameters:
    ///   - advantages: of each candidate over the benchmark.
    ///   - replicates: per replicate, the same of each candidate.
    package static func realityCheck(advantages: [Double], replicates: [[Double]]) -> Double? {
        guard let best = advantages.max(), !replicates.isEmpty else { return nil }
        let beyond = replicates.count { row in
            (zip(row, advantages).map { $0 - $1 }.max() ?? 0) >= best
        }
        return Double(beyond + 1) / Double(replicates.count + 1)
    }

    /// The deflated Sharpe ratio (Bailey and López de Prado 2014, equations 1 and 2): probability
    /// that a Sharpe ratio is above the highest one expected of so many trials without any skill.
    ///
    /// - Parameters:
    ///   - moments: of the returns of the candidate that was selected.
    ///   - trialDeviation: standard deviation of the trials' Sharpe ratios, per bar.
    ///   - trials: configurations that were looked at, 1 or more.
    package static func deflatedSharpe(
        _ moments: SampleMoments, trialDeviation: Double, trials: Int
    ) -> Double? {
        guard moments.count > 1, moments.deviation > 0, trials >= 1 else { return nil }
        let sharpe = moments.mean / moments.deviation
        let threshold = trialDeviation * expectedMaximum(of: trials)
        let shape =
            1 - moments.skewness * sharpe + (moments.kurtosis - 1) / 4 * sharpe * sharpe
        guard shape > 0 else { return nil }
        return NormalDistribution.cumulative(
            (sharpe - threshold) * Double(moments.count - 1).squareRoot() / shape.squareRoot())
    }

    /// Expected maximum of so many independent standard normal numbers, approximately.
    static func expectedMaximum(of trials: Int) -> Double {
        guard trials > 1 else { return 0 }
        let count = Double(trials)
        return (1 - eulerMascheroni) * NormalDistribution.quantile(1 - 1 / count)
            + eulerMascheroni * NormalDistribution.quantile(1 - 1 / (count * eulersNumber))
    }

    private static let eulerMascheroni = 0.577_215_664_901_532_9
    private static let eulersNumber = 2.718_281_828_459_045
}
