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

/// The standard normal distribution.
package enum NormalDistribution {
    private static let tail = 8.0
    private static let termLimit = 300
    private static let bisections = 80

    /// ½ + φ(x)·Σ x²ᵏ⁺¹ ÷ (1·3·…·(2k + 1)) (Marsaglia 2004); 0 or 1 beyond ±8, where the rest is
    /// below 1e-15.
    package static func cumulative(_ x: Double) -> Double {
        guard abs(x) < tail else { return x < 0 ? 0 : 1 }
        var term = x
        var sum = x
        for k in 1...termLimit {
            term *= x * x / Double(2 * k + 1)
            sum += term
            if abs(term) < 1e-18 * abs(sum) { break }
        }
        let density = VectorMath.exp(-0.5 * x * x) * 0.398_942_280_401_432_7
        return min(max(0.5 + density * sum, 0), 1)
    }

    /// The x whose `cumulative` is a probability, by bisection.
    package static func quantile(_ probability: Double) -> Double {
        var (lower, upper) = (-tail, tail)
        for _ in 0..<bisections {
            let middle = (lower + upper) / 2
            if cumulative(middle) < probability { lower = middle } else { upper = middle }
        }
        return (lower + upper) / 2
    }
}
